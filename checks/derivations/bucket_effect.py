"""What a stranger gets of a bucket in effect, judged only as far as it was tried. Pure."""

from __future__ import annotations

from typing import TypeVar

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts import Declared, Facts
from auditor.facts.storage import BucketPlace
from auditor.facts.storage_effect import (
    BucketServer,
    Effect,
    EffectiveAccess,
    PlainEffect,
    PublicEffect,
    Tried,
)
from auditor.model import Reason
from auditor.probe import Seen, Unseen

REASONS = {reason.word: reason for reason in Reason}
F = TypeVar("F", bound=Facts)
SIGNED = "signed questions about the bucket, at the server's declared address"
AWAY = (Effect.CLOSED, Effect.SENT_AWAY)


@derive(reads=(EffectiveAccess, Declared), yields=PublicEffect)
def public_effect(facts: EffectiveAccess, declared: Declared) -> PublicEffect:
    """Raises Undecided where a question got no plain answer and none proved a fault."""
    served = tuple(one.asked for one in facts.all if one.effect is Effect.SERVED)
    if not served:
        _require(facts.listing, facts.reading, among=(Effect.DENIED, Effect.NOT_ASKED))
    return PublicEffect(
        observed_at=facts.observed_at,
        is_allowed=facts.is_allowed,
        served=served,
        denied=tuple(one.asked for one in facts.all if one.effect is Effect.DENIED),
        has_canary=facts.reading.effect is not Effect.NOT_ASKED,
        intended_public=declared.intended_public,
    )


@derive_from_places(reads=(EffectiveAccess, BucketServer, BucketPlace), yields=PlainEffect)
def plain_effect(rows: Rows) -> PlainEffect:
    """What is served without TLS: to strangers who were tried, and to the auditor, whose own questions were answered.

    The bucket's place is the answer to a signed question: over an address without TLS it proves that such questions
    are answered. A stranger who is denied over TLS as well tells nothing.
    """
    facts, server = _seen(rows, EffectiveAccess), _seen(rows, BucketServer)
    served = tuple(one.asked for one in (facts.plain_listing, facts.plain_reading) if one.effect is Effect.SERVED)
    if server.is_plain and isinstance(rows[BucketPlace].get(""), Seen):
        served = (SIGNED, *served)
    if not served:
        _require(facts.plain_listing, facts.plain_reading, among=(Effect.DENIED, Effect.NOT_ASKED, *AWAY))
    pairs = ((facts.listing, facts.plain_listing), (facts.reading, facts.plain_reading))
    return PlainEffect(
        observed_at=facts.observed_at,
        is_allowed=facts.is_allowed,
        served=served,
        refused=tuple(plain.asked for tls, plain in pairs if _is_refused(tls, plain)),
    )


def _seen(rows: Rows, kind: type[F]) -> F:
    """Raises Undecided with the reason of what was not seen."""
    sight = rows[kind].get("")
    if isinstance(sight, Seen) and isinstance(sight.facts, kind):
        return sight.facts
    if isinstance(sight, Unseen):
        raise Undecided(sight.reason, sight.detail)
    raise Undecided(Reason.NOT_OBSERVED, "what the server does for strangers")


def _is_refused(tls: Tried, plain: Tried) -> bool:
    """Nobody listens, or it leads to TLS, or the same question is served over TLS and denied without."""
    return plain.effect in AWAY or (tls.effect is Effect.SERVED and plain.effect is Effect.DENIED)


def _require(*tried: Tried, among: tuple[Effect, ...]) -> None:
    for one in tried:
        if one.effect is Effect.NOT_THERE:
            raise Undecided(Reason.GONE, f"the canary that the inventory names: {one.asked}")
        if one.effect not in among:
            reason = REASONS[one.reason] if one.reason else Reason.INCONSISTENT
            raise Undecided(reason, one.detail or f"{one.effect.value.replace('_', ' ')}: {one.asked}")


DERIVATIONS = (public_effect, plain_effect)
