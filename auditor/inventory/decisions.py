"""What people decided and answer for: waivers, attestations, retirements, key by key. Descriptions are help texts."""

from __future__ import annotations

from typing import Literal

from auditor.inventory.entry import Entry
from auditor.inventory.values import AnyId, CheckId, Code, Day, Text, WaivedId


class WaiverEntry(Entry):
    """An accepted risk: one check of one asset, owned, approved and dated. The measured letter does not move."""

    id: Code
    """Short name, like W-7."""
    asset: WaivedId
    """The asset, as system/asset; a bucket that an account was found to hold as system/account/bucket."""
    check: CheckId
    """The check that is waived (`auditor checks` lists them)."""
    reason: Text
    """Why the risk is accepted for now."""
    risk_owner: Text
    """Who bears the risk."""
    approved_by: Text
    """Who accepted it: somebody else than the risk owner."""
    approved: Day
    """When."""
    expires: Day
    """The last day on which it holds."""
    ticket: Code | None = None
    """Where the repair is planned."""


class AttestationEntry(Entry):
    """Somebody's word on one check of one asset that the auditor cannot see. It never touches what was seen."""

    id: Code
    """Short name, like T-3."""
    asset: AnyId
    """The asset, as system/asset."""
    check: CheckId
    """The check that is answered (`auditor checks` lists them)."""
    outcome: Literal["pass", "fail"]
    """pass: what the check asks for holds. fail: it does not."""
    statement: Text
    """What is said, in one or two sentences that a reader can hold against the one who says it."""
    by: Text
    """Who says so, and answers for it."""
    made: Day
    """When it was said. Of several words on one asset and check the last one counts."""
    expires: Day
    """The last day on which it holds."""
    ticket: Code | None = None
    """Where the work behind it is tracked."""
    evidence: Text | None = None
    """Where what it rests on can be read: a contract's section, a report. Never the secret itself."""


class RetiredEntry(Entry):
    """Something that is gone on purpose. What disappears without such an entry stays in the grade, unseen."""

    id: AnyId
    """The system, the asset as system/asset, or the check."""
    kind: Literal["system", "asset", "check"]
    """system, asset, or check: one that is asked no more, since its plug-in was removed on purpose."""
    retired: Day
    """The first day on which it is gone. Until then it may be listed, and is looked at."""
    reason: Text
    """Why, or what took its place."""
