"""Logs that a handshake names beside the certificate: read from bytes, and from openssl's server."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import TlsOptions
from auditor.probe import Seen
from auditor.probes.handshake_logs import handshake_logs
from auditor.rig.authority import Authority
from tests.probes.odd_papers import ECDSA_SHA256, der, generalized, integer
from tests.probes.test_leaf_detail import AT, sct
from tests.probes.tls_rig import look_whole
from tests.probes.tls_servers import HOST, s_server

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LEAF = Authority.root().leaf(HOST)
SERIAL = LEAF.certificate.serial_number
DER = LEAF.sent[0]
FIRST, SECOND = "01" * 32, "02" * 32
SCTS = "2b06010401d679020405"  # 1.3.6.1.4.1.11129.2.4.5 (RFC 6962 section 3.3)
BASIC = "2b0601050507300101"  # id-pkix-ocsp-basic


def listed(*scts: bytes) -> bytes:
    """As they stand in the extension."""
    content = b"".join(scts)
    return len(content).to_bytes(2, "big") + content


def staple(content: bytes, *, serial: int = SERIAL, until: datetime = NOW + DAY, answers: int = 1) -> bytes:
    """A good OCSP answer that nobody signed (RFC 6960 section 4.2.1), with timestamps of logs."""
    name = der(0x30, ECDSA_SHA256 + der(0x04, bytes(32)) + der(0x04, bytes(32)) + integer(serial))
    scts = der(0x30, der(0x06, bytes.fromhex(SCTS)) + der(0x04, der(0x04, content)))
    times = generalized(NOW - DAY) + der(0xA0, generalized(until))
    single = der(0x30, name + der(0x80, b"") + times + der(0xA1, der(0x30, scts)))
    said = der(0x30, der(0xA2, der(0x04, bytes(20))) + generalized(NOW - DAY) + der(0x30, single * answers))
    basic = der(0x30, said + ECDSA_SHA256 + der(0x03, bytes(9)))
    return der(0x30, der(0x0A, b"\0") + der(0xA0, der(0x30, der(0x06, bytes.fromhex(BASIC)) + der(0x04, basic))))


TWO = listed(sct(1, AT), sct(2, AT))


@pytest.mark.parametrize(
    ("extension", "stapled", "logs"),
    [
        (TWO, b"", (FIRST, SECOND)),
        (b"", staple(TWO), (FIRST, SECOND)),
        (listed(sct(1, AT)), staple(TWO), (FIRST, SECOND)),
        (listed(sct(1, AT), sct(1, AT + 1)), b"", (FIRST,)),
        (b"", b"", ()),
        (listed(), b"", ()),
        (b"", staple(listed()), ()),
        (TWO[:-1], b"", ()),
        (TWO + b"\0", b"", ()),
        (listed(b"\x00\x05\x00\x01\x01\x01\x01"), b"", ()),
        (listed(b"\xff\xff\x00"), b"", ()),
        (listed(sct(1, AT).replace(b"\x00\x01", b"\x01\x01", 1)), b"", ()),  # version 2
        (b"", staple(TWO, serial=SERIAL + 1), ()),  # about another certificate
        (b"", staple(TWO, until=NOW - DAY), ()),
        (b"", staple(TWO, answers=2), ()),
        (b"", der(0x30, der(0x0A, b"\x03")), ()),  # the responder was told to try later
        (b"", b"garbage", ()),
    ],
)
def test_logs_of_a_handshake(extension: bytes, stapled: bytes, logs: tuple[str, ...]) -> None:
    assert handshake_logs(extension, stapled, DER, NOW) == logs


def test_a_staple_without_a_certificate_names_no_log() -> None:
    assert handshake_logs(b"", staple(TWO), b"", NOW) == ()
    assert handshake_logs(b"", staple(TWO), b"garbage", NOW) == ()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_read(extension: bytes, stapled: bytes) -> None:
    handshake_logs(extension, stapled, DER, NOW)


@given(st.integers(0, len(staple(TWO)) - 1), st.integers(0, 255))
def test_a_staple_with_one_byte_changed_is_read(place: int, byte: int) -> None:
    changed = bytearray(staple(TWO))
    changed[place] = byte
    handshake_logs(b"", bytes(changed), DER, NOW)


def options_of(folder: Path, *settings: str) -> TlsOptions:
    with s_server(LEAF.write(folder / "server.pem"), "-tls1_2", *settings) as port:
        found = look_whole(port, host=HOST)[TlsOptions]
    assert isinstance(found, Seen)
    assert isinstance(found.facts, TlsOptions)
    return found.facts


@pytest.mark.root
def test_openssl_names_logs_in_its_hello_and_in_its_staple(tmp_path: Path) -> None:
    info = b"\x00\x12" + len(TWO).to_bytes(2, "big") + TWO
    text = base64.b64encode(info).decode("ascii")
    (tmp_path / "info.pem").write_text(
        f"-----BEGIN SERVERINFO FOR SCTS-----\n{text}\n-----END SERVERINFO FOR SCTS-----\n"
    )
    (tmp_path / "staple.der").write_bytes(staple(TWO, until=datetime(2999, 1, 1, tzinfo=UTC)))
    for settings in (("-serverinfo", f"{tmp_path}/info.pem"), ("-status_file", f"{tmp_path}/staple.der")):
        hello = options_of(tmp_path, *settings).hello
        assert hello
        assert (hello.version, hello.logs) == (TlsVersion.TLS12, (FIRST, SECOND))
    plain = options_of(tmp_path).hello
    assert plain
    assert (plain.has_scts, plain.has_staple, plain.logs) == (False, False, ())
