"""The dated lists are well formed, name their sources, and agree with the roots that we trust."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import warnings
from datetime import date
from importlib.resources import files
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from auditor import registers
from auditor.facts.certificates import LeafDetail
from auditor.probes.certificate import parse_certificate
from auditor.registers import caa_names, checked, distrusted_authorities, known_keys, lifetime_limits, root_stores
from auditor.rig.authority import Authority
from checks.derivations.weak_keys import has_close_primes, has_roca_fingerprint, key_fault, rsa_fault

NAMES = ("caa", "disk_encryption", "distrusted", "known_keys", "lifetimes", "roots")
HEX = frozenset("0123456789abcdef")


@pytest.mark.parametrize("name", NAMES)
def test_a_list_says_when_it_was_checked(name: str) -> None:
    assert date(2026, 11, 1) <= checked(name)
    table = tomllib.loads((files(registers) / f"{name}.toml").read_text(encoding="utf-8"))
    rows = [row for value in table.values() if isinstance(value, list) for row in value]
    assert rows
    assert table.get("source") or all(row["source"] for row in rows)


def test_limits_only_fall() -> None:
    limits = lifetime_limits()
    assert [limit.days for limit in limits] == [825, 398, 200, 100, 47]
    assert list(limits) == sorted(limits, key=lambda limit: limit.since)


def test_an_authority_is_known_by_its_root_or_by_its_name() -> None:
    for one in distrusted_authorities():
        assert bool(one.root) != bool(one.organizations)
        assert not one.root or (len(one.root) == 64 and not set(one.root) - HEX)
        assert one.issued_from.tzinfo is not None


def test_roots_that_we_still_trust_are_those_that_the_list_means() -> None:
    """A typing error in a fingerprint would let a distrusted authority pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        names = {root.fingerprint(hashes.SHA256()).hex(): root.subject.rfc4514_string() for root in roots}
    for one in distrusted_authorities():
        if one.root in names:
            assert one.name.split()[0].lower() in names[one.root].lower()
    assert sum(one.root in names for one in distrusted_authorities()) >= 1


def test_root_stores_are_those_of_whole_systems() -> None:
    """A list that was cut short would accuse every authority that is missing from it."""
    stores = {store.name: store for store in root_stores()}
    assert set(stores) == {"Apple", "Android", "Windows", "Mozilla"}
    for store in stores.values():
        assert len(store.roots) >= 120
        assert store.at >= date(2025, 12, 1)
        assert all(len(root) == 64 and not set(root) - HEX for root in store.roots)
        assert not store.subjects & {"", "(unreadable)"}
    common = frozenset.intersection(*(store.roots for store in stores.values()))
    assert len(common) >= 70


def test_names_of_roots_are_written_as_the_probes_write_them() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        short = [parse_certificate(root) for root in roots]
    mozilla = next(store for store in root_stores() if store.name == "Mozilla")
    known = [one for one in short if one.sha256 in mozilla.roots]
    assert len(known) >= 100
    assert {one.subject for one in known} <= mozilla.subjects


def test_the_list_of_roots_is_written_by_its_script(tmp_path: Path) -> None:
    first, second = Authority.root("First"), Authority.root('Second, with a \\ and a "')
    held = {"apple": (first,), "google_aosp": (first, second), "microsoft_windows": (first,), "mozilla_nss": (second,)}
    for name, roots in held.items():
        (tmp_path / f"{name}.pem").write_bytes(b"".join(one.pem for one in roots))
        (tmp_path / f"{name}.yaml").write_text(
            "platform: X\nversion: null\nurl: https://x.example/\ndate_fetched: 2026-01-02\n"
        )
    command = [sys.executable, "docs/refresh_roots.py", str(tmp_path), "the test's"]
    table = tomllib.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert {store["name"]: store["at"] for store in table["store"]}["Apple"] == date(2026, 1, 2)
    stores = {root["subject"]: root["stores"] for root in table["root"]}
    assert sorted(stores.values()) == ["agw", "gm"]
    assert parse_certificate(second.issued.certificate).subject in stores


