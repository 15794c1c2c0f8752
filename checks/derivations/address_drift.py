"""Compares the addresses behind one name: whoever is sent to the weakest one is protected no better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.addresses import AddressDrift, Difference, Shown
from auditor.facts.web import HttpOutcome, PlainHttp, Redirects
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from checks.derivations.address_questions import QUESTIONS, Answer, Question

NAMED = 6  # suites or groups that an answer spells out
NOT_EVERYWHERE = frozenset({HttpOutcome, PlainHttp, Redirects})  # a connect-to file may name no plain HTTP port
KINDS = tuple(dict.fromkeys(question.reads for question in QUESTIONS))


@derive_from_places(reads=KINDS, yields=AddressDrift)
def address_drift(rows: Rows) -> AddressDrift:
    """One difference settles it; that there is none takes every address. Raises Undecided."""
    sights = [sight for kind in KINDS for sight in rows[kind].values()]
    addresses = tuple(sorted({_address(sight.locus) for sight in sights if sight.locus}))
    doubts = [Undecided(sight.reason, sight.locus or sight.detail) for sight in sights if isinstance(sight, Unseen)]
    doubts += _left_out(rows, addresses)
    compared = (_compared(question, rows[question.reads], doubts) for question in QUESTIONS)
    differences = tuple(found for row in compared for found in row)
    seen = [sight.facts.observed_at for sight in sights if isinstance(sight, Seen)]
    if not seen or (doubts and not differences and len(addresses) > 1):
        raise doubts[0]
    return AddressDrift(observed_at=min(seen), addresses=addresses, differences=differences)


def _left_out(rows: Rows, addresses: tuple[str, ...]) -> Iterator[Undecided]:
    """Facts that some addresses have and others have not, as where the DNS named others in the middle of a look."""
    for kind in (kind for kind in KINDS if kind not in NOT_EVERYWHERE and rows[kind]):
        for address in sorted({*addresses} - {_address(locus) for locus in rows[kind]}):
            yield Undecided(Reason.NOT_OBSERVED, f"{kind.__name__} at {address}")


def _address(locus: str) -> str:
    return locus.rpartition(":")[0]


def _compared(question: Question, row: Mapping[str, Seen | Unseen], doubts: list[Undecided]) -> Iterator[Difference]:
    """`doubts` grows by what an address leaves open."""
    places: dict[Answer, list[str]] = defaultdict(list)
    for locus, sight in sorted(row.items()):
        if isinstance(sight, Seen):
            try:
                answer = question.answer(sight.facts)
                if answer is not None:
                    places[answer].append(locus)
            except Undecided as doubt:
                doubts.append(doubt)
    if len(places) > 1:
        (usual, at), *others = sorted(places.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        first = Shown(answer=_listed(usual), places=tuple(at))
        rest = (Shown(answer=_beside(usual, answer), places=tuple(where)) for answer, where in others)
        yield Difference(question=question.words, answers=(first, *rest))


def _beside(usual: Answer, other: Answer) -> str:
    """What is different there. One word beside one word is said whole."""
    more, less = (tuple(sorted(set(one) - set(two))) for one, two in ((other, usual), (usual, other)))
    if len(usual) == len(other) == 1:
        return _listed(other)
    words = [f"also {_listed(more)}"] * bool(more) + [f"not {_listed(less)}"] * bool(less)
    return "; ".join(words)


def _listed(names: Answer) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


DERIVATIONS = (address_drift,)
