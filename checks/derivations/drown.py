"""Which RSA keys stand where SSL 2.0 is spoken: one such place unlocks the connections of all (CVE-2016-0800)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from auditor.derive import Placed, derive_from_all
from auditor.facts.certificate_variants import VariantKey
from auditor.facts.certificates import KeyShown
from auditor.facts.drown import DrownExposure, Ssl2Place
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Reason
from auditor.probe import Seen, Unseen


@dataclass(slots=True)
class _Asset:
    """What is known of one asset: its RSA keys, its places with SSL 2.0, and what was not seen of either."""

    certificates: list[KeyShown] = field(default_factory=list)
    ssl2: list[str] = field(default_factory=list)
    blind_keys: Unseen | None = None
    blind_versions: Unseen | None = None

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(one.spki_sha256 for one in self.certificates if one.is_rsa and one.spki_sha256)


@derive_from_all(reads=(KeyShown, VariantKey, TlsVersions), yields=DrownExposure)
def drown(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """One answer for each asset. One proven place settles it; health needs every place of every asset with the key."""
    assets = _known(all_of_them)
    holders: dict[str, list[str]] = defaultdict(list)
    for name, one in sorted(assets.items()):
        for key in one.keys:
            holders[key].append(name)
    for name, one in assets.items():
        yield Placed(name, _answer(one, holders, assets))


def _answer(one: _Asset, holders: Mapping[str, list[str]], assets: Mapping[str, _Asset]) -> Seen | Unseen:
    sharing = [(key, other) for key in sorted(one.keys) for other in holders[key]]
    places = tuple(
        Ssl2Place(asset=other, locus=locus, key=key) for key, other in sharing for locus in assets[other].ssl2
    )
    sharers = (assets[other].blind_versions for _, other in sharing)
    nameless = (other.blind_keys for other in assets.values() if other.ssl2 and one.keys)  # theirs may be ours
    blind = one.blind_keys or next((sight for sight in (*sharers, *nameless) if sight), None)
    if not one.certificates or (blind and not places):
        reason, detail = (blind.reason, blind.detail) if blind else (Reason.NOT_OBSERVED, "no certificate")
        return Unseen(DrownExposure, "", reason, detail)
    at = max(seen.observed_at for seen in one.certificates)
    return Seen(DrownExposure(observed_at=at, rsa_keys=len(one.keys), places=places))


def _known(all_of_them: Iterable[Placed]) -> dict[str, _Asset]:
    assets: dict[str, _Asset] = defaultdict(_Asset)
    for placed in all_of_them:
        _note(assets[placed.asset], placed.observation)
    return dict(assets)


def _note(one: _Asset, sight: Seen | Unseen) -> None:
    if isinstance(sight, Unseen):
        if sight.facts_type is TlsVersions:
            one.blind_versions = one.blind_versions or sight
        else:
            one.blind_keys = one.blind_keys or sight
        return
    facts = sight.facts
    if isinstance(facts, TlsVersions):
        _note_versions(one, facts, sight.locus)
    elif isinstance(shown := facts.shown if isinstance(facts, VariantKey) else facts, KeyShown):
        one.certificates.append(shown)


def _note_versions(one: _Asset, facts: TlsVersions, locus: str) -> None:
    if TlsVersion.SSL2 in facts.accepted:
        one.ssl2.append(locus)
    for row in facts.unknown:
        if row.version is TlsVersion.SSL2:
            reason = next(reason for reason in Reason if reason.word == row.reason)
            one.blind_versions = one.blind_versions or Unseen(TlsVersions, locus, reason, f"SSL 2.0 at {locus}")


DERIVATIONS = (drown,)