def test_caa_names_are_domains_in_lower_case() -> None:
    for organization, domains in caa_names().items():
        assert organization.strip() == organization
        assert domains
        assert all(domain == domain.lower() and "." in domain and ";" not in domain for domain in domains)
    assert "letsencrypt.org" in caa_names()["Let's Encrypt"]


def test_known_keys_are_hashes_with_a_source() -> None:
    assert len(known_keys()) >= 30
    for spki, known in known_keys().items():
        assert len(spki) == 64
        assert not set(spki) - HEX
        assert known.name
        assert known.source


# A test key of RFC 9500 section 2.1, of which the private half is printed there.
RFC_9500 = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAsPnoGUOnrpiSqt4XynxA+HRP7S+BSObI6qJ7fQAVSPtRkqsotWxQ
YLEYzNEx5ZSHTGypibVsJylvCfuToDTfMul8b/CZjP2Ob0LdpYrNH6l5hvFE89FU
1nZQF15oVLOpUgA7wGiHuEVawrGfey92UE68mOyUVXGweJIVDdxqdMoPvNNUl86B
U02vlBiESxOuox+dWmuVV7vfYZ79Toh/LUK43YvJh+rhv4nKuF7iHjVjBd9sB6iD
jj70HFldzOQ9r8SRI+9NirupPTkF5AKNe6kUhKJ1luB7S27ZkvB3tSTT3P593VVJ
vnzOjaA1z6Cz+4+eRvcysqhrRgFlwI9TEwIDAQAB
-----END RSA PUBLIC KEY-----
"""


def test_a_printed_key_is_found_by_its_hash() -> None:
    key = serialization.load_pem_public_key(RFC_9500.encode())
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    detail = LeafDetail(
        spki_sha256=digest.finalize().hex(), modulus="", exponent="", issuer_organization="", scts=(), must_staple=False
    )
    assert "RFC 9500" in key_fault(detail)


P, Q = 2**521 - 1, 2**607 - 1  # Mersenne primes
GOOD = P * Q


def next_prime(number: int) -> int:
    number += 1 + number % 2
    while pow(2, number - 1, number) != 1:
        number += 2
    return number


NEAR = next_prime(2**512 + 12_345)


@pytest.mark.parametrize(
    ("modulus", "exponent", "word"),
    [
        (GOOD, 65_537, ""),
        (GOOD, 3, ""),
        (GOOD, 1, "exponent"),
        (GOOD, 2, "exponent"),
        (GOOD, 0, "exponent"),
        (0, 65_537, "factor"),
        (1, 65_537, "factor"),
        (2 * Q, 65_537, "factor"),
        (6_997 * Q, 65_537, "factor"),
        (P * P, 65_537, "close"),
        (NEAR * next_prime(NEAR), 65_537, "close"),
        (next_prime(2**600) * next_prime(2**601), 65_537, ""),
    ],
)
def test_moduli(modulus: int, exponent: int, word: str) -> None:
    fault = rsa_fault(modulus, exponent)
    assert (word in fault) if word else fault == ""


@pytest.mark.parametrize("number", [3, 5, 7, 11, 101, 65_537])
def test_a_prime_alone_has_no_close_primes(number: int) -> None:
    assert not has_close_primes(number)


def test_the_fingerprint_of_the_broken_generator() -> None:
    """Its primes are k·M + 65537**a mod M, where M is the product of the first primes (Nemec et al. 2017)."""
    product = 1
    for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97):
        product *= prime
    for prime in (101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167):
        product *= prime
    broken = [k * product + pow(65_537, a, product) for k, a in ((12_345, 77), (54_321, 4_711))]
    assert has_roca_fingerprint(broken[0] * broken[1])
    assert not has_roca_fingerprint(broken[0] * broken[1] + 2)
    assert not has_roca_fingerprint(GOOD)
