"""Certificates with extensions that the rig's authority does not issue, and what an authority says of them later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from auditor.rig.authority import Authority, Issued, Key, ec_key

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SHA256 = hashes.SHA256()


def crl_point(
    url: str, *, reasons: frozenset[x509.ReasonFlags] | None = None, issuer: list[x509.GeneralName] | None = None
) -> x509.CRLDistributionPoints:
    names = [x509.UniformResourceIdentifier(url)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, reasons, issuer)])


def responder(url: str) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])


MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])


def leaf(
    authority: Authority,
    name: str,
    *extensions: x509.ExtensionType,
    key: Key | None = None,
    days: int = 90,
    until: datetime | None = None,
) -> Issued:
    """A server's certificate with further extensions. `until`: its end, instead of so many days from now."""
    key = key or ec_key()
    above = () if authority.is_root else (authority.issued.certificate, *authority.issued.chain)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(authority.issued.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(until or NOW + days * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=False)
    return Issued(certificate=made.sign(authority.issued.key, SHA256), key=key, chain=above)


def crl(
    authority: Authority,
    *revoked: x509.Certificate,
    key: Key | None = None,
    updated: datetime = NOW - DAY,
    until: datetime = NOW + DAY,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    more: int = 0,
) -> bytes:
    """A revocation list in DER. `more`: further entries of other certificates."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.issued.certificate.subject)
        .last_update(updated)
        .next_update(until)
    )
    for serial in (*(one.serial_number for one in revoked), *range(1, more + 1)):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(updated)
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        made = made.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        made = made.add_extension(extension, critical=critical)
    return made.sign(key or authority.issued.key, SHA256).public_bytes(Encoding.DER)


def shard(url: str, **changes: bool) -> x509.IssuingDistributionPoint:
    """An issuing distribution point (RFC 5280 section 5.2.5)."""
    flags = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_some_reasons=None,
        **(flags | changes),
    )


def shard_of_a_name() -> x509.IssuingDistributionPoint:
    """One that is told by a name below its issuer's, and by no address."""
    return x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "CRL7")]),
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def ocsp_answer(
    authority: Authority,
    certificate: x509.Certificate,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    signer: Issued | None = None,
    said: datetime = NOW - timedelta(hours=1),
    until: datetime | None = NOW + DAY,
) -> bytes:
    """A responder's answer in DER. `signer`: a responder of its own; None: the authority itself."""
    is_revoked = status is ocsp.OCSPCertStatus.REVOKED
    by = signer or authority.issued
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.issued.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=said,
        next_update=until,
        revocation_time=said if is_revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if is_revoked else None,
    )
    made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    if signer:
        made = made.certificates([signer.certificate])
    return made.sign(by.key, SHA256).public_bytes(Encoding.DER)


def ocsp_signer(authority: Authority, *, is_named: bool = True, until: datetime | None = None) -> Issued:
    """A responder that the authority named for it, or a certificate that it issued for something else."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if is_named else ExtendedKeyUsageOID.SERVER_AUTH
    return leaf(authority, "ocsp.rig.example", x509.ExtendedKeyUsage([usage]), until=until)
