"""What a run came to, in short: kept with it, so that two runs are compared without judging either of them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from functools import reduce
from operator import add

from auditor.asked import read_assets
from auditor.codec import CodecError, canonical
from auditor.micros import instant, micros
from auditor.model import Asset, Counts, Expiring, Letter, Letters, Report
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """`city`: None for a part of the inventory. `expiring`: what ends within the report's horizon.

    `found`: what no inventory listed.
    """

    counts: Counts
    city: Letters | None
    expiring: tuple[Expiring, ...]
    found: tuple[Asset, ...] = ()


def short(report: Report, beside: Iterable[Asset] = ()) -> Short:
    """`beside`: what is known to be unclaimed in systems that this run was not asked about."""
    return Short(
        counts=reduce(add, (grade.counts for grade in report.asset_grades), Counts()),
        city=report.city.grade.letters if report.city else None,
        expiring=report.expiring,
        found=(*report.found, *beside),
    )


def written(said: Short) -> bytes:
    """Canonical JSON."""
    return b"".join(pieces(said))


def pieces(said: Short) -> Iterator[bytes]:
    """What `written` gives, piece by piece: what a large account holds is megabytes."""
    city = [letter.value for letter in astuple(said.city)] if said.city else None
    ends = [[one.what, one.subject, one.locus, micros(one.at)] for one in said.expiring]
    yield canonical({"counts": list(astuple(said.counts)), "city": city, "expiring": ends}).removesuffix(b"}")
    yield b',"found":['  # the last one in the order of the names
    for number, asset in enumerate(said.found):
        yield b"," * bool(number) + canonical(asset)
    yield b"]}"


def read(data: bytes) -> Short:
    """What `written` wrote. Raises CodecError."""
    try:
        said = json.loads(data)
        ends = (
            Expiring(what=what, subject=whose, locus=at, at=instant(end)) for what, whose, at, end in said["expiring"]
        )
        city = Letters(*map(Letter, said["city"])) if said["city"] else None
        found = read_assets(said.get("found", []))  # an older version wrote none
        return Short(counts=Counts(*said["counts"]), city=city, expiring=tuple(ends), found=found)
    except (ValueError, KeyError, TypeError) as error:
        raise CodecError("What a run came to could not be read.") from error
