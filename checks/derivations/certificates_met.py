"""Compares the certificates that one address showed in all its conversations: several servers may stand behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts.certificate_variants import (
    CertificatesMet,
    CertificateVariant,
    InvalidInTurn,
    LeafMet,
    LeavesInTurn,
    LeavesShown,
)
from auditor.facts.certificates import Certificate, CertificateSeen
from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass
from checks.derivations.certificate_faults import critical_faults

CURRENT = frozenset({TlsVersion.TLS12, TlsVersion.TLS13})
FEWEST = 2  # connections of one place that can be compared
READS = (CertificateSeen, CertificateVariant, LeavesShown)


@dataclass(frozen=True, slots=True)
class _Look:
    """A leaf, met so many times. `version` "": a current one. `is_judged`: as what its place shows to everybody."""

    place: str
    version: str
    leaf: Certificate
    times: int
    seen: CertificateSeen | None
    is_judged: bool = False

    @property
    def asked(self) -> tuple[str, str, str]:
        """Whoever may choose, chooses by the client's version, type of key and curves."""
        return self.version, self.leaf.key_kind.value, self.leaf.curve or ""


@derive_from_places(reads=READS, yields=CertificatesMet)
def certificates_met(rows: Rows) -> CertificatesMet:
    """One difference settles it; that there is none takes several connections at each place. Raises Undecided."""
    sights = [sight for kind in READS for sight in rows[kind].values()]
    seen = [sight for sight in sights if isinstance(sight, Seen)]
    at = min((sight.facts.observed_at for sight in seen), default=None)
    blind = next((sight for sight in sights if isinstance(sight, Unseen)), None)
    if at is None:
        raise Undecided(blind.reason if blind else Reason.NOT_OBSERVED, blind.detail if blind else "no certificate")
    looks = [look for sight in seen for look in _looks(sight)]
    in_turn = tuple(_in_turn(looks))
    if not in_turn:
        _require_several(looks, sights)
    return CertificatesMet(observed_at=at, times=sum(look.times for look in looks), in_turn=in_turn)


@derive(reads=(CertificatesMet,), yields=InvalidInTurn)
def invalid_in_turn(met: CertificatesMet) -> InvalidInTurn:
    """What is judged as what the place shows to everybody has no faults here. Raises Undecided."""
    leaves = [leaf for one in met.in_turn for leaf in one.leaves]
    faulty = tuple(
        LeavesInTurn(place=one.place, asked=one.asked, leaves=bad)
        for one in met.in_turn
        if (bad := tuple(leaf for leaf in one.leaves if leaf.faults))
    )
    unread = next((leaf for leaf in leaves if not leaf.is_read), None)
    if unread and not faulty:
        detail = f"whether the certificate with SHA-256 {unread.leaf.sha256} is trusted"
        raise Undecided(Reason.NOT_OBSERVED, detail)
    return InvalidInTurn(observed_at=met.observed_at, is_in_turn=bool(met.in_turn), faulty=faulty)


def _looks(sight: Seen) -> Iterator[_Look]:
    """A variant that equals the usual certificate was met on a connection of its own all the same."""
    facts, place = sight.facts, sight.locus.partition(" ")[0]
    if isinstance(facts, CertificateSeen):
        yield _Look(place, "", facts.leaf, 1, facts, is_judged=True)
    elif isinstance(facts, CertificateVariant) and facts.seen:
        yield _Look(place, "", facts.seen.leaf, 1, facts.seen, is_judged=True)
    elif isinstance(facts, LeavesShown):
        for one in facts.leaves:
            version = "" if one.version in CURRENT else one.version.label
            yield _Look(place, version, one.leaf, one.times, one.seen)


def _require_several(looks: Iterable[_Look], sights: Iterable[Seen | Unseen]) -> None:
    """Raises Undecided where fewer connections of one place can be compared."""
    times: dict[str, int] = defaultdict(int)
    for look in looks:
        times[look.place] += look.times
    few = [sight for sight in sights if times[sight.locus.partition(" ")[0]] < FEWEST]
    for sight in few:
        if isinstance(sight, Unseen):
            raise Undecided(sight.reason, sight.detail)
    if few:
        raise Undecided(Reason.NOT_OBSERVED, f"{few[0].locus}: no second connection showed a certificate")


def _in_turn(looks: Iterable[_Look]) -> Iterator[LeavesInTurn]:
    alike: dict[tuple[str, tuple[str, str, str]], list[_Look]] = defaultdict(list)
    for look in looks:
        alike[look.place, look.asked].append(look)
    for (place, (version, kind, curve)), met in sorted(alike.items()):
        if len({look.leaf.sha256 for look in met}) > 1:
            words = (version, kind.upper(), curve)
            yield LeavesInTurn(place=place, asked=" ".join(filter(None, words)), leaves=tuple(_leaves(met)))


def _leaves(met: Iterable[_Look]) -> Iterator[LeafMet]:
    by_leaf: dict[str, list[_Look]] = defaultdict(list)
    for look in met:
        by_leaf[look.leaf.sha256].append(look)
    for looks in by_leaf.values():
        seen = next((look.seen for look in looks if look.seen), None)
        is_judged = any(look.is_judged for look in looks)
        faults = tuple(critical_faults(seen)) if seen and not is_judged else ()
        is_read = is_judged or (seen is not None and (bool(faults) or seen.end.is_anchored))
        times = sum(look.times for look in looks)
        yield LeafMet(leaf=looks[0].leaf, times=times, faults=faults, is_read=is_read)


DERIVATIONS = (certificates_met, invalid_in_turn)
