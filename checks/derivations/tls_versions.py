"""Turns the answers for all versions into one settled answer per question, so that an unknown one blinds no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from auditor.derive import Undecided, derive
from auditor.facts.tls import (
    Handshake,
    HandshakeEnd,
    LegacyTls,
    ModernTls,
    Ssl2,
    Ssl3,
    Tls13,
    TlsVersion,
    TlsVersions,
    VersionAnswer,
)
from auditor.model import Reason

Question = TypeVar("Question", bound=VersionAnswer)
REASONS = {reason.word: reason for reason in Reason}


@derive(reads=(TlsVersions,), yields=Ssl2)
def ssl2(seen: TlsVersions) -> Ssl2:
    return replace(_settle(seen, Ssl2), ciphers=seen.ssl2_ciphers)


@derive(reads=(TlsVersions,), yields=Ssl3)
def ssl3(seen: TlsVersions) -> Ssl3:
    return _settle(seen, Ssl3)


@derive(reads=(TlsVersions,), yields=LegacyTls)
def legacy_tls(seen: TlsVersions) -> LegacyTls:
    return _settle(seen, LegacyTls)


@derive(reads=(TlsVersions,), yields=ModernTls)
def modern_tls(seen: TlsVersions) -> ModernTls:
    _require_agreement(seen)
    return _settle(seen, ModernTls)


@derive(reads=(TlsVersions,), yields=Tls13)
def tls13(seen: TlsVersions) -> Tls13:
    _require_agreement(seen)
    return _settle(seen, Tls13)


def _require_agreement(seen: TlsVersions) -> None:
    """One good version is enough only where everybody meets the server that has it. Raises Undecided.

    A handshake that contradicts an old version says nothing about the new ones.
    """
    doubtful = [row for row in seen.unknown if row.reason == Reason.INCONSISTENT.word]
    if doubtful and not seen.control_held:
        raise Undecided(Reason.INCONSISTENT, f"{doubtful[0].version.label}: {doubtful[0].detail}")


def _settle(seen: TlsVersions, question: type[Question]) -> Question:
    """One accepted version settles a question; otherwise all must have been refused. Raises Undecided."""
    asks = frozenset(question.asks)
    accepted = seen.accepted & asks
    open_ones = [row for row in seen.unknown if row.version in asks]
    if open_ones and not accepted:
        raise Undecided(REASONS[open_ones[0].reason], f"{open_ones[0].version.label}: {open_ones[0].detail}")
    return question(
        observed_at=seen.observed_at,
        accepted=accepted,
        refused=tuple(row for row in seen.refused if row.version in asks),
        handshakes=_best_of(seen, accepted),
    )


def _best_of(seen: TlsVersions, accepted: frozenset[TlsVersion]) -> tuple[Handshake, ...]:
    """One for each version: a completed one where there is any."""
    order = sorted(seen.handshakes, key=lambda one: one.end is not HandshakeEnd.COMPLETED)
    best = {one.version: one for one in reversed(order)}
    return tuple(best[version] for version in sorted(accepted) if version in best)


DERIVATIONS = (ssl2, ssl3, legacy_tls, modern_tls, tls13)
