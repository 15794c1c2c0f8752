"""Earlier outcomes ↔ JSON: short enough to keep for every asset, strict and quick to read back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from json.encoder import encode_basestring_ascii as quoted

from auditor.codec import CodecError
from auditor.filling import maker
from auditor.model import Basis, Carried, Evidence, Outcome, Severity, Tier

make_carried = maker(Carried)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OUTCOMES = {Outcome.PASS: "p", Outcome.FAIL: "f", Outcome.UNKNOWN: "u", Outcome.NOT_APPLICABLE: "n"}
BASES = {Basis.OBSERVED: "o", Basis.IMPORTED: "i", Basis.DECLARED: "d"}
SEVERITIES = {None: "-", Severity.LOW: "l", Severity.MEDIUM: "m", Severity.HIGH: "h", Severity.CRITICAL: "c"}
TIERS = {None: "-", Tier.NIGHTLY: "n", Tier.DEEP: "d", Tier.PRIVILEGED: "p", Tier.ONLINE: "o"}
CODES = {
    (outcome, basis, severity, tier): OUTCOMES[outcome] + BASES[basis] + SEVERITIES[severity] + TIERS[tier]
    for outcome, basis, severity, tier in product(OUTCOMES, BASES, SEVERITIES, TIERS)
}
DECIDED = {"p": Outcome.PASS, "f": Outcome.FAIL}
MEANINGS = {code: meaning for meaning, code in CODES.items()}


def packed(entries: Iterable[Carried]) -> str:
    """JSON in ASCII of one asset's entries, in their order: [sights, rows].

    A sight, which many rows share, is [run, digest, microseconds since 1970 UTC]. A row is [check, locus, four letters
    for outcome, basis, severity and tier, number of its sight, summary, [[looked at, seen, wanted], …]].
    """
    sights: dict[tuple[str, str, datetime], int] = {}
    rows = [
        f"{_asked(one.check, one.locus, one.outcome, one.basis, one.severity, one.tier)},"
        f"{sights.setdefault((one.run, one.digest, one.observed_at), len(sights))},{_said(one.summary, one.evidence)}"
        for one in entries
    ]
    seen = [f"[{quoted(run)},{quoted(digest)},{(at - EPOCH) // MICROSECOND}]" for run, digest, at in sights]
    return f"[[{','.join(seen)}],[{','.join(rows)}]]"


def unpacked(asset: str, rows: object) -> tuple[Carried, ...]:
    """Read back what `packed` wrote for an asset. Raises CodecError for anything else."""
    try:
        sights, body = _parts(rows, 2)
        seen = [_sight(sight) for sight in _list(sights)]
        return tuple([_entry(asset, seen, row) for row in _list(body)])
    except (ValueError, LookupError, OverflowError) as error:
        raise CodecError(f"What is remembered of {asset!r} is not what this program writes: {error}.") from error


def last_decided(rows: object) -> dict[tuple[str, str], Outcome]:
    """What was last seen to pass or fail at each (check, locus), from packed rows alone. Raises CodecError."""
    try:
        sights, body = _parts(rows, 2)
        instants = [_sight(sight)[2] for sight in _list(sights)]
        last: dict[tuple[str, str], tuple[datetime, Outcome]] = {}
        for row in _list(body):
            check, locus, code, sight, *_ = _list(row)
            outcome, *_ = MEANINGS[str(code)]
            at = instants[int(str(sight))]
            place = (str(check), str(locus))
            if outcome in (Outcome.PASS, Outcome.FAIL) and (place not in last or at >= last[place][0]):
                last[place] = (at, outcome)
        return {place: outcome for place, (_, outcome) in last.items()}
    except (ValueError, LookupError, OverflowError) as error:
        raise CodecError(f"What is remembered is not what this program writes: {error}.") from error


# Assets of one kind are asked the same, and most say the same: the text of that is made once.


@lru_cache(maxsize=512)
def _asked(  # noqa: PLR0917 - what a row begins with, in its order
    check: str, locus: str, outcome: Outcome, basis: Basis, severity: Severity | None, tier: Tier | None
) -> str:
    """How a row begins, up to the number of its sight."""
    return f'[{quoted(check)},{quoted(locus)},"{CODES[outcome, basis, severity, tier]}"'


@lru_cache(maxsize=512)
def _said(summary: str, evidence: tuple[Evidence, ...]) -> str:
    """How it ends."""
    seen = [f"[{quoted(row.looked_at)},{quoted(row.seen)},{quoted(row.wanted)}]" for row in evidence]
    return f"{quoted(summary)},[{','.join(seen)}]]"


# Types are compared, not asked for by isinstance: JSON's true is no 1, and there are many rows.


def _entry(asset: str, sights: Sequence[tuple[str, str, datetime]], row: object) -> Carried:
    check, locus, code, sight, summary, evidence = _parts(row, 6)
    if type(check) is not str or type(locus) is not str or type(summary) is not str or type(code) is not str:
        raise ValueError("a check, a locus, a summary or a code is not a text")
    if type(sight) is not int or sight < 0:
        raise ValueError("the number of a sight is not a whole number")
    outcome, basis, severity, tier = MEANINGS[code]
    run, digest, at = sights[sight]
    return make_carried(
        asset=asset,
        check=check,
        locus=locus,
        outcome=outcome,
        observed_at=at,
        summary=summary,
        evidence=tuple([_evidence(seen) for seen in _list(evidence)]),
        basis=basis,
        severity=severity,
        tier=tier,
        run=run,
        digest=digest,
    )


def _sight(row: object) -> tuple[str, str, datetime]:
    run, digest, at = _parts(row, 3)
    if type(run) is not str or type(digest) is not str or type(at) is not int:
        raise ValueError("a run or a digest is not a text, or a time is not a whole number")
    return run, digest, EPOCH + timedelta(microseconds=at)


def _evidence(row: object) -> Evidence:
    looked_at, seen, wanted = _parts(row, 3)
    if type(looked_at) is not str or type(seen) is not str or type(wanted) is not str:
        raise ValueError("a part of the evidence is not a text")
    return Evidence(looked_at, seen, wanted)


def _parts(value: object, number: int) -> list[object]:
    parts = _list(value)
    if len(parts) != number:
        raise ValueError(f"a row of {number} parts has {len(parts)}")
    return parts


def _list(value: object) -> list[object]:
    if type(value) is not list:
        raise ValueError("a part is not a list")
    return value
