"""Which large root stores hold a root that what a server sends leads to, by the register. Knows no rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from auditor.derive import Undecided, derive
from auditor.facts.certificates import Certificate, CertificateInFull, CertificateSeen, RootInStores
from auditor.model import Reason
from auditor.registers import RootStore, root_stores
from checks.derivations.certificate_trust import distrust_of

# Stores take up roots all the time, and drop some: an older list tells neither.
TOO_OLD = timedelta(days=730)
MOZILLA = "Mozilla"  # whose roots the run itself trusts


@derive(reads=(CertificateInFull,), yields=RootInStores)
def root_in_stores(full: CertificateInFull) -> RootInStores:
    """Undecided where the lists are too old, or a store seems to lack a root that is newer than they are."""
    seen = full.seen
    why_not = _why_not(seen)
    if why_not:
        return RootInStores(observed_at=seen.observed_at, root="", holding=(), missing=(), why_not=why_not)
    _require_current(seen)
    shown = tuple(_shown(seen))
    missing = tuple(store for store in root_stores() if not _holds(store, shown))
    if missing:
        _require_certain(seen)
    return RootInStores(
        observed_at=seen.observed_at,
        root=shown[-1].subject,
        holding=tuple(_named(store) for store in root_stores() if store not in missing),
        missing=tuple(map(_named, missing)),
        why_not="",
    )


def _why_not(seen: CertificateSeen) -> str:
    if not seen.is_public_store:
        return "the run trusts the operator's own authority"
    if not seen.end.is_anchored or distrust_of(seen):
        return "the certificate leads to no root that is trusted, which another check says"
    return ""


def _shown(seen: CertificateSeen) -> Iterator[Certificate]:
    """All that a client may build a path of, the anchor last: another store's may be another one."""
    yield from (*seen.sent, *seen.path)
    yield seen.anchor or seen.path[-1]


def _holds(store: RootStore, shown: tuple[Certificate, ...]) -> bool:
    """Is one of them a root of the store, or issued by one, as names tell? New roots are signed across by old ones."""
    return any(one.sha256 in store.roots or one.issuer in store.subjects for one in shown)


def _require_current(seen: CertificateSeen) -> None:
    """Raises Undecided for lists that are years old: roots come and go."""
    for store in root_stores():
        if seen.observed_at.date() - store.at > TOO_OLD:
            raise Undecided(Reason.NOT_OBSERVED, f"the roots of {store.name}: our list is of {store.at}")


def _require_certain(seen: CertificateSeen) -> None:
    """Raises Undecided where a store that seems to lack the root may hold a way to it all the same."""
    anchor = seen.anchor or seen.path[-1]
    if any(one.name == MOZILLA and anchor.sha256 not in one.roots for one in root_stores()):
        raise Undecided(Reason.NOT_OBSERVED, f"{anchor.subject!r} in the stores: it is newer than our lists of them")
    if seen.sent_count > len(seen.sent):
        raise Undecided(Reason.NOT_OBSERVED, "certificates that were sent and not kept, and may lead to another root")


def _named(store: RootStore) -> str:
    return f"{store.name} ({store.version or f'as of {store.at}'})"


DERIVATIONS = (root_in_stores,)
