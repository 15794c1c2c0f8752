"""Facts about signatures, options, fallback and tolerance. Each function raises Unanswered where there are none."""

from __future__ import annotations

import hashlib
from datetime import datetime

from auditor.facts.base import target_text
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import (
    FallbackAnswer,
    HandshakeSignature,
    LongHellos,
    OldHash,
    OldHello,
    SizedHello,
    TlsFallback,
    TlsOptions,
    TlsTolerance,
)
from auditor.model import Reason
from auditor.probes.detail_answers import (
    OLD,
    Unanswered,
    answered,
    declined,
    open_end,
    open_version,
    second_round,
)
from auditor.probes.handshake_logs import handshake_logs
from auditor.probes.server_hello import ServerHello
from auditor.probes.tls_detail import Detail
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL
from auditor.probes.tls_plan import OLD_SIGNATURES, SHA224
from auditor.probes.tls_topics import Single

V = TlsVersion
EMS, TICKET, ALPN, SCTS, RENEGOTIATION = 23, 35, 16, 18, 0xFF01
SCHEMES = {
    0x0101: "MD5 with RSA",
    0x0201: "SHA-1 with RSA",
    0x0202: "SHA-1 with DSA",
    0x0203: "SHA-1 with ECDSA",
    0x0301: "SHA-224 with RSA",
    0x0302: "SHA-224 with DSA",
    0x0303: "SHA-224 with ECDSA",
    0x0401: "SHA-256 with RSA",
    0x0403: "SHA-256 with ECDSA",
}
INAPPROPRIATE_FALLBACK = "alert 86"


def handshake_signature(detail: Detail, observed_at: datetime) -> HandshakeSignature:
    topic = second_round(detail).signature
    if topic is None:
        why = open_version(detail, V.TLS12) or open_end(detail.first.hunts.get(V.TLS12, ()))
        if why:
            raise Unanswered(why)
        return HandshakeSignature(observed_at=observed_at, old_hash=OldHash.NOT_ASKED, answer="")
    old_hash, answer = _signed_with(topic, OLD_SIGNATURES)
    sha224, sha224_answer = _sha224(second_round(detail).sha224)
    return HandshakeSignature(
        observed_at=observed_at, old_hash=old_hash, answer=answer, sha224=sha224, sha224_answer=sha224_answer
    )


def _signed_with(topic: Single, asked: tuple[int, ...]) -> tuple[OldHash, str]:
    """Does it sign with one of these alone? Raises Unanswered."""
    if topic.hello is None:
        return OldHash.REFUSED, declined(topic)
    number = topic.hello.flight.signature
    if number is None:
        raise Unanswered((Reason.TRUNCATED, "the signature of the key exchange did not come"))
    return OldHash.SIGNED if number in asked else OldHash.REFUSED, _scheme(number)


def _scheme(number: int) -> str:
    """RFC 8446 4.2.3; MD5 and DSA, which it leaves out, by RFC 5246 7.4.1.4.1."""
    name = SCHEMES.get(number)
    return f"a signature of {name} ({number:#06x})" if name else f"a signature of scheme {number:#06x}"


def _sha224(topic: Single | None) -> tuple[OldHash | None, str]:
    """Beside the answer about older hashes, which stands without it."""
    try:
        return _signed_with(topic, SHA224) if topic else (None, "")
    except Unanswered as unanswered:
        return None, unanswered.why[1]


def tls_options(detail: Detail, observed_at: datetime) -> TlsOptions:
    second = second_round(detail)
    if second.newest_old is None or second.options is None:
        why = open_version(detail, *OLD)
        if why:
            raise Unanswered(why)
        return TlsOptions(observed_at=observed_at, hello=None)
    hello = _old_hello(second.newest_old, answered(second.options), observed_at)
    return TlsOptions(observed_at=observed_at, hello=hello)


def tls_fallback(detail: Detail, observed_at: datetime) -> TlsFallback:
    topic = second_round(detail).fallback
    if topic is None:
        why = open_version(detail, *OLD)
        if why:
            raise Unanswered(why)
        return TlsFallback(observed_at=observed_at, answer=FallbackAnswer.NOT_ASKED)
    if topic.hello is not None:
        return TlsFallback(observed_at=observed_at, answer=FallbackAnswer.ALLOWED)
    said = declined(topic)
    if not said.startswith((INAPPROPRIATE_FALLBACK, CLOSED_AS_A_REFUSAL)):
        raise Unanswered((Reason.TLS_FAILED, f"a hello that signals a fallback got {said}"))
    return TlsFallback(observed_at=observed_at, answer=FallbackAnswer.STOPPED, said=said)


def tls_tolerance(detail: Detail, observed_at: datetime) -> TlsTolerance:
    topic = second_round(detail).tolerance
    if detail.first.groups is not None and detail.first.groups.is_tolerant:
        return TlsTolerance(observed_at=observed_at, is_tolerant=True, answer="a ServerHello")
    if topic is None:
        raise Unanswered((Reason.TLS_FAILED, "no version with extensions is accepted"))
    if topic.hello is not None:
        return TlsTolerance(observed_at=observed_at, is_tolerant=True, answer="a ServerHello")
    return TlsTolerance(observed_at=observed_at, is_tolerant=False, answer=declined(topic))


def long_hellos(detail: Detail, observed_at: datetime) -> LongHellos:
    return LongHellos(observed_at=observed_at, hellos=tuple(map(_sized, second_round(detail).sized)))


def _sized(topic: Single) -> SizedHello:
    """Raises Unanswered: silence is no answer to a long hello, either."""
    is_answered = topic.hello is not None
    answer = "a ServerHello" if is_answered else declined(topic)
    return SizedHello(size=topic.offer.size, is_answered=is_answered, answer=answer)


def _old_hello(version: TlsVersion, hello: ServerHello, observed_at: datetime) -> OldHello:
    """What was agreed to, from the extensions of one ServerHello and the flight after it."""
    if not hello.flight.is_whole:
        raise Unanswered(
            (Reason.TRUNCATED, f"the {version.label} ServerHello came, and the rest of its flight did not")
        )
    protocol = hello.extensions.get(ALPN, b"")[3:]  # after the lengths of a list and of its one name
    scts, flight = hello.extensions.get(SCTS, b""), hello.flight
    return OldHello(
        version=version,
        has_extended_master_secret=EMS in hello.extensions,
        has_secure_renegotiation=RENEGOTIATION in hello.extensions,
        compression=hello.compression,
        has_tickets=TICKET in hello.extensions,
        protocol=target_text(protocol),
        has_staple=bool(flight.staple),
        has_scts=bool(scts),
        wants_client_certificate=flight.wants_client_certificate,
        leaf=_leaf(hello),
        chain_length=len(flight.certificates),
        logs=handshake_logs(scts, flight.staple, b"".join(flight.certificates[:1]), observed_at),
    )


def _leaf(hello: ServerHello) -> str:
    chain = hello.flight.certificates
    return hashlib.sha256(chain[0]).hexdigest() if chain else ""
