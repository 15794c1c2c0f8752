"""Asks a storage server as a stranger: what it tells of itself, and what it gives away. Knows no rule, never writes.

On AWS nothing need be asked of the server, and a bucket is asked only where the inventory allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.storage import ServerKind
from auditor.facts.storage_effect import NOT_ASKED, BucketServer, Effect, EffectiveAccess, Tried
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.reach import Reach
from auditor.reach.s3_errors import DENIED, reason_of_error

if TYPE_CHECKING:
    from auditor.reach.s3_stranger import Stranger, Told

LISTING = "ListBucketResult"
# How servers refuse a question that is not signed, beside the codes that mean "denied" (rclone says the first).
UNSIGNED = frozenset({"UnsupportedAlgorithm", "MissingSecurityHeader", "MissingAuthenticationToken"})
ERROR = "Error"  # the root of S3's error answers
REFUSED = frozenset({401, 403})
AWAY = frozenset({301, 302, 307, 308})


class BucketEffectProbe:
    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (BucketServer, EffectiveAccess)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        stranger = reach.bucket_as_stranger()
        server = ServerKind.COMPATIBLE if stranger.is_compatible else ServerKind.AWS
        yield _server(stranger, server, reach.now())
        yield Seen(_effective(stranger, asset, server, reach.now()))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield "http GET / of the storage server, without a credential (compatible servers)"
        if asset.probe_effective:
            where = f"{asset.address}, without a credential: over TLS, and over plain HTTP"
            yield f"http GET ?list-type=2&max-keys=1 of {where}"
            if asset.canary:
                yield f"http HEAD of the declared canary in {where}"


def _server(stranger: Stranger, server: ServerKind, now: datetime) -> Seen | Unseen:
    if server is ServerKind.AWS:
        return Seen(BucketServer(observed_at=now, server=server))
    try:
        told = stranger.greet()
    except Unreachable as failure:
        return Unseen(BucketServer, "", failure.reason, failure.detail)
    facts = BucketServer(
        observed_at=now,
        server=server,
        is_plain=stranger.is_plain,
        header=target_text(told.header),
        request_id=target_text(told.request_id),
        root=target_text(told.root),
        code=target_text(told.code),
        message=target_text(told.message),
        owner=target_text(told.owner),
    )
    return Seen(facts)


def _effective(stranger: Stranger, asset: Asset, server: ServerKind, now: datetime) -> EffectiveAccess:
    if not asset.probe_effective:
        return EffectiveAccess(observed_at=now, server=server, is_allowed=False)
    key = asset.canary

    def read(*, plain: bool) -> Tried:
        ask = partial(stranger.reading, key, plain=plain)
        return _tried(ask, _of_object, may_be_closed=plain and not stranger.is_plain) if key else NOT_ASKED

    def listed(*, plain: bool) -> Tried:
        ask = partial(stranger.listing, plain=plain)
        return _tried(ask, _of_plain_list if plain else _of_list, may_be_closed=plain and not stranger.is_plain)

    return EffectiveAccess(
        observed_at=now,
        server=server,
        is_allowed=True,
        listing=listed(plain=False),
        reading=read(plain=False),
        plain_listing=listed(plain=True),
        plain_reading=read(plain=True),
    )


def _tried(ask: Callable[[], Told], what_it_means: Callable[[Told], Effect | Reason], *, may_be_closed: bool) -> Tried:
    """`may_be_closed`: nobody need listen there; elsewhere a refused connection is a server that is down."""
    try:
        told = ask()
    except Unreachable as failure:
        closed = failure.reason is Reason.REFUSED and may_be_closed
        return Tried(
            effect=Effect.CLOSED if closed else Effect.UNSEEN,
            asked=target_text(failure.detail) or "one question",
            reason="" if closed else failure.reason.word,
            detail=target_text(failure.detail),
        )
    asked, meant = target_text(told.asked), _in_general(told) or what_it_means(told)
    if isinstance(meant, Reason):
        return Tried(effect=Effect.UNSEEN, asked=asked, reason=meant.word, detail=f"status {told.status} {told.code}")
    return Tried(effect=meant, asked=asked)


def _in_general(told: Told) -> Effect | None:
    """What an answer means to whatever question."""
    if told.status in AWAY and told.location.startswith("https://"):
        return Effect.SENT_AWAY
    return Effect.DENIED if told.code in DENIED | UNSIGNED else None


def _of_plain_list(told: Told) -> Effect | Reason:
    """Whoever refuses it there, the server or a door before it: without TLS nothing is served."""
    return Effect.DENIED if told.status in REFUSED else _of_list(told)


def _of_list(told: Told) -> Effect | Reason:
    """A refusal in the server's own form: one without may be of something on the way, which lets others pass."""
    if told.status in REFUSED:
        return Effect.DENIED if told.root == ERROR else Reason.MALFORMED
    if told.status == 200:
        return Effect.SERVED if told.root == LISTING else Reason.MALFORMED
    return reason_of_error(told.code, told.status)


def _of_object(told: Told) -> Effect | Reason:
    """A page that answers everything with 200 shows no tag of an object. A refusal of a HEAD has no form."""
    if told.status in REFUSED:
        return Effect.DENIED
    if told.status == 200:
        return Effect.SERVED if told.has_etag else Reason.MALFORMED
    return Effect.NOT_THERE if told.status == 404 else reason_of_error(told.code, told.status)
