"""A usual answer is read as the standard library reads it, and everything else is left to that."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_line import Line
from auditor.reach.s3_plain import MOST_HEAD, UNUSUAL, Exchanged, More, Usual, read
from auditor.reach.s3_request import request_of

MOST = 200
ASKED = request_of("GET", "http://b.example/?acl", ())
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nx-amz-request-id: A1\r\n\r\n<a/>"
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n2\r\n/>\r\n0\r\n\r\n"
PIECES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 204 No\r\n"),
        *(b"HTTP/1.1 403\r\n", b"HTTP/1.1 999 x\r\n", b"HTTP/1.1 2000 x\r\n", b"\r\n", b"\n", b"\r", b"\0", b" "),
        *(b"Content-Length: 4\r\n", b"content-length: 3\r\n", b"Content-Length: +4\r\n", b"Content-Length: 999\r\n"),
        *(b"Content-Length: \xb2\r\n", b"Content-Length:4 \r\n", b"Content-Length: 4, 4\r\n", b"Content-Length:\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: Chunked\r\n", b"Transfer-Encoding: gzip\r\n"),
        *(
            b"Connection: close\r\n",
            b"Connection: keep-alive\r\n",
            b"Connection: upgrade, close\r\n",
            b"X: a\r\n b\r\n",
        ),
        *(b"ETag: \xe9  \r\n", b"x y: 1\r\n", b"no colon\r\n", b": empty\r\n", b"From x\r\n", b"A: b\n"),
        *(b"4\r\n<a/>\r\n", b"2\r\n<a\r\n", b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"2;x=y\r\n<a\r\n", b"-1\r\n"),
        *(b"FFFFFF\r\n", b"04\r\n<a/>\r\n", b"0x2\r\n<a\r\n", b"<a/>", b"x" * 300, b"2\r\n<axx", b"{}\r\n\r\n"),
        *(GOOD, CHUNKED),
    ]
)
Outcome = tuple[str, object]


@contextmanager
def line_that_hears(said: bytes, *, closes: bool = True) -> Iterator[Line]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        if closes:
            theirs.shutdown(socket.SHUT_WR)
        yield Line(ours)


def outcome_of(said: bytes, *, closes: bool = True, seconds: float = 5.0) -> tuple[Outcome, bool]:
    """What a caller hears, and whether the connection is kept."""
    with line_that_hears(said, closes=closes) as line:
        try:
            answer, keeps = line.exchange(ASKED, time.monotonic() + seconds, MOST)
        except Unreachable as failure:
            return ("unreachable", failure.reason), False
        except (OSError, http.client.HTTPException, ValueError) as error:
            return ("error", type(error)), False
    return ("answer", answer), keeps


def both(said: bytes, **how: bool | float) -> None:
    ours, keeps = outcome_of(said, **how)  # type: ignore[arg-type]
    with patch("auditor.reach.s3_line.read", return_value=UNUSUAL):
        theirs, also_keeps = outcome_of(said, **how)  # type: ignore[arg-type]
    assert ours == theirs
    assert also_keeps or not keeps


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=9).map(b"".join))
def test_anything_is_read_as_the_library_reads_it(said: bytes) -> None:
    both(said)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([GOOD, CHUNKED]), st.integers(0, 90), st.binary(max_size=3), st.integers(0, 3))
def test_a_broken_answer_is_read_as_the_library_reads_it(said: bytes, place: int, put: bytes, gone: int) -> None:
    both(said[:place] + put + said[place + gone :])


@pytest.mark.parametrize(
    "said",
    [
        *(b"nonsense\r\n", b"HTTP/1.1 abc\r\n", b"HTTP/1.1 200 OK\n\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\n\n"),
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 120,
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 201\r\n\r\n" + b"x" * 201,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nCA\r\n" + b"x" * 201,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_nobody_waits_longer_than_the_library_would(said: bytes) -> None:
    """The server says no more and keeps the line open."""
    both(said, closes=False, seconds=0.05)


@pytest.mark.parametrize("said", [GOOD, CHUNKED])
def test_a_usual_answer_needs_no_library_however_it_is_cut(said: bytes) -> None:
    for end in range(len(said)):
        assert isinstance(read(said[:end], MOST), More)
    found = read(said, MOST)
    assert isinstance(found, Usual)
    assert (found.answer.body, found.keeps) == (b"<a/>", True)


def test_what_comes_unasked_ends_the_connection() -> None:
    """It would be taken for the answer to the next question."""
    found = read(GOOD + GOOD, MOST)
    assert isinstance(found, Usual)
    assert (found.answer.body, found.keeps) == (b"<a/>", False)


@pytest.mark.parametrize(
    ("said", "kept"), [(b"Connection: close\r\n", False), (b"Connection: Keep-Alive\r\n", True), (b"", True)]
)
def test_the_servers_word_on_the_connection_counts(said: bytes, kept: bool) -> None:
    found = read(b"HTTP/1.1 200 OK\r\n" + said + b"Content-Length: 0\r\n\r\n", MOST)
    assert isinstance(found, Usual)
    assert found.keeps is kept


def test_a_header_that_does_not_end_is_the_librarys() -> None:
    assert read(b"HTTP/1.1 200 OK\r\na: " + b"b" * MOST_HEAD, MOST) is UNUSUAL


def test_two_answers_on_one_line_do_not_mix() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(ours)
        for body in (b"<a/>", b"<b/>"):
            theirs.sendall(GOOD.replace(b"<a/>", body))
            answer, _ = line.exchange(ASKED, time.monotonic() + 5, MOST)
            assert answer == Exchanged(200, (("Content-Length", "4"), ("x-amz-request-id", "A1")), body)


def test_an_answer_that_is_too_long_says_so() -> None:
    (kind, reason), keeps = outcome_of(b"HTTP/1.1 200 OK\r\nContent-Length: 201\r\n\r\n" + b"x" * 201)
    assert (kind, reason, keeps) == ("unreachable", Reason.TOO_LONG, False)


class Starved(socket.socket):
    """A socket of a process that is not let run between its question and its reading, until the deadline is over."""

    starved_s = 0.2

    def sendall(self, *_: object) -> None:
        time.sleep(self.starved_s)


@contextmanager
def starved_line_that_hears(said: bytes) -> Iterator[Line]:
    ours, theirs = socket.socketpair()
    with Starved(fileno=ours.detach()) as starved, theirs:
        theirs.sendall(said)
        yield Line(starved)


@pytest.mark.parametrize("said", [GOOD, CHUNKED, GOOD.replace(b"200 OK", b"100 Continue\r\n\r\nHTTP/1.1 200 OK")])
def test_an_answer_that_had_come_before_anybody_could_look_is_read(said: bytes) -> None:
    with starved_line_that_hears(said) as line:
        answer, _ = line.exchange(ASKED, time.monotonic() + 0.1, MOST)
    assert answer.body == b"<a/>"


@pytest.mark.parametrize("said", [b"", GOOD[:-1], CHUNKED[:-3], GOOD[:20]])
def test_an_answer_that_had_not_come_is_not_waited_for(said: bytes) -> None:
    with starved_line_that_hears(said) as line, pytest.raises(TimeoutError):
        line.exchange(ASKED, time.monotonic() + 0.1, MOST)


def test_what_never_ends_is_not_read_for_ever_after_the_deadline() -> None:
    """The library passes over any number of interim answers."""
    stopped = threading.Event()
    ours, theirs = socket.socketpair()

    def talk() -> None:
        with suppress(OSError):
            while not stopped.is_set():
                theirs.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)

    talking = threading.Thread(target=talk)
    with Starved(fileno=ours.detach()) as starved, theirs:
        talking.start()
        try:
            with pytest.raises(TimeoutError):
                Line(starved).exchange(ASKED, time.monotonic() + 0.1, MOST)
        finally:
            stopped.set()
            starved.shutdown(socket.SHUT_RDWR)
            talking.join()
