"""Certificates are read harmlessly, and the way to an anchor is told apart from dates, names and missing issuers."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from auditor import codec
from auditor.errors import Unreachable, UsageError
from auditor.facts.certificates import KeyKind, PathEnd
from auditor.model import Reason
from auditor.probes.certificate import load, load_any, parse_certificate
from auditor.probes.certificate_path import parse_shown
from auditor.probes.trust_store import trust_store
from auditor.rig.authority import CLIENTS, Authority, Issued, ec_key, rsa_key, self_signed
from tests.probes.certificate_path_rig import (
    MIDDLE,
    NAME,
    NOW,
    ROOT,
    read,
    roots_of_the_rig,  # noqa: F401 - the fixture `ca_file`
)

AGO, AHEAD = NOW - timedelta(days=3), NOW + timedelta(days=3)
LOWER = MIDDLE.intermediate("Rig Lower")
STRANGER = Authority.root("Stranger")


# RSA 512, self-signed for "broken.rig.example", made with `openssl req -x509 -newkey rsa:512` (OpenSSL 3.0).
RSA_512 = """\
-----BEGIN CERTIFICATE-----
MIIBsDCCAVqgAwIBAgIUBR/rYI9Ge82n9ymya5CasedIulEwDQYJKoZIhvcNAQEL
BQAwHTEbMBkGA1UEAwwSYnJva2VuLnJpZy5leGFtcGxlMB4XDTI2MTEyMTIzMzgw
MFoXDTM2MTExODIzMzgwMFowHTEbMBkGA1UEAwwSYnJva2VuLnJpZy5leGFtcGxl
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOasiQYOgm1A08CyJWd+kYjPf7mPXqbr
DZDFrB7/AEvDg+zuZGnzm+iwex3HgXU5rfDAPoX5J/Qlr5KRHhTJvScCAwEAAaNy
MHAwHQYDVR0OBBYEFCz42ZC8kOq0u8wskAKtD3IS+7FsMB8GA1UdIwQYMBaAFCz4
2ZC8kOq0u8wskAKtD3IS+7FsMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0RBBYwFIIS
YnJva2VuLnJpZy5leGFtcGxlMA0GCSqGSIb3DQEBCwUAA0EAr9jekruJCn4gFhHJ
iZZlYLDI7QIZIXlS7a4QQREp3vkTwwpq2xJNQ2KmFKVnOLbZX5oOE8l6qFU/OkYq
YmUTkQ==
-----END CERTIFICATE-----
"""


def expired_issuer() -> Issued:
    return ROOT.intermediate("Old", not_after=AGO).leaf(NAME)


@pytest.mark.parametrize(
    ("issued", "end", "walked"),
    [
        (MIDDLE.leaf(NAME), PathEnd.ANCHORED, 2),
        (ROOT.leaf(NAME), PathEnd.ANCHORED, 1),
        (LOWER.leaf(NAME), PathEnd.ANCHORED, 3),
        (MIDDLE.leaf(NAME, not_after=AGO), PathEnd.ANCHORED, 2),
        (MIDDLE.leaf(NAME, not_before=AHEAD), PathEnd.ANCHORED, 2),
        (MIDDLE.leaf("other.example"), PathEnd.ANCHORED, 2),
        (MIDDLE.leaf(NAME, key=rsa_key(1024)), PathEnd.ANCHORED, 2),
        (expired_issuer(), PathEnd.ANCHORED, 2),
        (MIDDLE.leaf(NAME).without_chain(), PathEnd.ISSUER_MISSING, 1),
        (LOWER.leaf(NAME).with_chain(LOWER.issued.certificate), PathEnd.ISSUER_MISSING, 2),
        (self_signed(NAME), PathEnd.SELF_SIGNED, 1),
        (STRANGER.leaf(NAME), PathEnd.ISSUER_MISSING, 1),
        (STRANGER.leaf(NAME).with_chain(STRANGER.issued.certificate), PathEnd.UNKNOWN_ROOT, 2),
        (MIDDLE.leaf(NAME).with_chain(ROOT.issued.certificate, MIDDLE.issued.certificate), PathEnd.ANCHORED, 2),
        (MIDDLE.leaf(NAME).with_chain(STRANGER.issued.certificate, MIDDLE.issued.certificate), PathEnd.ANCHORED, 2),
    ],
)
def test_where_a_path_ends(issued: Issued, end: PathEnd, walked: int, ca_file: Path) -> None:
    seen = read(issued.sent, ca_file)
    assert (seen.end, len(seen.path), seen.sent_count) == (end, walked, 1 + len(issued.chain))
    assert (seen.anchor.subject if seen.anchor else None) == ("CN=Rig Root" if end.is_anchored else None)


def test_an_issuer_that_is_no_authority_is_refused(ca_file: Path) -> None:
    end_entity = ROOT.leaf("not-an-authority.example")
    forged = Authority(issued=end_entity, is_root=False).leaf(NAME)
    seen = read(forged.sent, ca_file)
    assert seen.end is PathEnd.REFUSED
    assert seen.refusal


def test_a_forged_signature_does_not_reach_the_anchor(ca_file: Path) -> None:
    """A root of the same name and another key: the name alone must not do."""
    seen = read(Authority.root("Rig Root").leaf(NAME).sent, ca_file)
    assert not seen.end.is_anchored


def test_of_two_ways_the_one_that_is_valid_today_is_taken(ca_file: Path) -> None:
    """The AddTrust case of 2020: an expired cross-certificate beside a good one must not count."""
    key = ec_key()
    old = ROOT.intermediate("Twice", key=key, not_after=AGO)
    good = ROOT.intermediate("Twice", key=key)
    leaf = good.leaf(NAME).with_chain(old.issued.certificate, good.issued.certificate)
    seen = read(leaf.sent, ca_file)
    assert [one.not_after > NOW for one in seen.path] == [True, True]


def test_dates_of_an_expired_issuer_are_in_the_path(ca_file: Path) -> None:
    seen = read(expired_issuer().sent, ca_file)
    assert [one.not_after < NOW for one in seen.path] == [False, True]


def test_an_issuer_that_cannot_be_read_is_not_left_out_of_the_path(ca_file: Path) -> None:
    """OpenSSL passes over an extension that it does not need; what we read of a path must be all of it."""
    odd = x509.UnrecognizedExtension(ExtensionOID.AUTHORITY_INFORMATION_ACCESS, b"\x30\x03\x02\x01")
    middle = ROOT.intermediate("Odd", key=rsa_key(1024), further=odd)
    with pytest.raises(Unreachable) as unreachable:
        read(middle.leaf(NAME).sent, ca_file)
    assert unreachable.value.reason is Reason.MALFORMED


def test_usage_is_read_from_every_certificate(ca_file: Path) -> None:
    seen = read(MIDDLE.leaf(NAME, usages=CLIENTS).sent, ca_file)
    assert [one.for_servers for one in seen.path] == [False, True]


def test_the_operators_intermediate_is_lent_and_counts_as_help(tmp_path: Path) -> None:
    path = tmp_path / "with-intermediate.pem"
    path.write_bytes(ROOT.pem + MIDDLE.pem)
    assert read(MIDDLE.leaf(NAME).without_chain().sent, path).end is PathEnd.ANCHORED_WITH_HELP
    assert read(MIDDLE.leaf(NAME).sent, path).end is PathEnd.ANCHORED


@pytest.mark.parametrize("anchor", [MIDDLE.issued, STRANGER.issued, self_signed(NAME)])
def test_whatever_the_operator_names_is_an_anchor(anchor: Issued, tmp_path: Path) -> None:
    path = tmp_path / "anchor.pem"
    path.write_bytes(anchor.pem)
    issued = anchor if anchor not in (MIDDLE.issued, STRANGER.issued) else None
    leaf = issued or (MIDDLE if anchor is MIDDLE.issued else STRANGER).leaf(NAME).without_chain()
    assert read(leaf.sent, path).end is PathEnd.ANCHORED


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_mozillas_roots_are_the_default() -> None:
    store = trust_store(None)
    assert "Mozilla" in store.label
    assert store is trust_store(None)
    for root in x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())[:3]:
        assert store.path(root, ()) == (root,)


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_that_cannot_be_used_is_a_usage_error(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"ca\.pem"):
        trust_store(path)


URL = "http://ca.rig.example/middle.der"


def pointing(url: str | None = URL) -> Issued:
    return MIDDLE.leaf(NAME, issuer_url=url).without_chain()


def test_a_fetched_issuer_helps(ca_file: Path) -> None:
    asked: list[str] = []

    def fetch(url: str) -> x509.Certificate:
        asked.append(url)
        return MIDDLE.issued.certificate

    seen = read(pointing().sent, ca_file, fetch)
    assert (seen.end, asked, seen.sent_count, len(seen.path)) == (PathEnd.ANCHORED_WITH_HELP, [URL], 1, 2)


def test_a_fetched_issuer_may_lead_to_a_root_that_nobody_knows(ca_file: Path) -> None:
    leaf = STRANGER.leaf(NAME, issuer_url=URL)
    assert read(leaf.sent, ca_file, lambda _: STRANGER.issued.certificate).end is PathEnd.UNKNOWN_ROOT


def test_fetching_stops(ca_file: Path) -> None:
    """Each fetched issuer names a further one, for ever."""
    authorities = [STRANGER]
    for number in range(9):
        authorities.append(authorities[-1].intermediate(f"Level {number}", issuer_url=URL))
    below = list(reversed(authorities))
    asked: list[str] = []

    def fetch(url: str) -> x509.Certificate:
        asked.append(url)
        return below[len(asked) - 1].issued.certificate

    seen = read(below[0].leaf(NAME, issuer_url=URL).without_chain().sent, ca_file, fetch)
    assert (seen.end, len(asked)) == (PathEnd.ISSUER_MISSING, 3)


@pytest.mark.parametrize(
    ("issued", "answer"),
    [
        (pointing(), Unreachable(Reason.TIMEOUT, "ca.rig.example")),
        (pointing(), STRANGER.issued.certificate),
        (pointing(None), MIDDLE.issued.certificate),
        (pointing("https://ca.rig.example/"), MIDDLE.issued.certificate),
        (pointing("ldap://ca.rig.example/"), MIDDLE.issued.certificate),
        (pointing("file:///etc/passwd"), MIDDLE.issued.certificate),
    ],
)
def test_an_issuer_that_cannot_be_had_leaves_the_path_open(
    issued: Issued, answer: x509.Certificate | Unreachable, ca_file: Path
) -> None:
    def fetch(_: str) -> x509.Certificate:
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    seen = read(issued.sent, ca_file, fetch)
    assert seen.end is PathEnd.ISSUER_MISSING
    assert seen.issuer_fetch


HOSTILE = [
    "<script>alert(1)</script>",
    "\x1b]0;owned\x07\x1b[2J",
    "=cmd|'/c calc'!A1",
    "a\x00b.example",
    "x" * 5_000,
    "🏛️ﷺ\u202e",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_kept_harmlessly(text: str, ca_file: Path) -> None:
    """Kept as they are, cut at their length; renderers strip what a terminal or a page would act on."""
    names = (text,) if text.isascii() else (NAME,)
    seen = read(MIDDLE.leaf(*names, subject=text).sent, ca_file)
    assert len(seen.leaf.subject) <= 256
    assert all(len(name) <= 256 for name in seen.dns_names)
    assert seen.end is PathEnd.ANCHORED
    assert seen.dns_names[0][:10] == names[0][:10]


@pytest.mark.parametrize(
    ("key", "kind", "bits"),
    [
        (rsa_key(2048), KeyKind.RSA, 2048),
        (rsa_key(1024), KeyKind.RSA, 1024),
        (ec_key(), KeyKind.EC, 256),
        (ec_key(ec.SECP224R1()), KeyKind.EC, 224),
    ],
)
def test_keys_are_measured(key, kind: KeyKind, bits: int) -> None:
    read_back = parse_certificate(self_signed(NAME, key=key).certificate)
    assert (read_back.key_kind, read_back.key_bits, read_back.signature_hash) == (kind, bits, "sha256")


@pytest.mark.parametrize(("last", "hashed"), [(0x0B, "sha256"), (0x02, "md2"), (0x03, "md4"), (0x7F, "unknown")])
def test_a_signature_that_the_library_does_not_know_is_named_all_the_same(last: int, hashed: str) -> None:
    """The last byte of sha256WithRSAEncryption, changed where the certificate says how it is signed."""
    der = self_signed(NAME, key=rsa_key(2048)).certificate.public_bytes(Encoding.DER)
    prefix = bytes.fromhex("2a864886f70d0101")
    changed = load(der.replace(prefix + b"\x0b", prefix + bytes([last])))
    assert parse_certificate(changed).signature_hash == hashed


def test_a_key_that_no_library_would_make_is_measured(ca_file: Path) -> None:
    broken = load_any(RSA_512.encode())
    seen = read(Issued(certificate=broken, key=ec_key()).sent, ca_file)
    assert (seen.leaf.key_kind, seen.leaf.key_bits, seen.end) == (KeyKind.RSA, 512, PathEnd.SELF_SIGNED)


def test_a_hundred_certificates_are_counted_and_few_are_kept(ca_file: Path) -> None:
    issued = MIDDLE.leaf(NAME)
    seen = read(issued.with_chain(*issued.chain * 99).sent, ca_file)
    assert (seen.end, seen.sent_count, len(seen.sent), len(seen.path)) == (PathEnd.ANCHORED, 100, 10, 2)


@given(st.binary(max_size=200))
def test_garbage_is_malformed(garbage: bytes) -> None:
    for reader in (load, load_any):
        with pytest.raises(Unreachable) as unreachable:
            reader(garbage)
        assert unreachable.value.reason is Reason.MALFORMED


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_certificate_with_any_bytes_changed_is_read_or_malformed(changes: list[tuple[int, int]]) -> None:
    der = bytearray(GOOD)
    for place, byte in changes:
        der[place % len(der)] = byte
    sent = (bytes(der), MIDDLE.issued.der)
    try:
        seen = parse_shown(sent, asked_name=NAME, store=trust_store(None), fetch=None, observed_at=NOW)
    except Unreachable as unreachable:
        assert unreachable.reason is Reason.MALFORMED  # noqa: PT017 - either way is right
        return
    assert not seen.end.is_anchored
    codec.encode(seen)


GOOD = MIDDLE.leaf(NAME, addresses=("192.0.2.1",), issuer_url=URL).der


def test_certificates_after_the_leaf_that_cannot_be_read_are_left_aside(ca_file: Path) -> None:
    issued = MIDDLE.leaf(NAME)
    seen = read((issued.sent[0], b"garbage", issued.sent[1]), ca_file)
    assert (seen.end, seen.sent_count, len(seen.sent)) == (PathEnd.ANCHORED, 3, 2)


def mesh(keys: int, most: int, curve: ec.EllipticCurve) -> tuple[bytes, ...]:
    """Authorities of one name and many keys, each signed by every other."""
    signers = [Authority(issued=Issued(certificate=MESH, key=ec_key(curve)), is_root=True) for _ in range(keys)]
    return tuple(
        signer.intermediate("Mesh", key=signed.issued.key).issued.der for signed in signers for signer in signers
    )[:most]


MESH = STRANGER.intermediate("Mesh").issued.certificate
MESHED = mesh(10, 90, ec.SECP521R1())


def strangers_chain(length: int) -> tuple[bytes, ...]:
    """A leaf and its issuers, one above the other, up to nobody."""
    authority = STRANGER
    for number in range(length - 1):
        authority = authority.intermediate(f"Level {number}")
    return authority.leaf(NAME).sent


def cpu_of(sent: tuple[bytes, ...], ca_file: Path) -> tuple[float, str]:
    """CPU seconds, and how it ended."""
    began = time.process_time()
    try:
        end = read(sent, ca_file).end.value
    except Unreachable as error:
        end = error.reason.word
    return time.process_time() - began, end


def constrained(permitted: int) -> tuple[bytes, ...]:
    """A leaf of many names below an authority with many constraints: every name is compared with each."""
    names = x509.NameConstraints([x509.DNSName(f"n{number}.example") for number in range(permitted)], None)
    key = ec_key()
    authority = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Constrained")]))
        .issuer_name(ROOT.issued.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AGO)
        .not_valid_after(AHEAD)
        .add_extension(names, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ROOT.issued.key, hashes.SHA256())
    )
    issuing = Authority(issued=Issued(certificate=authority, key=key), is_root=False)
    return issuing.leaf(*(f"n{number}.example" for number in range(1_500))).sent


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        (strangers_chain(101), {"too_long"}),
        (strangers_chain(8), {"issuer_missing"}),
        ((STRANGER.leaf(NAME).der, *mesh(10, 90, ec.SECP521R1())), {"issuer_missing"}),
        ((mesh(1, 1, ec.SECP256R1())[0], *mesh(10, 90, ec.SECP521R1())), {"self_signed"}),
        ((MESHED[5], *MESHED), {"too_long", "unknown_root"}),
        (constrained(300), {"refused", "anchored"}),
        (constrained(1_500), {"refused"}),
        (ROOT.leaf(*(f"n{number}.example" for number in range(3_000))).sent, {"anchored"}),
    ],
    ids=["chain", "short chain", "strange mesh", "mesh", "endless mesh", "constraints", "constraint bomb", "names"],
)
def test_pathological_chains_end_in_time(sent: tuple[bytes, ...], ends: set[str], ca_file: Path) -> None:
    """Known validators are busy for minutes with some of these. Handshakes of more than 64 kB are cut before."""
    seconds, end = cpu_of(sent, ca_file)
    assert end in ends
    assert seconds < 1.5
