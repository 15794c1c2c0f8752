"""The hellos that we write and the answers that we read, without a network. The rig's own reader checks our writer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probes.client_hello import SSL2_CIPHERS, client_hello, offered_suites
from auditor.probes.offer import Offer, Until, offer_hello
from auditor.probes.server_hello import Alert, Answer, AnswerReader, ServerHello, Silence, Ssl2Error, Ssl2Hello
from auditor.rig.client_hello import Hello, parse_hello, parse_ssl2_hello
from auditor.rig.replies import Send
from auditor.rig.responder import ServerHello as Accept
from auditor.rig.responder import Ssl2ServerHello, reply_to

NEWER = [version for version in TlsVersion if version is not TlsVersion.SSL2]
LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=40)
HOSTS = st.lists(LABEL, min_size=1, max_size=6).map(".".join).map(lambda name: name + ".example")


def read(data: bytes, *, ssl2: bool = False, step: int | None = None) -> Answer:
    """What a reader makes of bytes that come `step` at a time and then end."""
    reader = AnswerReader(ssl2=ssl2)
    step = step or max(1, len(data))
    for at in range(0, len(data), step):
        answer = reader.feed(data[at : at + step])
        if answer is not None:
            return answer
    return reader.end()


def core(answer: Answer) -> Answer | Reason:
    """An answer without the words that quote it."""
    return answer.reason if isinstance(answer, Silence) else answer


def written(version: TlsVersion, part: Accept | None = None) -> bytes:
    """A real ServerHello flight, by the rig."""
    hello = Hello(version=version, suites=offered_suites(version))
    reply = reply_to(hello, part or Accept())
    assert isinstance(reply, Send)
    return reply.data


def test_an_offer_with_other_suites_and_groups_keeps_all_the_rest() -> None:
    odd = Offer(
        version=TlsVersion.TLS12,
        suites=(1,),
        groups=(2,),
        signatures=(3,),
        options=True,
        grease=True,
        fallback=True,
        share=True,
        reworded=True,
        size=400,
        until=Until.END,
        protocols=(b"h2",),
    )
    assert odd.asking((4, 5), (6,)) == odd.but(suites=(4, 5), groups=(6,))
    defaults = Offer._field_defaults
    assert defaults.keys() | {"version", "suites"} == set(Offer._fields)
    assert all(getattr(odd, name) != default for name, default in defaults.items())  # nothing else could have been lost


@settings(deadline=None)
@given(st.sampled_from(NEWER), HOSTS, st.booleans())
def test_a_hello_asks_for_its_version_and_name_within_safe_sizes(version: TlsVersion, host: str, second: bool) -> None:
    record = client_hello(version, host, second=second)
    message = record[5:]
    hello = parse_hello(message[4:])
    assert hello is not None
    assert hello.version is version
    assert hello.server_name == (host if version is not TlsVersion.SSL3 or second else None)
    assert set(hello.suites) - {0x00FF} == set(offered_suites(version, second=second))
    assert len(hello.suites) == len(set(hello.suites)) <= 64
    assert int.from_bytes(record[3:5], "big") == len(message)
    assert not 256 <= len(message) < 512


def test_tls13_asks_for_a_retry_first_and_brings_a_key_share_the_second_time() -> None:
    first, second = (client_hello(TlsVersion.TLS13, "a.example", second=second) for second in (False, True))
    hellos = [parse_hello(record[9:]) for record in (first, second)]
    assert [hello.shares for hello in hellos if hello] == [(), (29,)]


def test_the_curves_of_ecdsa_certificates_are_always_offered() -> None:
    for version in (TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13):
        hello = parse_hello(client_hello(version, "a.example")[9:])
        assert hello is not None
        assert {23, 24, 25} <= set(hello.groups)


def test_an_ssl2_hello_offers_every_cipher_of_that_version() -> None:
    record = client_hello(TlsVersion.SSL2, "a.example")
    assert int.from_bytes(record[:2], "big") == 0x8000 | len(record) - 2
    assert parse_ssl2_hello(record[2:]) == Hello(version=TlsVersion.SSL2, suites=SSL2_CIPHERS)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_not_sent_as_a_name(host: str) -> None:
    hello = parse_hello(client_hello(TlsVersion.TLS12, host)[9:])
    assert hello is not None
    assert hello.server_name is None


@pytest.mark.parametrize(("host", "name"), [("straße.example", "strasse.example"), ("a_b.example.", "a_b.example")])
def test_a_name_is_sent_in_its_ascii_form(host: str, name: str) -> None:
    hello = parse_hello(client_hello(TlsVersion.TLS12, host)[9:])
    assert hello is not None
    assert hello.server_name == name


@settings(deadline=None)
@given(st.binary(max_size=600), st.booleans(), st.integers(1, 7))
def test_any_bytes_end_as_one_answer_however_they_come(data: bytes, ssl2: bool, step: int) -> None:
    assert core(read(data, ssl2=ssl2)) == core(read(data, ssl2=ssl2, step=step))


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"\x16\x03\x03", b"\x15\x03\x01", b"\x80\x10\x04"]), st.booleans())
def test_bytes_that_begin_like_an_answer_never_break_the_reader(tail: bytes, head: bytes, ssl2: bool) -> None:
    assert isinstance(read(head + tail, ssl2=ssl2), (ServerHello, Alert, Ssl2Hello, Ssl2Error, Silence))


@settings(deadline=None)
@given(st.sampled_from(NEWER), st.integers(0, 63), st.integers(1, 300), st.integers(1, 300))
def test_a_server_hello_is_read_whatever_its_fragments(
    version: TlsVersion, index: int, record_bytes: int, step: int
) -> None:
    suites = offered_suites(version)
    suite = suites[index % len(suites)]
    flight = written(version, Accept(suites=(suite,), record_bytes=record_bytes, chain=(b"certificate",)))
    number = {"ssl3": 0x300, "tls1.0": 0x301, "tls1.1": 0x302, "tls1.2": 0x303, "tls1.3": 0x304}[version.value]
    assert read(flight, step=step) == ServerHello(version=number, suite=suite)


@pytest.mark.parametrize("version", NEWER)
def test_a_server_hello_that_is_cut_anywhere_is_no_answer(version: TlsVersion) -> None:
    flight = written(version)
    reasons = {core(read(flight[:size])) for size in range(len(flight))}
    assert reasons == {Reason.CLOSED, Reason.TRUNCATED}


@settings(deadline=None)
@given(st.sampled_from(NEWER), st.data())
def test_a_damaged_server_hello_is_read_or_refused_but_breaks_nothing(version: TlsVersion, data: st.DataObject) -> None:
    flight = bytearray(written(version))
    at = data.draw(st.integers(0, len(flight) - 1))
    flight[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(read(bytes(flight)), (ServerHello, Alert, Silence))


HELLO = bytes.fromhex("0303") + bytes(32) + b"\x00" + bytes.fromhex("c02f") + b"\x00"


def in_record(message: bytes) -> bytes:
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def in_message(body: bytes) -> bytes:
    return in_record(b"\x02" + len(body).to_bytes(3, "big") + body)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (in_message(HELLO), ServerHello(0x0303, 0xC02F)),
        (in_message(HELLO + bytes.fromhex("0006002b00020304")), ServerHello(0x0304, 0xC02F)),
        (in_message(HELLO + bytes.fromhex("0005002b000103")), Reason.MALFORMED),
        (in_message(HELLO + bytes.fromhex("000c002b00020304002b00020303")), Reason.MALFORMED),
        (in_message(HELLO + b"\x00\x09ab"), Reason.MALFORMED),
        (in_message(HELLO[:34] + b"\xff" + HELLO[35:]), Reason.MALFORMED),
        (in_message(HELLO[:30]), Reason.MALFORMED),
        (in_message(b""), Reason.MALFORMED),
        (in_record(b"\x0b\x00\x00\x00"), Reason.MALFORMED),
        (in_record(b"\x02\xff\xff\xff"), Reason.MALFORMED),
        (b"\x16\x03\x03\xff\xff", Reason.MALFORMED),
        (in_record(b"") * 9, Reason.TRUNCATED),
        (b"\x15\x03\x01\x00\x02\x02\x46", Alert(70)),
        (b"\x15\x03\x01\x00\x01\x02\x15\x03\x01\x00\x01\x46", Alert(70)),
        (b"\x15\x03\x01\x00\x02\x01\x70" + in_message(HELLO), ServerHello(0x0303, 0xC02F)),
        (b"\x15\x03\x01\x00\x02\x01\x28", Alert(40)),
        (b"\x15\x03\x01\x00\x02\x01\x28\x15\x03\x01\x00\x02\x01\x00", Alert(40)),
        (b"\x15\x03\x01\x00\x02\x01\x00", Reason.CLOSED),
        (b"\x17\x03\x03\x00\x01x", Reason.NOT_TLS),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.NOT_TLS),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Reason.NOT_TLS),
        (b"\x80\x03\x00\x00\x01", Reason.NOT_TLS),
        (b"", Reason.CLOSED),
    ],
)
def test_answers_are_told_apart(data: bytes, expected: Answer | Reason) -> None:
    assert core(read(data)) == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answered with 'HTTP/1.1 400 Bad'"),
        (b"it's no TLS\r\n", 'answered with "it\'s no TLS\\r\\n"'),
        (b"\x17\x03\x03\x00\x01x", "answered with '\\x17\\x03\\x03\\x00\\x01x'"),
    ],
)
def test_what_is_no_tls_is_quoted_as_a_text(data: bytes, words: str) -> None:
    answer = read(data)
    assert isinstance(answer, Silence)
    assert answer.detail == words


def ssl2_hello(ciphers: int) -> bytes:
    hello = Hello(version=TlsVersion.SSL2, suites=SSL2_CIPHERS)
    reply = reply_to(hello, Ssl2ServerHello(ciphers=ciphers))
    assert isinstance(reply, Send)
    return reply.data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ssl2_hello(7), Ssl2Hello(7)),
        (ssl2_hello(0), Ssl2Hello(0)),
        (b"\x80\x03\x00\x00\x01", Ssl2Error(1)),
        (ssl2_hello(3)[:6] + b"\x03" + ssl2_hello(3)[7:], Reason.MALFORMED),
        (b"\x80\x0b\x04\x00\x01\x00\x02\x00\x01\x00\x01\x00\x00", Reason.MALFORMED),
        (b"\x80\x40\x07" + bytes(64), Reason.NOT_TLS),
        (ssl2_hello(3)[:10], Reason.TRUNCATED),
        (b"\x15\x03\x01\x00\x02\x02\x46", Alert(70)),
        (in_message(HELLO), ServerHello(0x0303, 0xC02F)),
    ],
)
def test_answers_to_an_ssl2_hello_are_told_apart(data: bytes, expected: Answer | Reason) -> None:
    assert core(read(data, ssl2=True)) == expected


@pytest.mark.parametrize("step", [1, 7, None])
@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (ssl2_hello(7), SSL2_CIPHERS),
        (ssl2_hello(1), SSL2_CIPHERS[:1]),
        (ssl2_hello(0), ()),
        (ssl2_hello(7)[:-20], ()),
    ],
)
def test_the_ciphers_of_an_ssl2_hello_are_read_where_it_is_whole(
    data: bytes, kinds: tuple[int, ...], step: int | None
) -> None:
    answer = read(data, ssl2=True, step=step)
    assert isinstance(answer, Ssl2Hello)
    assert answer.kinds == kinds


@pytest.mark.parametrize("version", [TlsVersion.TLS10, TlsVersion.TLS12, TlsVersion.TLS13])
@pytest.mark.parametrize("size", [400, 511, 512, 513, 1_800])
def test_a_hello_has_the_length_that_is_asked_for(version: TlsVersion, size: int) -> None:
    record = offer_hello(Offer(version=version, suites=(0xC02F, 0x1301), groups=(29, 23), size=size), "a.example")
    assert len(record) == 5 + size
    hello = parse_hello(record[9:])
    assert hello is not None
    assert (hello.version, hello.server_name) == (version, "a.example")


def test_a_hello_that_is_longer_than_asked_for_stays_whole() -> None:
    offer = Offer(version=TlsVersion.TLS12, suites=tuple(range(1, 300)), groups=(29,))
    assert parse_hello(offer_hello(offer.but(size=400), "a.example")[9:]) == parse_hello(
        offer_hello(offer, "a.example")[9:]
    )


def test_the_extensions_of_other_words_are_the_same_in_another_order() -> None:
    offer = Offer(version=TlsVersion.TLS12, suites=(0xC02F,), groups=(29, 23))
    one, other = (parse_hello(offer_hello(one, "a.example")[9:]) for one in (offer, offer.but(reworded=True)))
    assert one == other
    assert offer_hello(offer, "a.example")[43:] != offer_hello(offer.but(reworded=True), "a.example")[43:]
