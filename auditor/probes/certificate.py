"""Reads certificates into facts. Must not know where they came from, nor what is wanted of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from OpenSSL import crypto

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.certificates import UNKNOWN_HASH, Certificate
from auditor.model import Reason
from auditor.probes.public_key import parse_key
from auditor.quiet import quietly
from auditor.records import dataclass

UNREADABLE = "(unreadable)"
REMEMBERED = 64  # certificates: hosts of a city show the same few issuers, and each host its leaf several times a night
SERVER_USAGES = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
# What cryptography and pyOpenSSL raise for certificates that break the rules of DER or of X.509.
OLD_HASHES = {"1.2.840.113549.1.1.2": "md2", "1.2.840.113549.1.1.3": "md4"}  # with RSA (RFC 3279, RFC 2313)
BROKEN = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    crypto.Error,
)


@dataclass(frozen=True, slots=True)
class Names:
    """What a certificate is good for (subjectAltName)."""

    dns: tuple[str, ...]
    addresses: tuple[str, ...]


@lru_cache(maxsize=REMEMBERED)
def load(der: bytes) -> x509.Certificate:
    """Raises Unreachable(MALFORMED) for bytes that are no certificate to cryptography or to OpenSSL: both use it."""
    try:
        with quietly():
            return crypto.X509.from_cryptography(x509.load_der_x509_certificate(der)).to_cryptography()
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "the certificate") from error


def load_any(data: bytes) -> x509.Certificate:
    """A certificate in DER or PEM. Raises Unreachable(MALFORMED)."""
    if not data.lstrip().startswith(b"-----BEGIN"):
        return load(data)
    try:
        with quietly():
            der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "the certificate") from error
    return load(der)


@lru_cache(maxsize=REMEMBERED)
def parse_certificate(certificate: x509.Certificate) -> Certificate:
    """One certificate in short. Texts are cut and harmless to keep; raises Unreachable(MALFORMED) for broken ones."""
    try:
        with quietly():
            return _in_short(certificate)
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "the certificate") from error


def parse_names(certificate: x509.Certificate) -> Names:
    """Every DNS name and address of the subjectAltName, in order. Raises Unreachable(MALFORMED)."""
    try:
        with quietly():
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names((), ())
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "the certificate's names") from error
    return Names(
        tuple(target_text(name) for name in names.get_values_for_type(x509.DNSName)),
        tuple(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    )


def parse_issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the issuer's certificate can be had (RFC 5280 section 4.2.2.1), whatever the scheme."""
    try:
        with quietly():
            places = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *BROKEN):
        return ()
    return tuple(
        place.access_location.value
        for place in places
        if place.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(place.access_location, x509.UniformResourceIdentifier)
    )


@lru_cache(maxsize=REMEMBERED)
def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Does the issuer's name fit, and its key the signature? An algorithm that we lack leaves it to the name."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    except UnsupportedAlgorithm:
        return _text(lambda: certificate.issuer) == _text(lambda: issuer.subject)
    return True


def _in_short(certificate: x509.Certificate) -> Certificate:
    key = parse_key(certificate)
    return Certificate(
        subject=_text(lambda: certificate.subject),
        issuer=_text(lambda: certificate.issuer),
        serial=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_kind=key.kind,
        key_bits=key.bits,
        signature_hash=_signature_hash(certificate),
        is_self_signed=is_issued_by(certificate, certificate),
        for_servers=_is_for_servers(certificate),
        curve=key.curve,
    )


def _text(name: Callable[[], x509.Name]) -> str:
    """A name as text; a name that breaks its own encoding is no reason to know nothing of the certificate."""
    try:
        with quietly():
            return target_text(name().rfc4514_string())
    except BROKEN:
        return UNREADABLE


def _signature_hash(certificate: x509.Certificate) -> str:
    """What the library knows, and the hashes that it knows no more."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except BROKEN:
        return OLD_HASHES.get(certificate.signature_algorithm_oid.dotted_string, UNKNOWN_HASH)
    return algorithm.name if algorithm else ""


def _is_for_servers(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return any(usage in SERVER_USAGES for usage in usages)
