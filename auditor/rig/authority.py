"""Makes certificates of every kind, good and bad, for the rig and the tests. Must not know who listens with them."""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)
SERVERS = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENTS = (ExtendedKeyUsageOID.CLIENT_AUTH,)


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """A P-256 key, unless told otherwise: quick to make."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """`bits`: 1024 at least. Smaller ones are not made by any library of today; the tests hold one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate, its key, and the issuers that a well-behaved server sends with it (without the root)."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def sent(self) -> tuple[bytes, ...]:
        """What a server sends, leaf first, DER."""
        return tuple(one.public_bytes(serialization.Encoding.DER) for one in (self.certificate, *self.chain))

    def without_chain(self) -> Issued:
        return Issued(certificate=self.certificate, key=self.key)

    def with_chain(self, *chain: x509.Certificate) -> Issued:
        return Issued(certificate=self.certificate, key=self.key, chain=chain)

    def write(self, path: Path) -> Path:
        """Key, certificate and chain in one PEM file, as `ssl` and nginx read it."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)
        path.touch(mode=0o600)
        path.write_bytes(key + self.pem + chain)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A root or an intermediate that issues. `issued.chain` holds the intermediates between it and the root."""

    issued: Issued
    is_root: bool

    @classmethod
    def root(
        cls, name: str = "Rig Root", *, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> Authority:
        key = ec_key()
        made = _builder(_name(name), _name(name), key.public_key(), not_before, not_after)
        certificate = _as_authority(made).sign(key, hashes.SHA256())
        return cls(issued=Issued(certificate=certificate, key=key), is_root=True)

    @property
    def pem(self) -> bytes:
        return self.issued.pem

    def intermediate(
        self,
        name: str = "Rig Intermediate",
        *,
        key: Key | None = None,
        not_after: datetime | None = None,
        issuer_url: str | None = None,
        further: x509.ExtensionType | None = None,
    ) -> Authority:
        """`further`: one extension more, which may break the rules."""
        key = key or ec_key()
        made = _builder(_name(name), self.issued.certificate.subject, key.public_key(), None, not_after)
        made = _as_authority(_pointing_to(made, issuer_url))
        made = made if further is None else made.add_extension(further, critical=False)
        certificate = made.sign(self.issued.key, hashes.SHA256())
        return Authority(issued=Issued(certificate=certificate, key=key, chain=self._above()), is_root=False)

    def leaf(
        self,
        *dns_names: str,
        addresses: Iterable[str] = (),
        subject: str | None = None,
        key: Key | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        issuer_url: str | None = None,
        usages: Iterable[x509.ObjectIdentifier] = SERVERS,
    ) -> Issued:
        """A certificate for a server. `subject`: its common name, the first DNS name unless told; "" for none."""
        key = key or ec_key()
        common = dns_names[0] if subject is None and dns_names else subject or ""
        made = _builder(_name(common), self.issued.certificate.subject, key.public_key(), not_before, not_after)
        made = _named(_pointing_to(made, issuer_url), dns_names, addresses)
        if wanted := list(usages):
            made = made.add_extension(x509.ExtendedKeyUsage(wanted), critical=False)
        return Issued(certificate=made.sign(self.issued.key, hashes.SHA256()), key=key, chain=self._above())

    def _above(self) -> tuple[x509.Certificate, ...]:
        return () if self.is_root else (self.issued.certificate, *self.issued.chain)


def self_signed(
    *dns_names: str, key: Key | None = None, not_before: datetime | None = None, not_after: datetime | None = None
) -> Issued:
    """A certificate that vouches for itself."""
    key = key or ec_key()
    name = _name(dns_names[0] if dns_names else "")
    made = _named(_builder(name, name, key.public_key(), not_before, not_after), dns_names, ())
    return Issued(certificate=made.sign(key, hashes.SHA256()), key=key)


def _name(common: str) -> x509.Name:
    """A name that may break the rules: hostile ones are longer than 64 characters, too."""
    if not common:
        return x509.Name([])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common, _validate=False)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    not_before: datetime | None,
    not_after: datetime | None,
) -> x509.CertificateBuilder:
    """Valid from yesterday for ninety days, unless told otherwise; an expired one began ninety days before its end."""
    now = datetime.now(UTC)
    start = not_before or (now - DAY if not_after is None or not_after > now else not_after - 90 * DAY)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(not_after or start + 90 * DAY)
    )


def _as_authority(made: x509.CertificateBuilder) -> x509.CertificateBuilder:
    return made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)


def _named(
    made: x509.CertificateBuilder, dns_names: Iterable[str], addresses: Iterable[str]
) -> x509.CertificateBuilder:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    return made.add_extension(x509.SubjectAlternativeName(names), critical=False) if names else made


def _pointing_to(made: x509.CertificateBuilder, issuer_url: str | None) -> x509.CertificateBuilder:
    """With the address of the issuer's certificate (RFC 5280 section 4.2.2.1)."""
    if issuer_url is None:
        return made
    where = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url))
    return made.add_extension(x509.AuthorityInformationAccess([where]), critical=False)
