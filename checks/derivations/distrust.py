"""Whether browsers no longer trust an issuer, by the register. Knows no rule."""

from __future__ import annotations

import re
from datetime import datetime

from auditor.facts.certificates import CertificateInFull
from auditor.registers import Distrusted, distrusted_authorities

PART = re.compile(r"(?:[^\\,+]|\\.)+")  # commas and pluses inside of a value are escaped
ESCAPED = re.compile(r"\\(.)")


def distrusted_by(facts: CertificateInFull) -> Distrusted | None:
    """The register's entry of the root that the path ends in; None: it has none, or the path ends before any root.

    The root's owner answers for what is below it: intermediates that bear a distrusted authority's name may be run by
    another one, which is trusted.
    """
    root = facts.seen.anchor or facts.seen.path[-1]
    if not facts.seen.anchor and not root.is_self_signed:
        return None
    organization = organization_of(root.subject)
    return next(
        (
            one
            for one in distrusted_authorities()
            if (one.root and one.root == root.sha256) or (organization and organization in one.organizations)
        ),
        None,
    )


def organization_of(name: str) -> str:
    """The organization in the text of a name (RFC 4514 section 2.4); "" for none."""
    found = next((part for part in PART.findall(name) if part.startswith("O=")), "")
    return ESCAPED.sub(r"\1", found.removeprefix("O="))


def issued_at(facts: CertificateInFull) -> datetime:
    """When it was issued: the earliest SCT, as browsers read it, since an authority may date certificates back."""
    return min((sct.at for sct in facts.detail.scts), default=facts.seen.leaf.not_before)
