"""Asks and reads OCSP (RFC 6960). Knows no network; an answer counts only if it is signed, current and of this one."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from auditor.errors import Unreachable
from auditor.facts.revocation import RevocationAnswer, RevocationSource, RevocationState
from auditor.model import Reason
from auditor.probes.certificate import BROKEN, parse_certificate
from auditor.probes.signed import is_signed_for
from auditor.quiet import quietly

CLOCK_SKEW = timedelta(minutes=5)
OLDEST_WITHOUT_END = timedelta(days=10)  # an answer that names no next update (CA/B BR 4.9.10: at most ten days)
ANSWERS_READ = 20
STATES = {
    ocsp.OCSPCertStatus.GOOD: RevocationState.GOOD,
    ocsp.OCSPCertStatus.REVOKED: RevocationState.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: RevocationState.UNKNOWN_THERE,
}


def ocsp_url(certificate: x509.Certificate) -> str:
    """The first http address of a responder that a certificate names; "" for none."""
    return next((url for url in responders(certificate) if url.lower().startswith("http://")), "")


def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The addresses of all that it names, whatever their scheme (RFC 5280 section 4.2.2.1)."""
    try:
        with quietly():
            places = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *BROKEN):
        return ()
    return tuple(
        str(place.access_location.value)
        for place in places
        if place.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(place.access_location, x509.UniformResourceIdentifier)
    )


def ocsp_question(url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> str:
    """The URL of a GET (RFC 6960 appendix A.1). SHA-1 names the issuer there, as RFC 5019 section 2.1.1 asks."""
    try:
        with quietly():
            request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1()).build()  # noqa: S303
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "the certificate") from error
    asked = quote(b64encode(request.public_bytes(Encoding.DER)).decode("ascii"), safe="")
    return f"{url.rstrip('/')}/{asked}"


def parse_ocsp(
    content: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    now: datetime,
    source: RevocationSource,
    url: str = "",
) -> RevocationAnswer:
    """What a responder says of `certificate`.

    Raises Unreachable: MALFORMED (no OCSP, not signed for this issuer, says nothing of this certificate), ACCESS_DENIED
    (the responder refuses), GONE (out of date).
    """
    try:
        with quietly():
            said = _about(_signed(content, issuer, now), certificate)
            _require_current(said, now)
            return _in_short(said, certificate, source, url)
    except (TypeError, *BROKEN) as error:
        raise Unreachable(Reason.MALFORMED, "the OCSP answer") from error


def _signed(content: bytes, issuer: x509.Certificate, now: datetime) -> ocsp.OCSPResponse:
    answer = ocsp.load_der_ocsp_response(content)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise Unreachable(Reason.ACCESS_DENIED, f"the OCSP responder said {answer.response_status.name.lower()}")
    if not is_signed_for(answer, issuer, now):
        raise Unreachable(Reason.MALFORMED, "the OCSP answer is not signed for the issuer")
    return answer


def _in_short(
    said: ocsp.OCSPSingleResponse, certificate: x509.Certificate, source: RevocationSource, url: str
) -> RevocationAnswer:
    return RevocationAnswer(
        subject=parse_certificate(certificate).subject,
        serial=f"{certificate.serial_number:x}",
        source=source,
        url=url,
        state=STATES[said.certificate_status],
        revoked_at=said.revocation_time_utc,
        why=_word(said.revocation_reason),
        said_at=said.this_update_utc,
        next_update=said.next_update_utc,
    )


def _about(answer: ocsp.OCSPResponse, certificate: x509.Certificate) -> ocsp.OCSPSingleResponse:
    """The signature has shown the issuer, so the serial number alone picks the certificate out."""
    for number, said in enumerate(answer.responses):
        if number == ANSWERS_READ:
            break
        if said.serial_number == certificate.serial_number:
            return said
    raise Unreachable(Reason.MALFORMED, "the OCSP answer is about other certificates")


def _require_current(said: ocsp.OCSPSingleResponse, now: datetime) -> None:
    end = said.next_update_utc or said.this_update_utc + OLDEST_WITHOUT_END
    if now > end + CLOCK_SKEW:
        raise Unreachable(Reason.GONE, f"a current OCSP answer (it ended {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC)")
    if now < said.this_update_utc - CLOCK_SKEW:
        raise Unreachable(Reason.MALFORMED, "the OCSP answer is of a time to come")


def _word(reason: x509.ReasonFlags | None) -> str:
    return reason.name if reason else ""
