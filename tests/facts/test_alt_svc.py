"""The header Alt-Svc is read strictly: what is no such header leads nowhere, and is not taken for good (RFC 7838)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.alt_svc import (
    FOREVER_S,
    MOST_ALTERNATIVES,
    Alternative,
    AlternativesRead,
    is_at,
    parse_alt_svc,
)
from auditor.facts.base import target_text

DAY = 86_400


def one(protocol: str = "h3", host: str = "", port: int = 443, max_age_s: int = DAY) -> Alternative:
    return Alternative(protocol=protocol, host=host, port=port, max_age_s=max_age_s)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('h3=":443"; ma=86400', [one()]),
        ('h3=":443"', [one()]),
        ('h3=":443";ma=2592000,h3-29=":443";ma=60', [one(max_age_s=2_592_000), one("h3-29", max_age_s=60)]),
        ('h2="Alt.Example:8000", h2=":443"', [one("h2", "alt.example", 8000), one("h2")]),
        ('h2="alt.example.:443"', [one("h2", "alt.example")]),
        ('h3="[2001:DB8:0::1]:443"', [one(host="2001:db8::1")]),
        ('w%3Dx%3Ay#z=":8"', [one("w%3Dx%3Ay#z", port=8)]),
        ('h2="a\\lt.example:\\4\\43"', [one("h2", "alt.example")]),
        ('h3=":443"; ma="60"; persist=1; v="46,43"; new=thing', [one(max_age_s=60)]),
        ('h3=":443" ; MA=60', [one(max_age_s=60)]),
        (' \t,, h3=":443" ,', [one()]),
        ('h3=":443"; ma=' + "9" * 500, [one(max_age_s=FOREVER_S)]),
        ('h3=":443"; ma=0', []),
        ('h3=":1", h3=":2"; ma=000', [one(port=1)]),
        ('h3=":65535"', [one(port=65_535)]),
        ("clear", []),
        ('clear, h3=":443"', []),
        ('clear="alt.example:443"', [one("clear", "alt.example")]),
        ("", []),
        (" ", []),
    ],
)
def test_what_is_read(header: str, found: list[Alternative]) -> None:
    assert parse_alt_svc((header,)) == tuple(found)


@pytest.mark.parametrize(
    "header",
    [
        "Clear",
        "clear clear",
        "clear; ma=1",
        "h3",
        "h3=:443",
        "h3=443",
        'h3=""',
        'h3=":"',
        'h3="443"',
        'h3=":0"',
        'h3=":65536"',
        'h3=":443443"',
        'h3=":+443"',
        'h3=":٤٤٣"',
        'h3=":443',
        "h3=':443'",
        'h3 =":443"',
        'h3= ":443"',
        'h3=":443" ma=1',
        'h3=":443"; ma',
        'h3=":443"; ma=',
        'h3=":443"; ma=-1',
        'h3=":443"; ma=1.5',
        'h3=":443"; ma=1; ma=2',
        'h3=":443";;ma=1',
        'h3=".:443"',
        'h3="[::1:443"',
        'h3="[1.2.3.4]:443"',
        'h3="[::1%lo]:443"',
        'h3="user@alt.example:443"',
        'h3="alt.example/:443"',
        'h3="bücher.example:443"',
        'h3="https://alt.example:443"',
        '=":443"',
        'h3=":443"\x00',
        'h3=":4\x0043"',
        'h3=":443", <script>',
        'h3=":443", …',
        "…",
        "\r\n",
    ],
)
def test_what_breaks_the_syntax(header: str) -> None:
    assert parse_alt_svc((header,)) is None
    assert parse_alt_svc(('h3=":443"', header)) is None


def test_several_headers_are_one_list_and_clear_undoes_all_of_it() -> None:
    assert parse_alt_svc(('h3=":443"', 'h2="alt.example:443"')) == (one(), one("h2", "alt.example"))
    assert parse_alt_svc(('h2="alt.example:443"', "clear")) == ()
    assert parse_alt_svc(()) == ()


def test_a_quote_of_one_header_does_not_end_in_the_next() -> None:
    assert parse_alt_svc(('h3="', ':443"')) is None


def test_too_many_are_none() -> None:
    many = ",".join(['h3=":443"'] * MOST_ALTERNATIVES)
    assert parse_alt_svc((many,)) == (one(),) * MOST_ALTERNATIVES
    assert parse_alt_svc((many, 'h2="alt.example:1"')) is None


@pytest.mark.parametrize("cut", range(8, 40))
def test_what_is_cut_breaks_the_syntax(cut: int) -> None:
    header = 'h3=":443"; ma=86400, h2="alt.example:8443"; persist=1'
    assert parse_alt_svc((target_text(header, cut),)) is None


@pytest.mark.parametrize(
    ("protocol", "over_quic"),
    [("h3", True), ("h3-29", True), ("h3-Q050", True), ("quic", True), ("h2", False), ("h3x", False), ("H3", False)],
)
def test_what_goes_over_quic(protocol: str, over_quic: bool) -> None:
    assert one(protocol).is_over_quic is over_quic


@pytest.mark.parametrize(
    ("host", "port", "own"),
    [
        ("", 443, True),
        ("a.example", 443, True),
        ("", 8443, False),
        ("b.example", 443, False),
        ("x.a.example", 443, False),
    ],
)
def test_what_is_the_services_own_place(host: str, port: int, own: bool) -> None:
    assert is_at(one(host=host, port=port), "a.example", 443) is own


def test_alternatives_without_a_header_are_refused() -> None:
    with pytest.raises(ValueError, match="header"):
        AlternativesRead(
            observed_at=datetime(2026, 6, 1, tzinfo=UTC), url="u", host="h", port=1, headers=(), alternatives=(one(),)
        )


@given(st.lists(st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")), max_size=4))
def test_any_bytes_are_read_or_break_the_syntax(headers: list[str]) -> None:
    _is_sound(parse_alt_svc(headers))


@given(st.lists(st.text('h3=":44;, \\clearma[]%…\t', max_size=60), max_size=3))
def test_so_is_what_nearly_is_such_a_header(headers: list[str]) -> None:
    _is_sound(parse_alt_svc(headers))


def _is_sound(found: tuple[Alternative, ...] | None) -> None:
    for alternative in found or ():
        assert 0 < alternative.port < 65_536
        assert 0 < alternative.max_age_s <= FOREVER_S
        assert alternative.protocol
        assert alternative.host == alternative.host.lower()


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
ALTERNATIVES = st.builds(one, NAMES, NAMES | st.just(""), st.integers(1, 65_535), st.integers(1, FOREVER_S - 1))


@given(st.lists(ALTERNATIVES, min_size=1, max_size=MOST_ALTERNATIVES))
def test_what_is_written_is_read_again(alternatives: list[Alternative]) -> None:
    header = ", ".join(f'{one.protocol}="{one.host}:{one.port}"; ma={one.max_age_s}' for one in alternatives)
    assert parse_alt_svc((header,)) == tuple(alternatives)
