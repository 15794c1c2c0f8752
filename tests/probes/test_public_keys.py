"""What a certificate's public key is: its kind, its size, and the curve that it lies on, however that is told."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from auditor.facts.certificates import EXPLICIT_CURVE, KeyKind
from auditor.probes.certificate import load_any, parse_certificate
from auditor.probes.leaf_detail import parse_leaf_detail


def made(folder: Path, *key: str) -> bytes:
    """A certificate that vouches for itself, by the machine's own OpenSSL: our libraries make no such keys."""
    keyed = ["openssl", "genpkey", *key, "-out", "key.pem"]
    signed = ["openssl", "req", "-x509", "-key", "key.pem", "-subj", "/CN=odd", "-days", "9", "-out", "leaf.pem"]
    for words in (keyed, signed):
        subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=30)
    return (folder / "leaf.pem").read_bytes()


def on(curve: str, *, encoding: str = "named_curve") -> tuple[str, ...]:
    return ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-pkeyopt", f"ec_param_enc:{encoding}")


@pytest.mark.parametrize(
    ("key", "kind", "bits", "curve"),
    [
        (on("P-256"), KeyKind.EC, 256, "secp256r1"),
        (on("P-384"), KeyKind.EC, 384, "secp384r1"),
        (on("P-521"), KeyKind.EC, 521, "secp521r1"),
        (on("secp224r1"), KeyKind.EC, 224, "secp224r1"),
        (on("prime192v1"), KeyKind.EC, 192, "secp192r1"),
        (on("secp256k1"), KeyKind.EC, 256, "secp256k1"),
        (on("brainpoolP256r1"), KeyKind.EC, 256, "brainpoolP256r1"),
        (on("brainpoolP224r1"), KeyKind.EC, 224, "1.3.36.3.3.2.8.1.1.5"),
        (on("sect163k1"), KeyKind.EC, 163, "1.3.132.0.1"),
        (on("secp112r1"), KeyKind.EC, 112, "1.3.132.0.6"),
        (on("P-256", encoding="explicit"), KeyKind.EC, 256, EXPLICIT_CURVE),
        (on("secp112r1", encoding="explicit"), KeyKind.EC, 112, EXPLICIT_CURVE),
        (("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"), KeyKind.RSA, 2048, ""),
        (("-algorithm", "ED25519"), KeyKind.ED25519, 256, ""),
        (("-algorithm", "ED448"), KeyKind.ED448, 456, ""),
    ],
)
def test_the_key_is_told(tmp_path: Path, key: tuple[str, ...], kind: KeyKind, bits: int, curve: str) -> None:
    read = parse_certificate(load_any(made(tmp_path, *key)))
    assert (read.key_kind, read.key_bits, read.curve) == (kind, bits, curve)


@pytest.mark.parametrize("key", [on("brainpoolP224r1"), on("sect163k1"), on("P-256")])
def test_a_key_that_openssl_alone_reads_has_a_fingerprint_too(tmp_path: Path, key: tuple[str, ...]) -> None:
    """OpenSSL's own, so that the same key is found elsewhere."""
    certificate = load_any(made(tmp_path, *key))
    words = ["openssl", "pkey", "-in", "key.pem", "-pubout", "-outform", "DER"]
    told = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=30).stdout
    assert parse_leaf_detail(certificate).spki_sha256 == hashlib.sha256(told).hexdigest()


def test_a_key_on_a_curve_that_no_library_knows_is_of_no_known_kind(tmp_path: Path) -> None:
    der = load_any(made(tmp_path, *on("brainpoolP224r1"))).public_bytes(Encoding.DER)
    known, unknown = bytes.fromhex("06092b2403030208010105"), bytes.fromhex("06092b240303020801017f")
    assert der.count(known) == 1
    read = parse_certificate(load_any(der.replace(known, unknown)))
    assert (read.key_kind, read.key_bits, read.curve) == (KeyKind.OTHER, None, "")
