"""Turns the lists of suites into one settled answer per question, so that a list cut short blinds no found fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from auditor.derive import Undecided, derive
from auditor.facts.cipher_suites import CipherSuite, Strength, suite
from auditor.facts.tls_suites import (
    AcceptedSuite,
    AeadSuites,
    AnonymousSuites,
    BreakableSuites,
    CbcSuites,
    ForwardSuites,
    NullSuites,
    OtherThanRc4Suites,
    PreferredSuite,
    PrimeFieldSuites,
    Rc4Suites,
    SmallBlockSuites,
    StaticSuites,
    SuiteAnswer,
    SuitePreference,
    TlsSuites,
)
from auditor.model import Reason

Answer = TypeVar("Answer", bound=SuiteAnswer)
REASONS = {reason.word: reason for reason in Reason}


@derive(reads=(TlsSuites,), yields=NullSuites)
def null_suites(seen: TlsSuites) -> NullSuites:
    return _settle(seen, NullSuites, lambda one: one.is_unencrypted)


@derive(reads=(TlsSuites,), yields=AnonymousSuites)
def anonymous_suites(seen: TlsSuites) -> AnonymousSuites:
    return replace(_settle(seen, AnonymousSuites, lambda one: one.is_anonymous), opportunistic=seen.opportunistic)


@derive(reads=(TlsSuites,), yields=BreakableSuites)
def breakable_suites(seen: TlsSuites) -> BreakableSuites:
    return _settle(seen, BreakableSuites, lambda one: one.is_breakable)


@derive(reads=(TlsSuites,), yields=Rc4Suites)
def rc4_suites(seen: TlsSuites) -> Rc4Suites:
    return _settle(seen, Rc4Suites, lambda one: one.is_rc4)


@derive(reads=(TlsSuites,), yields=OtherThanRc4Suites)
def other_than_rc4_suites(seen: TlsSuites) -> OtherThanRc4Suites:
    _require_agreement(seen)
    return _settle(seen, OtherThanRc4Suites, lambda one: not one.is_rc4 and _serves_strangers(one))


@derive(reads=(TlsSuites,), yields=SmallBlockSuites)
def small_block_suites(seen: TlsSuites) -> SmallBlockSuites:
    return _settle(seen, SmallBlockSuites, lambda one: one.has_small_block)


@derive(reads=(TlsSuites,), yields=StaticSuites)
def static_suites(seen: TlsSuites) -> StaticSuites:
    return _settle(seen, StaticSuites, lambda one: not one.has_forward_secrecy)


@derive(reads=(TlsSuites,), yields=ForwardSuites)
def forward_suites(seen: TlsSuites) -> ForwardSuites:
    _require_agreement(seen)
    return _settle(
        seen,
        ForwardSuites,
        lambda one: one.has_forward_secrecy and one.strength > Strength.BROKEN and _serves_strangers(one),
    )


@derive(reads=(TlsSuites,), yields=AeadSuites)
def aead_suites(seen: TlsSuites) -> AeadSuites:
    _require_agreement(seen)
    return _settle(seen, AeadSuites, lambda one: one.is_aead and not one.has_short_tag and _serves_strangers(one))


@derive(reads=(TlsSuites,), yields=CbcSuites)
def cbc_suites(seen: TlsSuites) -> CbcSuites:
    return _settle(seen, CbcSuites, lambda one: one.is_cbc or one.has_short_tag)


@derive(reads=(TlsSuites,), yields=PrimeFieldSuites)
def prime_field_suites(seen: TlsSuites) -> PrimeFieldSuites:
    return _settle(seen, PrimeFieldSuites, lambda one: one.is_finite_field and not one.is_anonymous)


@derive(reads=(SuitePreference,), yields=PreferredSuite)
def preferred_suite(seen: SuitePreference) -> PreferredSuite:
    if not seen.offered:
        return PreferredSuite(observed_at=seen.observed_at, got="", best="", is_best=True)
    got = suite(seen.picked_again or seen.picked)
    best = max((suite(number) for number in seen.offered), key=lambda one: one.strength)
    is_best = got.strength == best.strength
    return PreferredSuite(observed_at=seen.observed_at, got=got.name, best=best.name, is_best=is_best)


def _serves_strangers(one: CipherSuite) -> bool:
    """Can somebody use it who shares no secret with the server? No resident does, so the others are no offer."""
    return one.has_certificate or one.is_anonymous


def _require_agreement(seen: TlsSuites) -> None:
    """One good suite is enough only where everybody meets the server that has it. Raises Undecided."""
    for row in seen.versions:
        if row.unsettled and row.unsettled.reason == Reason.INCONSISTENT.word:
            raise Undecided(Reason.INCONSISTENT, f"suites of {row.version.label}: {row.unsettled.detail}")


def _settle(seen: TlsSuites, question: type[Answer], matches: Callable[[CipherSuite], bool]) -> Answer:
    """One suite that matches settles a question; that none does needs every list to be whole. Raises Undecided."""
    tried = {(one.version, one.suite): one for one in seen.handshakes}
    found = tuple(
        AcceptedSuite(version=row.version, name=suite(number).name, handshake=tried.get((row.version, number)))
        for row in seen.versions
        for number in row.accepted
        if matches(suite(number))
    )
    for row in seen.versions:
        if row.unsettled and not found:
            raise Undecided(REASONS[row.unsettled.reason], f"suites of {row.version.label}: {row.unsettled.detail}")
    asked = sum(len(row.accepted) for row in seen.versions)
    return question(observed_at=seen.observed_at, found=found, asked=asked)


DERIVATIONS = (
    null_suites,
    anonymous_suites,
    breakable_suites,
    rc4_suites,
    other_than_rc4_suites,
    small_block_suites,
    static_suites,
    forward_suites,
    aead_suites,
    cbc_suites,
    prime_field_suites,
    preferred_suite,
)
