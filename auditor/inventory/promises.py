"""Waivers and attestations that match nothing, contradict their own dates, or are approved by who bears the risk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from auditor.inventory.complaints import quoted
from auditor.inventory.listing import KnownChecks
from auditor.inventory.persons import same_person
from auditor.inventory.roster import day_of, kinds, text_of
from auditor.inventory.tree import Plain, Trail
from auditor.inventory.twins import refuse_twins
from auditor.inventory.whole import Whole

OF_FOUND = 2  # slashes in the id of what was found: system/account/bucket


def complain_of_waivers(whole: Whole, known_checks: KnownChecks | None) -> None:
    """One for each asset and check at most: which of two accepted risks counts would be a matter of luck."""
    rows = list(whole.entries("waivers"))
    refuse_twins(whole, [((*path, "check"), _joined(row, "asset", "check")) for path, row in rows], _a_second_waiver)
    _complain_of_matches(whole, "waiver", "waivers", known_checks)
    for path, row in rows:
        begins, ends = day_of(row, "approved"), day_of(row, "expires")
        if begins and ends and ends < begins:
            whole.complain_of((*path, "expires"), f"the waiver expires before it is approved ({begins}).")
        owner, approver = text_of(row, "risk_owner"), text_of(row, "approved_by")
        if owner and approver and same_person(owner, approver):
            whole.complain_of((*path, "approved_by"), "whoever bears the risk cannot approve the waiver.")


def complain_of_attestations(whole: Whole, known_checks: KnownChecks | None) -> None:
    """Several for one asset and check, of different days: the last one counts. Of one day none would be the last."""
    rows = list(whole.entries("attestations"))
    said = [((*path, "made"), _joined(row, "asset", "check", "made")) for path, row in rows]
    refuse_twins(whole, said, _a_second_attestation)
    _complain_of_matches(whole, "attestation", "attestations", known_checks)
    for path, row in rows:
        begins, ends = day_of(row, "made"), day_of(row, "expires")
        if begins and ends and ends < begins:
            whole.complain_of((*path, "expires"), f"the attestation expires before it is made ({begins}).")


def _a_second_waiver(_: str, line: str) -> str:
    return f"a waiver of this asset and check stands already in {line}."


def _a_second_attestation(_: str, line: str) -> str:
    return f"an attestation of this asset and check that was made on this day stands already in {line}."


def _complain_of_matches(whole: Whole, noun: str, section: str, known_checks: KnownChecks | None) -> None:
    """Entries of an asset that is not listed, or of a check that is never asked of it."""
    rows = list(whole.entries(section))
    known = kinds(whole) if rows else {}
    for path, row in rows:
        asset, check = text_of(row, "asset"), text_of(row, "check")
        if asset and asset.count("/") == OF_FOUND:
            known = {**known, asset: _complain_of_found(whole, (*path, "asset"), asset, known)}
        elif asset and asset not in known and whole.is_readable:
            message = f"the {noun} matches nothing: no asset {quoted(asset)} is listed."
            whole.complain_of((*path, "asset"), message, _meant(whole, path, asset, known))
        if check and known_checks is not None:
            _complain_of_check(whole, (*path, "check"), noun, check, known.get(asset or ""), known_checks)


def _complain_of_found(whole: Whole, path: Trail, asset: str, known: Mapping[str, Plain]) -> str:
    """What stands for a bucket that an account was found to hold. Says what kind it is."""
    account, _, name = asset.rpartition("/")
    if known.get(account) != "account" and whole.is_readable:
        whole.complain_of(path, f"the waiver matches nothing: no account {quoted(account)} is listed.")
    claimed = next((f"{system}/{text_of(row, 'id')}" for _, system, row in whole.assets if _is_bucket(row, name)), None)
    if claimed:
        whole.complain_of(path, f"the waiver matches nothing: the bucket is listed as {quoted(claimed)}.", claimed)
    return "bucket"


def _is_bucket(row: Mapping[str, Plain], name: str) -> bool:
    return row.get("kind") == "bucket" and row.get("name") == name


def _meant(whole: Whole, path: Trail, asset: str, known: Collection[str]) -> str | None:
    """The asset that was probably meant. An id without its system is completed where only one asset has it."""
    complete = [name for name in known if name.endswith("/" + asset)]
    return complete[0] if len(complete) == 1 else whole.nearest(path, asset, known)


def _complain_of_check(  # noqa: PLR0917 - where, what is wrong there, and what would be right
    whole: Whole, path: Trail, noun: str, check: str, kind: Plain, known: KnownChecks
) -> None:
    if check not in known:
        message = f"the {noun} matches nothing: there is no check {quoted(check)}."
        whole.complain_of(path, message, whole.nearest(path, check, known))
    elif isinstance(known, Mapping) and isinstance(kind, str) and kind not in known[check]:
        whole.complain_of(path, f"the {noun} matches nothing: {check} is never asked of a {kind}.")


def _joined(row: dict[str, Plain], *keys: str) -> str | None:
    """What several keys of an entry say together; None where one of them says nothing."""
    texts = [text_of(row, key) for key in keys]
    return " ".join(text for text in texts if text) if all(texts) else None
