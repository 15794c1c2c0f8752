"""Offers as bytes, read by the rig's own reader, and flights of servers: real ones, cut ones, and any bytes at all."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.cipher_suites import registry, suite
from auditor.facts.tls import TlsVersion
from auditor.probes.client_hello import GROUPS, RENEGOTIATION_SCSV
from auditor.probes.flight import Flight, Prime
from auditor.probes.hello_parts import GREASE
from auditor.probes.offer import FALLBACK_SCSV, Offer, Until, offer_hello
from auditor.probes.server_hello import Alert, Answer, AnswerReader, ServerHello, Silence, Ssl2Error, Ssl2Hello
from auditor.rig.client_hello import Hello, parse_hello

V = TlsVersion
WITH_EXTENSIONS = [V.TLS10, V.TLS11, V.TLS12, V.TLS13]
ECDHE, DHE, RSA, ANON, DHE_PSK = 0xC02F, 0x009E, 0x009C, 0xC018, 0x00AA


def read(data: bytes, until: Until = Until.END, step: int = 1 << 20) -> Answer:
    reader = AnswerReader(until=until)
    for at in range(0, len(data), step):
        answer = reader.feed(data[at : at + step])
        if answer is not None:
            return answer
    return reader.end()


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def block(body: bytes, width: int = 2) -> bytes:
    return len(body).to_bytes(width, "big") + body


def records(flight: bytes, size: int = 16_384) -> bytes:
    parts = (flight[at : at + size] for at in range(0, len(flight), size))
    return b"".join(b"\x16\x03\x03" + block(part) for part in parts)


def hello(number: int, version: bytes = b"\x03\x03", extensions: bytes = b"") -> bytes:
    tail = block(extensions) if extensions else b""
    return message(2, version + bytes(32) + b"\x00" + number.to_bytes(2, "big") + b"\x01" + tail)


CHAIN = message(11, block(block(b"leaf", 3) + block(b"issuer", 3), 3))
STAPLE = message(22, b"\x01" + block(b"good", 3))
SIGNED = b"\x04\x01" + block(b"signature")
CURVE = message(12, b"\x03\x00\x1d" + block(bytes(32), 1) + SIGNED)
PRIME = message(12, block(b"\x00\xfb") + block(b"\x02") + block(b"\x07") + SIGNED)
ASKED = message(13, b"\x01\x01\x00\x00\x00\x00")
DONE = message(14, b"")


def flight_of(answer: Answer) -> Flight:
    assert isinstance(answer, ServerHello), answer
    return answer.flight


@pytest.mark.parametrize("size", [1, 7, 16_384])
def test_a_whole_flight_is_read_in_records_of_any_size(size: int) -> None:
    flight = records(hello(ECDHE, extensions=b"\xff\x01\x00\x01\x00") + CHAIN + STAPLE + CURVE + ASKED + DONE, size)
    answer = read(flight, step=11)
    assert answer == ServerHello(0x0303, ECDHE)
    assert isinstance(answer, ServerHello)
    assert (answer.compression, dict(answer.extensions)) == (1, {0xFF01: b"\x00"})
    assert answer.flight == Flight(
        certificates=(b"leaf", b"issuer"),
        staple=b"good",
        group=29,
        signature=0x0401,
        wants_client_certificate=True,
        has_key_exchange=True,
        is_whole=True,
    )


def test_a_prime_is_kept_without_the_zeros_before_it() -> None:
    assert flight_of(read(records(hello(DHE) + CHAIN + PRIME), Until.PRIME)).prime == Prime(b"\xfb", b"\x02")
    hinted = message(12, block(b"hint") + PRIME[4:])
    assert flight_of(read(records(hello(DHE_PSK) + hinted), Until.PRIME)).prime == Prime(b"\xfb", b"\x02")


def test_an_anonymous_exchange_has_no_signature_and_an_old_one_does_not_name_it() -> None:
    unsigned = message(12, b"\x03\x00\x17" + block(bytes(65), 1))
    assert flight_of(read(records(hello(ANON) + unsigned), Until.EXCHANGE)).signature is None
    old = message(12, b"\x03\x00\x17" + block(bytes(65), 1) + block(bytes(256)))
    seen = flight_of(read(records(hello(0xC013, b"\x03\x01") + CHAIN + old), Until.EXCHANGE))
    assert (seen.group, seen.signature) == (23, None)


def test_a_curve_by_its_equation_is_told() -> None:
    assert flight_of(read(records(hello(ECDHE) + CHAIN + message(12, b"\x01" + bytes(80))))).has_explicit_curve


@pytest.mark.parametrize(
    ("until", "number", "fed"),
    [
        pytest.param(Until.HELLO, ECDHE, hello(ECDHE), id="no more than the hello"),
        pytest.param(Until.PRIME, ECDHE, hello(ECDHE), id="a curve is no prime"),
        pytest.param(Until.PRIME, DHE, hello(DHE) + CHAIN + PRIME, id="up to the prime"),
        pytest.param(Until.EXCHANGE, RSA, hello(RSA) + CHAIN + DONE, id="no exchange comes"),
    ],
)
def test_no_more_is_waited_for_than_was_asked(until: Until, number: int, fed: bytes) -> None:
    assert AnswerReader(until=until).feed(records(fed)) == ServerHello(0x0303, number)


def test_tls13_says_nothing_more_in_the_clear() -> None:
    supported = b"\x00\x2b\x00\x02\x03\x04" + b"\x00\x33\x00\x02\x11\xec"
    answer = AnswerReader(until=Until.END).feed(records(hello(0x1301, extensions=supported)))
    assert answer == ServerHello(0x0304, 0x1301)
    assert isinstance(answer, ServerHello)
    assert answer.group == 0x11EC


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x16\x03\x03\xff\xff",
        b"HTTP/1.1",
        records(message(11, b"")[:3] + b"\xff"),
        records(b"\x0b\xff\xff\xff"),
        b"\x15\x03\x03\x00\x02\x01\x00",
    ],
    ids=["cut", "alert", "long record", "text", "cut message", "long message", "close_notify"],
)
def test_a_server_hello_stays_one_whatever_follows(rest: bytes) -> None:
    answer = read(records(hello(ECDHE)) + rest)
    assert answer == ServerHello(0x0303, ECDHE)
    assert not flight_of(answer).is_whole


@pytest.mark.parametrize(
    "bad",
    [
        message(11, block(block(b"leaf", 3), 3)[:-1]),
        message(11, block(b"\x00\x00\x09leaf", 3)),
        message(11, block(block(b"", 3), 3)),
        message(11, block(block(b"x", 3) * 101, 3)),
        message(11, b"\x00"),
        message(12, b""),
        message(12, b"\x03\x00\x1d\xff"),
        message(12, b"\x09\x00\x1d\x00"),
        message(22, b"\x02\x00\x00\x01x"),
        message(22, b"\x01\x00\x00\x09x"),
        message(99, b"x"),
    ],
)
def test_a_message_whose_lengths_lie_leaves_its_part_empty(bad: bytes) -> None:
    flight = flight_of(read(records(hello(ECDHE) + bad + DONE), Until.END))
    assert flight in (
        Flight(is_whole=True),
        Flight(is_whole=True, has_key_exchange=True),
        Flight(has_key_exchange=True),
    )


def test_a_finite_field_that_is_cut_short_has_no_prime() -> None:
    for end in range(4, len(PRIME) - len(SIGNED)):
        assert flight_of(read(records(hello(DHE) + message(12, PRIME[4:end])), Until.PRIME)).prime is None
    zero = message(12, block(b"\x00") + block(b"\x02") + block(b"\x07"))
    assert flight_of(read(records(hello(DHE) + zero), Until.PRIME)).prime is None


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([hello(ECDHE), hello(DHE), CHAIN, STAPLE, CURVE, PRIME, ASKED, DONE]).map(records),
    st.builds(lambda kind, body: records(message(kind, body)), st.integers(0, 255), st.binary(max_size=60)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=8).map(b"".join), st.sampled_from(Until), st.integers(1, 90), st.booleans())
def test_any_bytes_end_as_an_answer_and_the_same_in_pieces_of_any_size(
    data: bytes, until: Until, step: int, ssl2: bool
) -> None:
    def core(size: int) -> object:
        reader = AnswerReader(ssl2=ssl2, until=until)
        for at in range(0, len(data), size):
            answer = reader.feed(data[at : at + size])
            if answer is not None:
                return (answer.reason, answer.dialled) if isinstance(answer, Silence) else answer
        end = reader.end()
        return (end.reason, end.dialled) if isinstance(end, Silence) else end

    answer = core(step)
    assert isinstance(answer, (ServerHello, Alert, Ssl2Hello, Ssl2Error, tuple))
    assert answer == core(max(1, len(data)))


# ---- offers ----------------------------------------------------------------------------------------------------------


def parsed(offer: Offer, host: str = "a.example") -> Hello:
    data = offer_hello(offer, host)
    assert data[:1] == b"\x16"
    assert int.from_bytes(data[3:5], "big") == len(data) - 5
    assert data[5] == 1
    assert int.from_bytes(data[6:9], "big") == len(data) - 9
    made = parse_hello(data[9:])
    assert made is not None
    return made


OFFERS = st.fixed_dictionaries(
    {
        "version": st.sampled_from(WITH_EXTENSIONS),
        "suites": st.lists(st.sampled_from(list(registry())), min_size=1, max_size=118, unique=True).map(tuple),
        "groups": st.lists(st.sampled_from(GROUPS), max_size=17, unique=True).map(tuple),
        "options": st.booleans(),
        "fallback": st.booleans(),
        "share": st.booleans(),
    }
).map(lambda told: Offer(**told))


@settings(max_examples=100, deadline=None)
@given(OFFERS)
def test_a_server_reads_what_was_offered(offer: Offer) -> None:
    made = parsed(offer)
    signals = (RENEGOTIATION_SCSV, FALLBACK_SCSV) if offer.fallback else (RENEGOTIATION_SCSV,)
    assert made.version is offer.version
    assert made.suites == (*offer.suites, *signals)
    assert made.groups == offer.groups
    assert made.server_name == "a.example"
    assert made.shares == ((29,) if offer.share and offer.version is V.TLS13 else ())


@pytest.mark.parametrize("version", WITH_EXTENSIONS)
def test_grease_adds_numbers_and_a_version_that_nobody_knows(version: TlsVersion) -> None:
    offer = Offer(version=version, suites=(0x1301, ECDHE), groups=(29,), grease=True)
    data = offer_hello(offer, "a.example")
    made = parsed(offer.but(grease=False))
    assert GREASE.to_bytes(2, "big") not in offer_hello(offer.but(grease=False), "a.example")[80:120]
    greased = parse_hello(data[9:]) if version is V.TLS13 else parse_hello(b"\x03\x03" + data[11:])
    assert greased is not None
    assert greased.suites == (GREASE, *made.suites)
    assert greased.groups == (GREASE, 29)
    assert (data[9:11] == b"\x03\x05") is (version is not V.TLS13)


def test_an_ssl3_offer_has_no_extensions() -> None:
    made = parsed(Offer(version=V.SSL3, suites=(0x000A,), groups=(23,), options=True))
    assert (made.version, made.groups, made.server_name) == (V.SSL3, (), None)


def test_no_hello_has_a_length_on_which_old_devices_hang() -> None:
    for count in range(1, 119):
        offer = Offer(version=V.TLS12, suites=tuple(list(registry())[:count]), groups=GROUPS)
        assert not 256 <= len(offer_hello(offer, "a.example")) - 5 < 512


# ---- names of suites -------------------------------------------------------------------------------------------------


def openssl_rows() -> list[dict[str, str]]:
    """number, name, Kx, Au, Enc, Mac of every suite that the openssl program knows."""
    command = ["openssl", "ciphers", "-stdname", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    rows = []
    for line in subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines():
        number, _, name, *rest = line.split()
        facts = dict(part.split("=", 1) for part in rest if "=" in part)
        rows.append({"number": number.replace(",0x", ""), "name": name} | facts)
    return rows


def test_the_registry_agrees_with_openssl_on_every_suite() -> None:
    rows = openssl_rows()
    assert len(rows) > 100
    for row in rows:
        one = suite(int(row["number"], 16))
        assert one.name == row["name"]
        assert one.is_unencrypted is (row["Enc"] == "None")
        assert one.is_aead is (row["Mac"] == "AEAD"), one.name
        assert one.is_rc4 is row["Enc"].startswith("RC4")
        assert one.has_small_block is row["Enc"].startswith(("3DES", "IDEA"))
        if one.is_tls13:
            continue
        assert one.is_anonymous is (row["Au"] == "None" and row["Kx"] in ("DH", "ECDH")), one.name
        assert one.is_ephemeral is (row["Kx"] in ("DH", "ECDH", "DHEPSK", "ECDHEPSK")), one.name
        assert one.is_finite_field is (row["Kx"] in ("DH", "DHEPSK")), one.name


def test_a_suite_that_nobody_registered_is_named_by_its_number() -> None:
    strange = suite(0xFAFA)
    assert "0xfafa" in strange.name
    assert not any((strange.is_aead, strange.is_rc4, strange.has_forward_secrecy, strange.is_tls13))


def test_every_name_says_one_kind_of_encryption() -> None:
    for one in registry().values():
        kinds = (one.is_unencrypted, one.is_rc4, one.is_cbc, one.is_aead)
        odd = any(mark in one.name for mark in ("28147", "_CTR_OMAC"))  # GOST: a counter mode with a check of its own
        assert sum(kinds) == (0 if odd else 1), one.name
