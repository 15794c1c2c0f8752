"""Which keys and wildcard certificates stand at several places of the inventory. Knows no rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from auditor.derive import Placed, derive_from_all
from auditor.facts.certificate_variants import VariantKey
from auditor.facts.certificates import CertificateReuse, KeyShown, KeyUse
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass

Of = Callable[[KeyShown], Iterable[str]]
NAMED = 10  # assets that are named of those that share


@dataclass(frozen=True, slots=True)
class _Use:
    """The assets that show one key or wildcard, and how many of each system."""

    assets: tuple[str, ...]
    systems: Counter[str]


@derive_from_all(reads=(KeyShown, VariantKey), yields=CertificateReuse)
def certificate_reuse(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """One answer for each asset. An asset that shares with another is told so, whatever else could not be seen of it.

    Assets of one name are one service, wherever they are listed: they share nothing.
    """
    rows = _by_asset(all_of_them)
    shown = {asset: tuple(_certificates(rows[asset])) for asset in rows}
    keys, wildcards = _uses(shown, _keys), _uses(shown, _wildcards)
    same = _same_service(shown)
    for asset, seen in shown.items():
        shared_keys = tuple(_shared(asset, _all(seen, _keys), keys, same[asset]))
        shared_wildcards = tuple(_shared(asset, _all(seen, _wildcards), wildcards, same[asset]))
        blind = next((row for row in rows[asset] if isinstance(row, Unseen)), None) or _unread(seen)
        if not seen or (blind is not None and not (shared_keys or shared_wildcards)):
            yield Placed(asset, _unseen(blind))
            continue
        at = max(one.observed_at for one in seen)
        yield Placed(asset, Seen(CertificateReuse(observed_at=at, keys=shared_keys, wildcards=shared_wildcards)))


def _unseen(blind: Unseen | None) -> Unseen:
    if blind is None:
        return Unseen(CertificateReuse, "", Reason.NOT_OBSERVED, "no certificate")
    return Unseen(CertificateReuse, "", blind.reason, blind.detail)


def _unread(seen: Iterable[KeyShown]) -> Unseen | None:
    """A key that nobody read may stand anywhere."""
    if all(one.spki_sha256 for one in seen):
        return None
    return Unseen(CertificateReuse, "", Reason.NOT_OBSERVED, "the public key of a certificate was not read")


def _by_asset(all_of_them: Iterable[Placed]) -> dict[str, list[Seen | Unseen]]:
    rows: dict[str, list[Seen | Unseen]] = defaultdict(list)
    for one in all_of_them:
        rows[one.asset].append(one.observation)
    return rows


def _certificates(rows: Iterable[Seen | Unseen]) -> Iterator[KeyShown]:
    for row in rows:
        facts = row.facts if isinstance(row, Seen) else None
        shown = facts.shown if isinstance(facts, VariantKey) else facts
        if isinstance(shown, KeyShown):
            yield shown


def _keys(shown: KeyShown) -> Iterable[str]:
    return (shown.spki_sha256,) if shown.spki_sha256 else ()


def _wildcards(shown: KeyShown) -> Iterable[str]:
    return shown.wildcards


def _all(seen: Iterable[KeyShown], of: Of) -> list[str]:
    return sorted({what for one in seen for what in of(one)})


def _uses(shown: Mapping[str, tuple[KeyShown, ...]], of: Of) -> dict[str, _Use]:
    uses: dict[str, list[str]] = defaultdict(list)
    for asset, seen in sorted(shown.items()):
        for what in _all(seen, of):
            uses[what].append(asset)
    return {what: _Use(tuple(assets), Counter(map(_system, assets))) for what, assets in uses.items()}


def _same_service(shown: Mapping[str, tuple[KeyShown, ...]]) -> dict[str, frozenset[str]]:
    """Each asset and those that were asked by one of its names, itself among them."""
    asked: dict[str, set[str]] = defaultdict(set)
    for asset, seen in shown.items():
        for one in seen:
            asked[one.asked_name.lower()].add(asset)
    return {
        asset: frozenset({asset}.union(*(asked[one.asked_name.lower()] for one in seen)))
        for asset, seen in shown.items()
    }


def _shared(asset: str, mine: Iterable[str], uses: Mapping[str, _Use], same: frozenset[str]) -> Iterator[KeyUse]:
    for what in mine:
        use = uses[what]
        others = tuple(islice((one for one in use.assets if one not in same), NAMED))
        if others:
            alike = same.intersection(use.assets) if len(same) > 1 else {asset}
            gone = Counter(map(_system, alike)) - Counter({_system(asset): len(alike)})
            systems = len(use.systems) - sum(use.systems[system] == count for system, count in gone.items())
            yield KeyUse(what=what, assets=others, count=len(use.assets) - len(alike), systems=systems)


def _system(asset: str) -> str:
    """An asset's id begins with its system's."""
    return asset.partition("/")[0]


DERIVATIONS = (certificate_reuse,)
