"""Facts about suites, groups and primes from the second conversation. Each function raises Unanswered for none."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from auditor.facts.tls import EVERY_VERSION, TlsVersion
from auditor.facts.tls_exchange import DhPrime, DhPrimes, TlsGroups
from auditor.facts.tls_suites import SuitePreference, TlsSuites, VersionSuites
from auditor.model import Reason
from auditor.probes.detail_answers import (
    NOT_ASKED,
    OLD,
    Unanswered,
    open_end,
    open_version,
    second_round,
    unsettled,
)
from auditor.probes.flight import Prime
from auditor.probes.tls_detail import Detail
from auditor.probes.tls_topics import Unclear

V = TlsVersion


def tls_suites(detail: Detail, observed_at: datetime) -> TlsSuites:
    rows = tuple(row for version in EVERY_VERSION if (row := _version_suites(detail, version)) is not None)
    if not any(row.accepted for row in rows):
        raise Unanswered(detail.trouble or (Reason.TLS_FAILED, "no version but SSL 2.0 is accepted"))
    return TlsSuites(observed_at=observed_at, versions=rows)


def _version_suites(detail: Detail, version: TlsVersion) -> VersionSuites | None:
    """None: the version is refused, or has no suites."""
    accepted = detail.first.accepted(version)
    why = open_end(detail.first.hunts.get(version, ())) or open_version(detail, version)
    if version is V.SSL2 or not (accepted or why):
        return None
    return VersionSuites(version=version, accepted=accepted, unsettled=unsettled(why))


def suite_preference(detail: Detail, observed_at: datetime) -> SuitePreference:
    """Unanswered where suites may be missing from the list: what is not known cannot be offered."""
    second = second_round(detail)
    newest = second.newest_old
    why = open_end(detail.first.hunts.get(newest, ())) if newest else open_version(detail, *OLD)
    if why:
        raise Unanswered(why)
    topic = second.preference
    if topic is None:
        return SuitePreference(observed_at=observed_at, offered=(), picked=0, picked_again=0)
    if topic.unclear or not topic.is_settled:
        raise Unanswered(topic.unclear or (Reason.INCONSISTENT, f"suites were taken one by one, then {topic.closed}"))
    first, again = (*topic.picked, 0)[:2]
    return SuitePreference(observed_at=observed_at, offered=topic.offer.suites, picked=first, picked_again=again)


def tls_groups(detail: Detail, observed_at: datetime) -> TlsGroups:
    second = second_round(detail)
    hunt = second.old_groups
    return TlsGroups(
        observed_at=observed_at,
        in_tls13=detail.first.found_groups(),
        open_in_tls13=unsettled(_open_in_tls13(detail)),
        in_older=tuple(hunt.found) if hunt else (),
        open_in_older=unsettled(_open_in_older(detail)),
        has_explicit_curve=hunt is not None and hunt.has_explicit_curve,
        primes_apart=detail.first.is_thorough,
    )


def _open_in_tls13(detail: Detail) -> Unclear | None:
    if detail.first.groups is not None:
        return open_end((detail.first.groups,))
    if detail.first.accepted(V.TLS13):
        return Reason.TLS_FAILED, "TLS 1.3 is not taken without a key share, so its groups could not be asked for"
    return open_version(detail, V.TLS13)


def _open_in_older(detail: Detail) -> Unclear | None:
    second = second_round(detail)
    if second.newest_old is None:
        return open_version(detail, *OLD)
    if second.old_groups is None:
        return open_end(detail.first.hunts.get(second.newest_old, ()))
    return open_end((second.old_groups,))


def dh_primes(detail: Detail, observed_at: datetime) -> DhPrimes:
    hunts = [hunt for version in OLD for hunt in detail.first.hunts.get(version, ())]
    why = open_end(hunts) or open_version(detail, *OLD)
    if any(hunt.without_prime for hunt in hunts):
        why = why or (Reason.TRUNCATED, "a key exchange over a prime was picked, and its prime did not come")
    primes = tuple(map(_prime, dict.fromkeys(prime for hunt in hunts for prime in hunt.primes)))
    if not primes and not any(detail.first.accepted(version) for version in EVERY_VERSION):
        raise Unanswered(why or detail.trouble or NOT_ASKED)
    return DhPrimes(observed_at=observed_at, primes=primes, unsettled=unsettled(why))


@lru_cache(maxsize=64)
def _prime(prime: Prime) -> DhPrime:
    """Most servers show one of a few."""
    return DhPrime(p=f"{int.from_bytes(prime.p, 'big'):x}", g=f"{int.from_bytes(prime.g, 'big'):x}")
