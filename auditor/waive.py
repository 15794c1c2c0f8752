"""Waivers and attestations laid over findings. Neither changes what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from auditor.model import (
    Attestation,
    Basis,
    Evidence,
    Finding,
    Outcome,
    Reason,
    Standing,
    Vendor,
    Waiver,
)


def in_force(expires: date, zone: ZoneInfo, as_of: datetime) -> bool:
    """Does something that expires on this day still hold? It ends with the end of that day in the city's zone."""
    return _today(zone, as_of) <= expires


def waive(
    findings: Iterable[Finding], waivers: Iterable[Waiver], zone: ZoneInfo, as_of: datetime
) -> tuple[Finding, ...]:
    """Note on each finding that may hold a letter down the waiver that covers it: same asset, same check, in force.

    That is a failed or unknown one, and one that rests on somebody's word: were its cap not lifted too, the accepted
    letter would rise on the day when the attestation ends.
    """
    first = sorted(waivers, key=lambda waiver: waiver.id, reverse=True)
    valid = {(waiver.asset, waiver.check): waiver.id for waiver in first if _holds(waiver, zone, as_of)}
    if not valid:
        return tuple(findings)
    return tuple(
        replace(finding, waiver=valid[finding.asset, finding.check])
        if (finding.asset, finding.check) in valid and _may_cap(finding)
        else finding
        for finding in findings
    )


def _may_cap(finding: Finding) -> bool:
    return finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) or (
        finding.outcome is Outcome.PASS and finding.basis is Basis.DECLARED
    )


def expired(said: Iterable[Waiver | Attestation | Vendor], zone: ZoneInfo, as_of: datetime) -> tuple[str, ...]:
    """The ids of waivers, attestations or vendors whose last day is over."""
    return tuple(sorted(one.id for one in said if not in_force(one.expires, zone, as_of)))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day is over in the city's zone, in UTC; or the last instant there is."""
    try:
        return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in the city's zone, in UTC; or the first instant there is."""
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def attest(
    findings: Iterable[Finding], attestations: Iterable[Attestation], zone: ZoneInfo, as_of: datetime
) -> tuple[Finding, ...]:
    """Let somebody's word answer for what could not be seen, and back what was not seen again.

    Never touches a failure, nor a pass that was seen now. A question that did not arise stays unanswered, but the word
    is noted: an asset of which nothing else is known is graded by it, as it will be when that sight is too old.
    """
    words: dict[tuple[str, str], list[Attestation]] = defaultdict(list)
    for word in attestations:
        words[word.asset, word.check].append(word)
    valid = {key: _last_word(said, zone, as_of) for key, said in words.items()}
    if not valid:
        return tuple(findings)
    return tuple(_answered(finding, valid.get((finding.asset, finding.check))) for finding in findings)


def _last_word(words: Sequence[Attestation], zone: ZoneInfo, as_of: datetime) -> Attestation | None:
    """The word that counts: the last one in force; but no PASS that a FAIL of the same or a later day gainsays.

    An expired FAIL still gainsays: were it forgotten, the mere passing of time would bring an older PASS back.
    """
    today = _today(zone, as_of)
    said = [word for word in words if word.made <= today]
    gainsaid = max((word.made for word in said if word.outcome is Outcome.FAIL), default=date.min)
    valid = [
        word
        for word in said
        if in_force(word.expires, zone, as_of) and (word.outcome is Outcome.FAIL or word.made > gainsaid)
    ]
    return max(valid, key=lambda word: (word.outcome is Outcome.PASS, word.made, word.id), default=None)


def _answered(finding: Finding, word: Attestation | None) -> Finding:
    if word is None:
        return finding
    if finding.outcome is Outcome.UNKNOWN and word.outcome is Outcome.FAIL:
        return replace(
            finding, reason=Reason.ATTESTED_FAILURE.word, summary=Reason.ATTESTED_FAILURE.phrase, attestation=word.id
        )
    if word.outcome is Outcome.FAIL:
        return finding
    if finding.outcome is Outcome.UNKNOWN:
        return replace(
            finding,
            outcome=Outcome.PASS,
            basis=Basis.DECLARED,
            standing=Standing.ATTESTED,
            reason=None,
            summary=f"not seen; {word.by} answers for it until {word.expires.isoformat()}",
            evidence=(_said(word),),
            attestation=word.id,
        )
    stale = finding.outcome is Outcome.PASS and finding.standing is Standing.STALE
    if stale or finding.outcome is Outcome.NOT_APPLICABLE:
        return replace(finding, attestation=word.id)
    return finding


def _said(word: Attestation) -> Evidence:
    return Evidence(f"attestation {word.id}", f"{word.by}, {word.made.isoformat()}: {word.statement}", "a sight of it")


def _holds(waiver: Waiver, zone: ZoneInfo, as_of: datetime) -> bool:
    return waiver.approved <= _today(zone, as_of) <= waiver.expires


def _today(zone: ZoneInfo, as_of: datetime) -> date:
    return as_of.astimezone(zone).date()
