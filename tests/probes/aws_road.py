"""AWS itself, as far as a loopback server plays it: its names, its certificate, and the way to both."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditor.reach import Access, Fence, Target
from auditor.rig.hostile_s3_answers import ACCOUNT
from tests.probes.bucket_road import access_to

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-north-1")
AWS_HOSTS = (
    "s3.amazonaws.com",  # names too short for a host of their own are asked by path
    "b.s3.amazonaws.com",
    "sts.amazonaws.com",
    "sts.us-gov-west-1.amazonaws.com",
    "organizations.us-east-1.amazonaws.com",
    "organizations.eu-west-1.amazonaws.com",
    *(
        f"{name}.{region}.amazonaws.com"
        for name in ("s3", "b.s3", "sts", "kms", "macie2", "s3tables", "s3express-control", f"{ACCOUNT}.s3-control")
        for region in REGIONS
    ),
)


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server context for AWS's names, and the anchor that it is trusted by."""
    folder = tmp_path_factory.mktemp("aws")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A loopback that plays AWS")])
    now = datetime.now(UTC)
    names = [*(x509.DNSName(host) for host in AWS_HOSTS), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain


def aws_at(url: str, anchor: Path) -> Access:
    """AWS itself, which the operator's connect-to maps to a loopback port."""
    target = Target("127.0.0.1", int(url.rpartition(":")[2]))
    mapped = {(host, 443): (target,) for host in AWS_HOSTS}
    return replace(
        access_to(None), connect_to=mapped, ca_file=anchor, fence=Fence(suffixes=frozenset({"city.example"}))
    )
