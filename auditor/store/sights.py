"""What one look saw ↔ the bytes that are kept once: facts by their digests, without the instants of the sights."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from sys import intern

from auditor.asked import read_assets
from auditor.codec import CodecError, JsonValue, canonical, digest, encode, type_name
from auditor.facts.base import Facts
from auditor.model import Asset, Basis, Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass

UNTIMED = datetime(1970, 1, 1, tzinfo=UTC)
REASONS = {reason.word: reason for reason in Reason}


@dataclass(frozen=True, slots=True)
class SeenRow:
    """Something seen. `digest`: of the facts."""

    digest: str
    locus: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class KeptSight:
    """What was kept of one look, without its facts and times."""

    rows: tuple[SeenRow | Unseen, ...]
    found: tuple[Asset, ...]

    @property
    def seen(self) -> tuple[str, ...]:
        """The digests of the facts, in their order, the same one as often as it was seen."""
        return tuple(row.digest for row in self.rows if isinstance(row, SeenRow))

    def filled(self, facts: Mapping[str, Facts], times: Sequence[datetime]) -> tuple[Seen | Unseen, ...]:
        """The sights themselves. Raises LookupError for missing facts, ValueError for too few or many times."""
        if len(times) != len(self.seen):
            raise ValueError("there are not as many times as sights")
        rest = iter(times)
        return tuple(
            row
            if isinstance(row, Unseen)
            else Seen(replace(facts[row.digest], observed_at=next(rest)), row.locus, row.basis)
            for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class Timeless:
    """Facts, and their bytes without the instant of the sight: what is seen on two nights gives the same bytes."""

    facts: Facts
    body: bytes

    @staticmethod
    def of(facts: Facts) -> Timeless:
        """Raises CodecError for what has no JSON."""
        return Timeless(facts, encode(facts, at=UNTIMED))


@dataclass(frozen=True, slots=True)
class Written:
    """One look as bytes. `facts`: those that its body names, by their digests."""

    body: bytes
    facts: Mapping[str, Timeless]


def timeless(facts: Facts) -> bytes:
    """The bytes of `Timeless`."""
    return Timeless.of(facts).body


def written(sights: Iterable[Seen | Unseen], found: Iterable[Asset]) -> Written:
    """Canonical JSON. Raises CodecError for what has none."""
    facts: dict[str, Timeless] = {}
    rows = [_row(one, facts) for one in sights]
    body = bytearray(b'{"found":[')  # piece by piece: a large account is megabytes of them
    for number, asset in enumerate(found):
        body += b"," * bool(number) + canonical(asset)
    body += b'],"sights":%s}' % canonical(rows)
    return Written(bytes(body), facts)


def read(sha256: bytes, body: bytes, types: Iterable[type[Facts]]) -> KeptSight:
    """What `written` wrote. Raises CodecError, also where the bytes are not those of the digest."""
    if bytes.fromhex(digest(body)) != sha256:
        raise CodecError("What a look saw is not what was kept: its digest differs.")
    known = {type_name(one): one for one in types}
    try:
        said = json.loads(body)
        return KeptSight(tuple([_read_row(row, known) for row in said["sights"]]), read_assets(said["found"]))
    except (ValueError, LookupError, TypeError) as error:
        raise CodecError("What a look saw could not be read.") from error


def _row(sight: Seen | Unseen, facts: dict[str, Timeless]) -> list[JsonValue]:
    """Adds to `facts` what was seen."""
    if isinstance(sight, Seen):
        if not isinstance(sight.basis, Basis):
            raise CodecError("What a sight rests on is no basis.")
        kept = Timeless.of(sight.facts)
        sha256 = digest(kept.body)
        facts[sha256] = kept
        return ["seen", sha256, sight.locus, sight.basis.value]
    return ["unseen", type_name(sight.facts_type), sight.locus, sight.reason.word, sight.detail]


def _read_row(row: Sequence[str], known: Mapping[str, type[Facts]]) -> SeenRow | Unseen:
    match row:
        case ["seen", str(sha256), str(locus), basis]:
            return SeenRow(sha256, intern(locus), Basis(basis))  # so that all findings of a place share its name
        case ["unseen", name, str(locus), reason, str(detail)]:
            if name not in known:
                raise CodecError(f"A look is of the type {name!r}, which no installed probe yields.")
            return Unseen(known[name], locus, REASONS[reason], detail)
    raise ValueError("neither seen nor unseen")
