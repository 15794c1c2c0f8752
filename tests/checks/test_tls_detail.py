"""The rules about suites, keys and options, and the derivations before them: from facts to verdicts, row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.check import Check
from auditor.facts.tls import Handshake, HandshakeEnd
from auditor.facts.tls_exchange import (
    TlsGroups,
)
from auditor.facts.tls_suites import SuitePreference, TlsSuites, Unsettled, VersionSuites
from tests.checks.tls_rows import BY_ID, CBC, GOOD, NOW, OPEN, V, outcome, suites
from tests.probes.tls_peer import numbers
from tests.probes.tls_verdicts import YIELDED

STATIC = "RSA_WITH_AES_128_GCM_SHA256"
SECRET = ("ECDHE_PSK_WITH_AES_128_GCM_SHA256", "PSK_WITH_AES_128_GCM_SHA256")  # for who shares one with the server
BAD = {
    "tls-null-suite": ["RSA_WITH_NULL_SHA256", "ECDHE_PSK_WITH_NULL_SHA", "ECDH_anon_WITH_NULL_SHA"],
    "tls-anonymous-suite": ["DH_anon_WITH_AES_128_GCM_SHA256", "ECDH_anon_WITH_AES_256_CBC_SHA"],
    "tls-export-suite": ["RSA_EXPORT_WITH_RC4_40_MD5", "RSA_WITH_DES_CBC_SHA", "RSA_EXPORT1024_WITH_RC4_56_SHA"],
    "tls-rc4-suite": ["ECDHE_RSA_WITH_RC4_128_SHA", "RSA_EXPORT_WITH_RC4_40_MD5"],
    "tls-3des-suite": ["ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_IDEA_CBC_SHA", "RSA_FIPS_WITH_3DES_EDE_CBC_SHA"],
    "tls-static-key-exchange": [STATIC, "ECDH_RSA_WITH_AES_128_GCM_SHA256", "PSK_WITH_AES_128_GCM_SHA256"],
    "tls-cbc-suite": [CBC, "ECDHE_ECDSA_WITH_AES_128_CCM_8"],
    "tls-dhe-suite": ["DHE_RSA_WITH_AES_128_GCM_SHA256"],
}
WANTED = {
    "tls-no-forward-secrecy": ([GOOD, CBC], [STATIC, "DH_anon_WITH_AES_128_GCM_SHA256", *SECRET]),
    "tls-no-aead": ([GOOD, STATIC, "ECDHE_ECDSA_WITH_AES_128_CCM"], [CBC, "ECDHE_ECDSA_WITH_AES_128_CCM_8", *SECRET]),
    "tls-rc4-only": ([CBC], ["RSA_WITH_RC4_128_SHA", *SECRET]),
}


@pytest.mark.parametrize(("check", "name"), [(check, name) for check, names in BAD.items() for name in names])
def test_one_such_suite_is_enough_and_what_is_unseen_beside_it_does_not_matter(check: str, name: str) -> None:
    assert outcome(check, suites(GOOD, name)) == "fail"
    assert outcome(check, suites(GOOD, name, unsettled=OPEN)) == "fail"


@pytest.mark.parametrize("check", BAD)
def test_no_such_suite_is_health_only_where_all_were_asked(check: str) -> None:
    assert outcome(check, suites(GOOD)) == "pass"
    assert outcome(check, suites(GOOD, unsettled=OPEN)) == "throttled"
    unseen = VersionSuites(version=V.TLS10, accepted=(), unsettled=OPEN)
    both = TlsSuites(observed_at=NOW, versions=(unseen, *suites(GOOD).versions))
    assert outcome(check, both) == "throttled"


@pytest.mark.parametrize("check", WANTED)
def test_one_good_suite_is_enough_and_none_is_a_fault_only_where_all_were_asked(check: str) -> None:
    there, absent = WANTED[check]
    for name in there:
        assert outcome(check, suites(name, unsettled=OPEN)) == "pass"
    assert outcome(check, suites(*absent)) == "fail"
    assert outcome(check, suites(*absent, unsettled=OPEN)) == "throttled"


@pytest.mark.parametrize("check", WANTED)
def test_one_good_suite_is_not_enough_where_servers_behind_one_port_differ(check: str) -> None:
    differing = Unsettled(reason="inconsistent", detail="two answers")
    for name in WANTED[check][0]:
        assert outcome(check, suites(name, unsettled=differing)) == "inconsistent"
    hybrid = TlsGroups(
        observed_at=NOW,
        in_tls13=(0x11EC,),
        open_in_tls13=differing,
        in_older=(),
        open_in_older=None,
        has_explicit_curve=False,
    )
    assert outcome("tls-no-post-quantum", hybrid) == "inconsistent"
    assert outcome("tls-no-post-quantum", replace(hybrid, open_in_tls13=OPEN)) == "pass"


def test_tls13_is_good_but_for_its_suites_that_only_sign() -> None:
    modern = suites("AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256", version=V.TLS13)
    assert {outcome(check, modern) for check in (*BAD, *WANTED)} == {"pass"}
    assert outcome("tls-null-suite", suites("SHA256_SHA256", version=V.TLS13)) == "fail"
    assert outcome("tls-cbc-suite", suites("AES_128_CCM_8_SHA256", version=V.TLS13)) == "fail"


def test_the_evidence_of_a_suite_tells_of_the_handshake_with_it_first() -> None:
    number = numbers("RSA_WITH_NULL_SHA256")[0]
    tried = Handshake(version=V.TLS12, suite=number, end=HandshakeEnd.COMPLETED)
    seen = replace(suites(GOOD, "RSA_WITH_NULL_MD5", "RSA_WITH_NULL_SHA256"), handshakes=(tried,))
    rule: Check[Any] = BY_ID["tls-null-suite"]
    rows = rule.judge(YIELDED[rule.reads].derive(seen)).evidence
    assert [row.seen for row in rows] == [
        "accepted TLS_RSA_WITH_NULL_SHA256; and a handshake was completed",
        "accepted TLS_RSA_WITH_NULL_MD5",
    ]


def test_a_long_list_is_cut_in_the_evidence_and_says_so() -> None:
    names = [f"DHE_RSA_WITH_{cipher}_{bits}_CBC_SHA256" for cipher in ("AES", "CAMELLIA") for bits in (128, 256)]
    versions = tuple(
        VersionSuites(version=version, accepted=numbers(*names, CBC), unsettled=None)
        for version in (V.TLS10, V.TLS11, V.TLS12)
    )
    seen = TlsSuites(observed_at=NOW, versions=versions)
    rule: Check[Any] = BY_ID["tls-cbc-suite"]
    rows = rule.judge(YIELDED[rule.reads].derive(seen)).evidence
    assert len(rows) == 13
    assert rows[-1].seen.startswith("3 more")
    assert "TLS 1.0" in rows[0].looked_at


@pytest.mark.parametrize(
    ("offered", "picked", "again", "expected"),
    [
        ((), 0, 0, "pass"),
        ((CBC, GOOD), GOOD, 0, "pass"),
        ((CBC, GOOD), CBC, GOOD, "pass"),
        ((CBC, GOOD), CBC, CBC, "fail"),
    ],
)
def test_a_weak_suite_that_wins(offered: tuple[str, ...], picked: str, again: str, expected: str) -> None:
    one, other = (numbers(name)[0] if name else 0 for name in (picked, again))
    facts = SuitePreference(observed_at=NOW, offered=numbers(*offered), picked=one, picked_again=other)
    assert outcome("tls-weak-suite-preferred", facts) == expected
