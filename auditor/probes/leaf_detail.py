"""Reads what a leaf says besides names and dates: its key, its SCTs, its promises. Must not know what is wanted."""

from __future__ import annotations

from datetime import UTC

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.certificate_transparency import SignedCertificateTimestamp
from cryptography.x509.oid import NameOID

from auditor.facts.base import target_text
from auditor.facts.certificates import KeyUsage, LeafDetail, Sct, Vetting
from auditor.probes.certificate import BROKEN
from auditor.probes.handshake_logs import SCTS_KEPT
from auditor.probes.public_key import key_sha256
from auditor.quiet import quietly

MODULUS_BITS = 16_384  # OpenSSL takes no longer one in a handshake; of those the length alone is kept
STATUS_REQUEST = x509.TLSFeatureType.status_request
VETTINGS = {
    "2.23.140.1.1": Vetting.EXTENDED,
    "2.23.140.1.2.1": Vetting.DOMAIN,
    "2.23.140.1.2.2": Vetting.ORGANIZATION,
    "2.23.140.1.2.3": Vetting.INDIVIDUAL,
}


def parse_leaf_detail(certificate: x509.Certificate) -> LeafDetail:
    """Never raises: what breaks its own encoding is left empty, and what is there all the same is kept."""
    with quietly():
        modulus, exponent = _numbers(certificate)
        return LeafDetail(
            spki_sha256=key_sha256(certificate),
            modulus=modulus,
            exponent=exponent,
            issuer_organization=_organization(certificate),
            scts=_scts(certificate),
            must_staple=_must_staple(certificate),
            usages=_usages(certificate),
            is_authority=_is_authority(certificate),
            vetting=_vetting(certificate),
        )


def _numbers(certificate: x509.Certificate) -> tuple[str, str]:
    """Modulus and exponent of an RSA key; "" and "" for another, or one that is too long."""
    try:
        key = certificate.public_key()
    except BROKEN:
        return "", ""
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size > MODULUS_BITS:
        return "", ""
    numbers = key.public_numbers()
    return f"{numbers.n:x}", f"{numbers.e:x}"


def _vetting(certificate: x509.Certificate) -> Vetting | None:
    """The first policy that says so."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        return next(filter(None, (VETTINGS.get(one.policy_identifier.dotted_string) for one in policies)), None)
    except (x509.ExtensionNotFound, *BROKEN):
        return None


def _organization(certificate: x509.Certificate) -> str:
    try:
        found = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    except BROKEN:
        return ""
    return target_text(found[0].value) if found else ""


def _scts(certificate: x509.Certificate) -> tuple[Sct, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
        return tuple(map(_sct, list(found)[:SCTS_KEPT]))
    except (x509.ExtensionNotFound, OverflowError, *BROKEN):
        return ()


def _sct(sct: SignedCertificateTimestamp) -> Sct:
    return Sct(log=sct.log_id.hex(), at=sct.timestamp.replace(tzinfo=UTC))


def _must_staple(certificate: x509.Certificate) -> bool:
    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except (x509.ExtensionNotFound, *BROKEN):
        return False
    return STATUS_REQUEST in features


def _usages(certificate: x509.Certificate) -> tuple[KeyUsage, ...]:
    """A certificate that names none allows all (RFC 5280 section 4.2.1.3)."""
    try:
        named = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, *BROKEN):
        return tuple(KeyUsage)
    return tuple(usage for usage in KeyUsage if getattr(named, usage))


def _is_authority(certificate: x509.Certificate) -> bool | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except BROKEN:
        return None
