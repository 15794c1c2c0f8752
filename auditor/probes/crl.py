"""Reads certificate revocation lists (RFC 5280 section 5). Knows no network; whole and direct lists alone count."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

from auditor.errors import Unreachable
from auditor.facts.revocation import RevocationAnswer, RevocationSource, RevocationState
from auditor.model import Reason
from auditor.probes.certificate import BROKEN, parse_certificate
from auditor.quiet import quietly

CLOCK_SKEW = timedelta(minutes=5)
PEM = b"-----BEGIN X509 CRL-----"
LISTS_KEPT = 4  # lists that were read, in memory; some hold megabytes


def crl_url(certificate: x509.Certificate) -> str:
    """The first http address of a list that a certificate names (section 4.2.1.13); "" for none.

    Raises Unreachable(NOT_IMPLEMENTED) where a certificate leaves its list to another issuer, or splits it by reasons.
    """
    try:
        with quietly():
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *BROKEN):
        return ""
    whole = [point for point in points if point.crl_issuer is None and point.reasons is None]
    if points and not whole:
        raise Unreachable(Reason.NOT_IMPLEMENTED, "a revocation list of another issuer, or of some reasons only")
    urls = (
        str(name.value)
        for point in whole
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )
    return next((url for url in urls if url.lower().startswith("http://")), "")


def names_a_list(certificate: x509.Certificate) -> bool:
    """Does it name any list, at whatever kind of address (authorities of Windows domains: ldap)?

    Raises Unreachable(MALFORMED) where that cannot be read.
    """
    try:
        with quietly():
            certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return False
    except BROKEN as error:
        raise Unreachable(Reason.MALFORMED, "where the certificate says that its revocation list lies") from error
    return True


def parse_crl(
    content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, *, now: datetime, url: str
) -> RevocationAnswer:
    """What a list says of `certificate`.

    Raises Unreachable: MALFORMED (no list, of another issuer, wrongly signed), NOT_IMPLEMENTED (delta, indirect or
    partial lists: what they do not name may stand elsewhere), GONE (out of date).
    """
    try:
        with quietly():
            return _read(content, certificate, issuer, now, url)
    except (TypeError, InvalidSignature, *BROKEN) as error:
        raise Unreachable(Reason.MALFORMED, "the revocation list") from error


def _read(
    content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, url: str
) -> RevocationAnswer:
    found = _signed(content, issuer)
    if found.issuer != certificate.issuer:
        raise Unreachable(Reason.MALFORMED, "the revocation list is of another issuer")
    _require_whole(found, certificate)
    _require_current(found, now)
    entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return RevocationAnswer(
        subject=parse_certificate(certificate).subject,
        serial=f"{certificate.serial_number:x}",
        source=RevocationSource.CRL,
        url=url,
        state=RevocationState.GOOD if entry is None else RevocationState.REVOKED,
        revoked_at=None if entry is None else entry.revocation_date_utc,
        why="" if entry is None else _word(entry),
        said_at=found.last_update_utc,
        next_update=found.next_update_utc,
    )


@functools.lru_cache(maxsize=LISTS_KEPT)
def _signed(content: bytes, issuer: x509.Certificate) -> x509.CertificateRevocationList:
    """A list whose signature fits. The same one is asked about many certificates in a row, and may be long."""
    is_pem = content[: len(PEM)] == PEM
    found = x509.load_pem_x509_crl(content) if is_pem else x509.load_der_x509_crl(content)
    if not found.is_signature_valid(_key(issuer)):
        raise Unreachable(Reason.MALFORMED, "the revocation list is not signed by the issuer")
    return found


def _key(issuer: x509.Certificate) -> CertificateIssuerPublicKeyTypes:
    """`is_signature_valid` raises TypeError for a key that signs nothing."""
    return cast("CertificateIssuerPublicKeyTypes", issuer.public_key())


def _require_whole(found: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    """A list may cover a shard of the issuer's certificates (section 5.2.5): the one that the certificate names."""
    extensions = found.extensions
    if any(one.critical and isinstance(one.value, x509.UnrecognizedExtension) for one in extensions):
        raise Unreachable(Reason.NOT_IMPLEMENTED, "a revocation list with a critical extension that we do not know")
    if _has(extensions, x509.DeltaCRLIndicator):
        raise Unreachable(Reason.NOT_IMPLEMENTED, "a delta revocation list")
    try:
        shard = extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return
    if shard.indirect_crl or shard.only_some_reasons or shard.only_contains_attribute_certs:
        raise Unreachable(Reason.NOT_IMPLEMENTED, "an indirect or partial revocation list")
    if shard.relative_name is not None:
        raise Unreachable(Reason.NOT_IMPLEMENTED, "a revocation list of a distribution point without an address")
    if shard.only_contains_ca_certs and not _is_authority(certificate):
        raise Unreachable(Reason.MALFORMED, "the revocation list is of authorities alone")
    if shard.only_contains_user_certs and _is_authority(certificate):
        raise Unreachable(Reason.MALFORMED, "the revocation list is of end entities alone")
    if shard.full_name and not set(shard.full_name) & set(_points(certificate)):
        raise Unreachable(Reason.MALFORMED, "the revocation list is of another distribution point")


def _points(certificate: x509.Certificate) -> list[x509.GeneralName]:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return [name for point in points for name in point.full_name or ()]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _has(extensions: x509.Extensions, kind: type[x509.DeltaCRLIndicator]) -> bool:
    try:
        extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return False
    return True


def _require_current(found: x509.CertificateRevocationList, now: datetime) -> None:
    end = found.next_update_utc
    if end is None:
        raise Unreachable(Reason.MALFORMED, "the revocation list names no next update")
    if now > end + CLOCK_SKEW:
        raise Unreachable(Reason.GONE, f"a current revocation list (it ended {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC)")
    if now < found.last_update_utc - CLOCK_SKEW:
        raise Unreachable(Reason.MALFORMED, "the revocation list is of a time to come")


def _word(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
    except x509.ExtensionNotFound:
        return ""
