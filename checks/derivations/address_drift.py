"""Compares the addresses behind one name: whoever is sent to the weakest one is protected no better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.addresses import AddressDrift, Difference, Shown
from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateTrust
from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import group_name
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_exchange import TlsGroups
from auditor.facts.tls_suites import TlsSuites, Unsettled
from auditor.facts.web import EffectiveHsts, HttpOutcome, HttpsOffer
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass

NAMED = 6  # suites or groups that an answer spells out
REASONS = {reason.word: reason for reason in Reason}
Answer = tuple[str, ...]  # all that an address says to one question, in order


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that all addresses should answer alike. `answer` raises Undecided where the facts do not settle it."""

    words: str
    reads: type[Facts]
    answer: Callable[[Facts], Answer]


def _versions(facts: TlsVersions) -> Answer:
    if facts.unknown:
        raise Undecided(REASONS[facts.unknown[0].reason], facts.unknown[0].version.label)
    return tuple(version.label for version in sorted(facts.accepted))


def _suites(facts: TlsSuites) -> Answer:
    for row in facts.versions:
        _require_settled(row.unsettled)
    return tuple(sorted({suite(number).name for row in facts.versions for number in row.accepted}))


def _groups(facts: TlsGroups) -> Answer:
    _require_settled(facts.open_in_tls13)
    _require_settled(facts.open_in_older)
    return tuple(sorted({group_name(number) for number in (*facts.in_tls13, *facts.in_older)})) or ("none",)


def _require_settled(doubt: Unsettled | None) -> None:
    if doubt is not None:
        raise Undecided(REASONS[doubt.reason], doubt.detail)


def _trust(facts: CertificateTrust) -> Answer:
    return (f"not trusted: {facts.distrust}" if facts.distrust else "trusted",)


def _offer(facts: HttpsOffer) -> Answer:
    return (facts.answer.value,)


def _http(facts: HttpOutcome) -> Answer:
    return (facts.end.value,)


def _hsts(facts: EffectiveHsts) -> Answer:
    return (facts.state.value if facts.max_age_s is None else f"{facts.state.value}, max-age={facts.max_age_s}",)


def _question(words: str, reads: type[Facts], answer: Callable[..., Answer]) -> Question:
    return Question(words, reads, cast("Callable[[Facts], Answer]", answer))


QUESTIONS = (
    _question("HTTPS", HttpsOffer, _offer),
    _question("versions", TlsVersions, _versions),
    _question("cipher suites", TlsSuites, _suites),
    _question("groups", TlsGroups, _groups),
    _question("certificate", CertificateTrust, _trust),
    _question("plain HTTP ends in", HttpOutcome, _http),
    _question("HSTS", EffectiveHsts, _hsts),
)


@derive_from_places(reads=tuple(question.reads for question in QUESTIONS), yields=AddressDrift)
def address_drift(rows: Rows) -> AddressDrift:
    """One difference settles it; that there is none takes every address. Raises Undecided."""
    sights = [sight for question in QUESTIONS for sight in rows[question.reads].values()]
    addresses = tuple(sorted({sight.locus.rpartition(":")[0] for sight in sights}))
    doubts = [Undecided(sight.reason, sight.locus or sight.detail) for sight in sights if isinstance(sight, Unseen)]
    compared = (_compared(question, rows[question.reads], doubts) for question in QUESTIONS)
    differences = tuple(found for row in compared for found in row)
    seen = [sight.facts.observed_at for sight in sights if isinstance(sight, Seen)]
    if not seen or (doubts and not differences and len(addresses) > 1):
        raise doubts[0]
    return AddressDrift(observed_at=min(seen), addresses=addresses, differences=differences)


def _compared(question: Question, row: Mapping[str, Seen | Unseen], doubts: list[Undecided]) -> Iterator[Difference]:
    """`doubts` grows by what an address leaves open."""
    places: dict[Answer, list[str]] = defaultdict(list)
    for locus, sight in sorted(row.items()):
        if isinstance(sight, Seen):
            try:
                places[question.answer(sight.facts)].append(locus)
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
