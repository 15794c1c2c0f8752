"""What goes over a connection to storage is what was signed, and nothing is smuggled into it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_request import Request, request_of


def test_a_request_is_sent_as_it_was_signed() -> None:
    headers: list[tuple[str, str | bytes]] = [("Host", "other"), ("Connection", "close"), ("a", "b"), ("c", b"d")]
    request = request_of("POST", "https://b.example:8443/x?acl", headers, b"body")
    said = b"POST /x?acl HTTP/1.1\r\nHost: b.example:8443\r\na: b\r\nc: d\r\n\r\nbody"
    assert request == Request(("https", "b.example", 8443), "b.example:8443", said)
    assert request.place == "b.example:8443"


@pytest.mark.parametrize(
    ("url", "origin", "line"),
    [
        ("http://b.example/", ("http", "b.example", 80), b"GET / HTTP/1.1\r\nHost: b.example\r\n"),
        ("https://b.example/?acl", ("https", "b.example", 443), b"GET /?acl HTTP/1.1\r\nHost: b.example\r\n"),
        ("https://B.example", ("https", "b.example", 443), b"GET / HTTP/1.1\r\nHost: B.example\r\n"),
        ("http://[::1]:9000/b", ("http", "::1", 9000), b"GET /b HTTP/1.1\r\nHost: [::1]:9000\r\n"),
    ],
)
def test_an_address_says_where_it_goes(url: str, origin: tuple[str, str, int], line: bytes) -> None:
    request = request_of("GET", url, ())
    assert request.origin == origin
    assert request.data == line + b"\r\n"


def test_what_is_signed_is_not_shown() -> None:
    """A traceback or a log may show it."""
    request = request_of("GET", "http://b.example/", [("x-amz-security-token", "a-token")])
    assert "token" not in repr(request)


def test_only_head_wants_no_body() -> None:
    assert [request_of(method, "http://b.example/", ()).wants_body for method in ("GET", "POST", "HEAD")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("http://b.example/ x", "http://b.example/\x7f", "http://b.example/é", "ftp://b.example/", "http:///x"),
        *("http://b.example:0/", "http://b.example:65536/", "http://b.example:x/", "http://[b.example/", ""),
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Unreachable) as failure:
        request_of("GET", url, ())
    assert failure.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "\0", "☃"])
def test_no_line_is_smuggled_in_by_a_value(value: str) -> None:
    with pytest.raises(Unreachable) as failure:
        request_of("GET", "http://b.example/", [("a", value)])
    assert failure.value.reason is Reason.MALFORMED
    assert not value or value not in failure.value.detail


@given(st.text(max_size=30), st.text(max_size=10))
def test_whatever_it_is_made_of_a_request_has_as_many_lines_as_were_told(path: str, value: str) -> None:
    with suppress(Unreachable):
        request = request_of("GET", f"http://b.example/{path}", [("a", value)])
        assert request.data.count(b"\n") == request.data.count(b"\r") == 4
        assert request.origin == ("http", "b.example", 80)


@pytest.mark.parametrize(
    "url", ["https://u:a-secret@b.example/x", "ftp://u:a-secret@b.example/x", "http://u:a-secret@[x"]
)
def test_what_stands_before_the_host_is_neither_sent_nor_told(url: str) -> None:
    try:
        said = f"{request_of('GET', url, ())!r} {request_of('GET', url, ()).data!r}"
    except Unreachable as failure:
        said = failure.detail
    assert "secret" not in said
