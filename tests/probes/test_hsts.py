"""HSTS headers are read as a browser reads them (RFC 6797 section 6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.web import Hsts
from auditor.probes.hsts import FOREVER_S, parse_hsts

YEAR = 31_536_000
TOKEN = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!#$%&'*+^`|~", min_size=1, max_size=12
)
SPACE = st.text(" \t", max_size=3)
KNOWN = {"max-age", "includesubdomains", "preload"}


@pytest.mark.parametrize(
    ("header", "policy"),
    [
        ("max-age=31536000", Hsts(max_age_s=YEAR)),
        ('max-age="31536000"', Hsts(max_age_s=YEAR)),
        ("Max-Age = 31536000 ; INCLUDESUBDOMAINS", Hsts(max_age_s=YEAR, include_subdomains=True)),
        ("max-age=31536000; includeSubDomains; preload", Hsts(max_age_s=YEAR, include_subdomains=True, preload=True)),
        ("includeSubDomains;max-age=1;", Hsts(max_age_s=1, include_subdomains=True)),
        (";;max-age=0;;", Hsts(max_age_s=0)),
        ("max-age=5; new=thing; other", Hsts(max_age_s=5)),
        ('max-age=5; note="a;b=\\"c"', Hsts(max_age_s=5)),
        ("max-age=5;\r\n includeSubDomains", Hsts(max_age_s=5, include_subdomains=True)),
        ("max-age=" + "9" * 5000, Hsts(max_age_s=FOREVER_S)),
        ("max-age=000000000000000031536000", Hsts(max_age_s=YEAR)),
    ],
)
def test_what_a_browser_keeps(header: str, policy: Hsts) -> None:
    assert parse_hsts(header) == policy


@pytest.mark.parametrize(
    "header",
    [
        "",
        "includeSubDomains",
        "max-age",
        "max-age=",
        "max-age=banana",
        "max-age=-1",
        "max-age=1.5",
        "max-age=٣٦٥",
        "max-age='31536000'",
        'max-age="31536000',
        "max-age=1; max-age=1",
        "max-age=1; Max-Age=2",
        "max-age=1; includeSubDomains; INCLUDESUBDOMAINS",
        "max-age=1; includeSubDomains=yes",
        "max-age=1, max-age=1",
        "max-age=1 includeSubDomains",
        "max-age=1; <script>",
        "max-age=1; x=\x00",
        "max-age=31536000;…",
    ],
)
def test_what_a_browser_ignores(header: str) -> None:
    assert parse_hsts(header) is None


@given(st.text())
def test_any_text_is_survived(header: str) -> None:
    policy = parse_hsts(header)
    assert policy is None or policy.max_age_s >= 0


@given(st.binary(max_size=300))
def test_any_bytes_after_a_good_start_never_lengthen_it(tail: bytes) -> None:
    policy = parse_hsts("max-age=60; x" + tail.decode("latin-1"))
    assert policy is None or policy.max_age_s == 60


@given(st.integers(0, 10**11), SPACE, SPACE, st.booleans(), st.lists(TOKEN, max_size=4), st.randoms())
def test_order_case_spaces_and_quotes_do_not_matter(age, before, after, quoted, others, chance) -> None:
    unknown = {name.lower(): name for name in others if name.lower() not in KNOWN}.values()
    name = "".join(chance.choice((letter.upper(), letter)) for letter in "max-age")
    value = f'"{age}"' if quoted else str(age)
    directives = [f"{name}{before}={after}{value}", "includeSubDomains", *unknown]
    chance.shuffle(directives)
    assert parse_hsts(f"{after};{before}".join(directives)) == Hsts(max_age_s=age, include_subdomains=True)


@given(st.sampled_from(["max-age=1", "includeSubDomains", "x", "x=y"]), st.randoms())
def test_a_directive_twice_voids_the_header(twice: str, chance) -> None:
    directives = ["max-age=1", "includeSubDomains", "x", twice]
    chance.shuffle(directives)
    assert parse_hsts("; ".join(directives)) is None
