"""Turns what the second conversation found into facts of each type, or into the reason why there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from auditor.facts.base import Facts
from auditor.facts.tls_exchange import (
    DhPrimes,
    HandshakeSignature,
    LongHellos,
    TlsFallback,
    TlsGroups,
    TlsOptions,
    TlsTolerance,
)
from auditor.facts.tls_suites import SuitePreference, TlsSuites
from auditor.probes.detail_answers import Unanswered
from auditor.probes.detail_options import handshake_signature, long_hellos, tls_fallback, tls_options, tls_tolerance
from auditor.probes.detail_suites import dh_primes, suite_preference, tls_groups, tls_suites
from auditor.probes.tls_detail import Detail
from auditor.probes.tls_topics import Unclear

MAKERS: Mapping[type[Facts], Callable[[Detail, datetime], Facts]] = {
    TlsSuites: tls_suites,
    SuitePreference: suite_preference,
    TlsGroups: tls_groups,
    DhPrimes: dh_primes,
    HandshakeSignature: handshake_signature,
    TlsOptions: tls_options,
    TlsFallback: tls_fallback,
    TlsTolerance: tls_tolerance,
    LongHellos: long_hellos,
}


# Each of them says by itself what is open in it; all others are made out of one answer.
LISTS = frozenset({TlsSuites, TlsGroups, DhPrimes})


def detail_facts(detail: Detail, observed_at: datetime) -> dict[type[Facts], Facts | Unclear]:
    """One entry for each type of `MAKERS`. Of an address with two servers no single answer is made into facts."""
    found: dict[type[Facts], Facts | Unclear] = {}
    for kind, make in MAKERS.items():
        if detail.inconsistent and kind not in LISTS:
            found[kind] = detail.inconsistent
            continue
        try:
            found[kind] = make(detail, observed_at)
        except Unanswered as unanswered:
            found[kind] = unanswered.why
    return found
