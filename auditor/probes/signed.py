"""Who signed an OCSP answer? Knows no status."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.ocsp import OCSPResponse
from cryptography.x509.oid import ExtendedKeyUsageOID

from auditor.probes.certificate import BROKEN, is_issued_by

SIGNERS_READ = 3  # certificates in an answer that are looked at
CLOCK_SKEW = timedelta(minutes=5)


def is_signed_for(answer: OCSPResponse, issuer: x509.Certificate, now: datetime) -> bool:
    """Did the issuer sign it, or one whom the issuer named for it, and still does (RFC 6960 section 4.2.2.2)?"""
    try:
        responders = [one for one in answer.certificates[:SIGNERS_READ] if _is_responder(one, issuer, now)]
        return any(_verifies(answer, one) for one in (issuer, *responders))
    except BROKEN:
        return False


def _is_responder(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    # The clock moves, not the dates: those may stand at the ends of the calendar.
    is_in_time = (
        certificate.not_valid_before_utc <= now + CLOCK_SKEW and now - CLOCK_SKEW <= certificate.not_valid_after_utc
    )
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages and is_in_time and is_issued_by(certificate, issuer)


def _verifies(answer: OCSPResponse, signer: x509.Certificate) -> bool:
    key, hashed = signer.public_key(), answer.signature_hash_algorithm
    signature, signed = answer.signature, answer.tbs_response_bytes
    try:
        if isinstance(key, rsa.RSAPublicKey) and hashed:
            key.verify(signature, signed, padding.PKCS1v15(), hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and hashed:
            key.verify(signature, signed, ec.ECDSA(hashed))
        elif isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(signature, signed)
        else:
            return False
    except InvalidSignature:
        return False
    return True
