"""Reads of a certificate's public key what kind it is, how long, and on which curve it lies. Knows no minimum."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from sys import intern

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import PublicKeyAlgorithmOID
from OpenSSL import crypto

from auditor.facts.certificates import EXPLICIT_CURVE, KeyKind
from auditor.records import dataclass

OBJECT_IDENTIFIER = b"\x06"
REMEMBERED = 64  # certificates: the hosts of a city show the same few issuers


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`bits` None: no size that means anything to us. `curve`: as `Certificate.curve` has it."""

    kind: KeyKind
    bits: int | None
    curve: str = ""


@asn1.sequence
class _Algorithm:
    """AlgorithmIdentifier (RFC 5280 section 4.1.1.2)."""

    algorithm: x509.ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _KeyInfo:
    """SubjectPublicKeyInfo of an EC key; the parameters are ECParameters (RFC 5480 section 2.1.1)."""

    algorithm: _Algorithm
    key: asn1.BitString


@lru_cache(maxsize=REMEMBERED)
def key_sha256(certificate: x509.Certificate) -> str:
    """SHA-256 of the key with its algorithm (SubjectPublicKeyInfo, DER), hexadecimal; "" where nobody can read it."""
    try:
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        key = _by_openssl(certificate)
    return intern(hashlib.sha256(key).hexdigest()) if key else ""


def _by_openssl(certificate: x509.Certificate) -> bytes:
    """The key, of a kind that OpenSSL alone reads; b"" where it does not either."""
    try:
        return crypto.dump_publickey(crypto.FILETYPE_ASN1, crypto.X509.from_cryptography(certificate).get_pubkey())
    except (ValueError, crypto.Error):
        return b""


def parse_key(certificate: x509.Certificate) -> PublicKey:
    """Never raises: a key that cannot be read is of another kind."""
    if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.EC_PUBLIC_KEY:
        return _elliptic(certificate)
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return PublicKey(KeyKind.OTHER, None)
    if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)):
        return PublicKey(KeyKind.RSA if isinstance(key, rsa.RSAPublicKey) else KeyKind.DSA, key.key_size)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(KeyKind.ED25519, 256)
    return PublicKey(KeyKind.ED448, 456) if isinstance(key, ed448.Ed448PublicKey) else PublicKey(KeyKind.OTHER, None)


def _elliptic(certificate: x509.Certificate) -> PublicKey:
    """OpenSSL reads more curves than `cryptography`, and leaves the parameters as they were sent."""
    try:
        key = crypto.X509.from_cryptography(certificate).get_pubkey()
        curve = _curve(crypto.dump_publickey(crypto.FILETYPE_ASN1, key))
    except (ValueError, crypto.Error):
        return PublicKey(KeyKind.OTHER, None)
    return PublicKey(KeyKind.EC, key.bits(), curve)


def _curve(key_info: bytes) -> str:
    """Raises ValueError."""
    parameters = asn1.decode_der(_KeyInfo, key_info).algorithm.parameters
    if parameters.tag_bytes != OBJECT_IDENTIFIER:
        return EXPLICIT_CURVE
    name: x509.ObjectIdentifier = parameters.parse(x509.ObjectIdentifier)
    try:
        return ec.get_curve_for_oid(name)().name
    except LookupError:
        return name.dotted_string
