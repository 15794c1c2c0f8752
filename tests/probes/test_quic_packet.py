"""The question and the answer of a version negotiation, byte for byte (RFC 9000 sections 6, 15 and 17.2.1)."""

from __future__ import annotations

from aioquic.buffer import Buffer
from aioquic.quic.packet import encode_quic_version_negotiation, pull_quic_header
from hypothesis import given
from hypothesis import strategies as st

from auditor.probes.quic_packet import MOST_VERSIONS, Question, is_reserved

QUESTION = Question(0x1A2A3A4A, b"destined", b"from-us!")
VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF


def answer(*versions: int, destination: bytes = b"from-us!", source: bytes = b"destined", first: int = 0x80) -> bytes:
    """As section 17.2.1 draws it. The ids come back the other way round."""
    ids = bytes([len(destination)]) + destination + bytes([len(source)]) + source
    return bytes([first]) + bytes(4) + ids + b"".join(version.to_bytes(4, "big") for version in versions)


def test_the_question_is_a_long_header_in_a_reserved_version_padded_to_1200_bytes() -> None:
    datagram = QUESTION.datagram
    assert len(datagram) == 1_200
    assert datagram[:23] == b"\xc0\x1a\x2a\x3a\x4a\x08destined\x08from-us!"
    assert not datagram[23:].strip(b"\0")


def test_aioquic_reads_the_question() -> None:
    header = pull_quic_header(Buffer(data=QUESTION.datagram), host_cid_length=8)
    assert (header.version, header.destination_cid, header.source_cid) == (0x1A2A3A4A, b"destined", b"from-us!")


def test_each_question_is_drawn_anew() -> None:
    drawn = [Question.drawn() for _ in range(50)]
    assert all(is_reserved(one.version) for one in drawn)
    assert len({one.version for one in drawn}) > 1
    assert len({one.source for one in drawn} | {one.destination for one in drawn}) == 100


def test_what_aioquic_writes_is_read() -> None:
    datagram = encode_quic_version_negotiation(
        source_cid=b"destined", destination_cid=b"from-us!", supported_versions=[VERSION_2, VERSION_1]
    )
    assert QUESTION.versions_in(datagram) == (VERSION_2, VERSION_1)


def test_versions_are_told_in_their_order_without_reserved_ones() -> None:
    assert QUESTION.versions_in(answer(0x5A6A7A8A, 0xFF00001D, VERSION_1)) == (0xFF00001D, VERSION_1)
    assert QUESTION.versions_in(answer(VERSION_1, first=0xFF)) == (VERSION_1,)  # all other bits are free
    many = tuple(range(1, MOST_VERSIONS + 1))
    assert QUESTION.versions_in(answer(*many)) == many


def test_what_is_no_answer_is_none() -> None:
    for datagram in (
        b"",
        b"\x80",
        answer(),  # lists nothing
        answer(0x5A6A7A8A),  # nothing that anybody speaks
        answer(0),
        answer(VERSION_1, QUESTION.version),  # lists the version that was asked (section 6.2)
        answer(VERSION_1)[:-1],
        answer(VERSION_1) + b"\0",
        answer(*range(1, MOST_VERSIONS + 2)),
        answer(VERSION_1, first=0x7F),  # a short header
        answer(VERSION_1, destination=b"destined", source=b"from-us!"),  # the ids as we sent them
        answer(VERSION_1, destination=b"from-us?"),
        answer(VERSION_1, source=b""),
        answer(VERSION_1, source=b"destined2"),
        QUESTION.datagram,
        QUESTION.datagram.replace(QUESTION.version.to_bytes(4, "big"), VERSION_1.to_bytes(4, "big")),
    ):
        assert QUESTION.versions_in(datagram) is None, datagram


@given(st.binary(max_size=400))
def test_no_bytes_of_others_are_an_answer(datagram: bytes) -> None:
    assert Question.drawn().versions_in(datagram) is None


@given(st.binary(max_size=400))
def test_any_bytes_after_the_ids_are_versions_or_no_answer(listed: bytes) -> None:
    versions = QUESTION.versions_in(answer() + listed)
    if versions is not None:
        assert versions
        assert not any(is_reserved(one) or one == 0 for one in versions)
        assert 4 * len(versions) <= len(listed)
