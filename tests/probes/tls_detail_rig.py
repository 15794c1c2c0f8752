"""Servers and faults for tests of the second conversation, and what is asked of what it found."""

from __future__ import annotations

from typing import TypeVar

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Reason
from auditor.probes.flight import Prime
from auditor.probes.server_hello import Alert, Answer, Silence
from tests.probes.tls_peer import ECDHE, SAFE_2048, THREE, Held, Peer, numbers
from tests.probes.tls_verdicts import outcomes

V = TlsVersion

F = TypeVar("F", bound=Facts)

CBC = numbers("ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")

MODERN = Peer(suites={V.TLS12: ECDHE, V.TLS13: THREE}, groups_13=(0x11EC, 29, 23, 24))

DHE = numbers("DHE_RSA_WITH_AES_128_GCM_SHA256")

WEAK = Peer(
    suites={
        V.TLS10: (*CBC, *numbers("RSA_WITH_RC4_128_SHA", "RSA_EXPORT_WITH_RC4_40_MD5")),
        V.TLS11: CBC,
        V.TLS12: (*CBC, *DHE, *numbers("DH_anon_WITH_AES_128_CBC_SHA", "RSA_WITH_NULL_SHA256", "RSA_WITH_DES_CBC_SHA")),
    },
    groups=(23, 21, 19),
    prime=Prime(b"\x81" + bytes(94) + b"\x01", b"\x02"),
    signatures=(0x0401, 0x0201),
    extensions={},
    compression=1,
    knows_fallback=False,
)

TIMEOUT = Silence(Reason.TIMEOUT, "t")


def facts(held: Held, kind: type[F]) -> F:
    found = held.facts[kind]
    assert isinstance(found, kind), found
    return found


def accepted(held: Held) -> dict[TlsVersion, set[int]]:
    return {row.version: set(row.accepted) for row in facts(held, TlsSuites).versions}


def never_better(held: Held, truth: dict[str, str]) -> None:
    """No outcome is health where the truth is not, and none is a fault where there is none."""
    for check, outcome in outcomes(held.facts).items():
        if outcome in ("pass", "not_applicable"):
            assert truth[check] in ("pass", "not_applicable"), check
        if outcome == "fail":
            assert truth[check] == "fail", check


FAULTS: dict[str, Answer] = {
    "silence": TIMEOUT,
    "close": Silence(Reason.CLOSED, "c"),
    "reset": Silence(Reason.RESET, "r"),
    "no connection": Silence(Reason.REFUSED, "no", dialled=False),
    "handshake_failure": Alert(40),
    "protocol_version": Alert(70),
    "internal_error": Alert(80),
    "garbage": Silence(Reason.NOT_TLS, "x"),
    "our budget": Silence(Reason.BUDGET, "spent", dialled=False),
}

# What a server in trouble cannot be blamed for where it says so in words that fit: see `tolerance`.
PEERS = {"modern": MODERN, "weak": WEAK, "one version": Peer(suites={V.TLS12: (*DHE, *CBC)}, prime=SAFE_2048)}

CHOKES: dict[str, Answer] = {
    "silence": TIMEOUT,
    "close": Silence(Reason.CLOSED, "c"),
    "reset": Silence(Reason.RESET, "r"),
    "decode_error": Alert(50),
    "internal_error": Alert(80),
}
