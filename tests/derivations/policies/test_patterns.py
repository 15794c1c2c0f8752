"""Wildcard patterns: what they match, and which cover which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.derivations.policies.patterns import covers, matches


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a*c", "acb", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*a*b*", "xxaxxbxx", True),
        ("*ab*ab", "abab", True),
        ("*ab*ab", "ab", False),
        ("a*?", "a", False),
        ("a*a", "a", False),
        ("**", "anything", True),
        ("*?b?*", "abc", True),
    ],
)
def test_wildcards_match(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8), st.text("ab", max_size=6))
def test_covering_pattern_matches_all_that_the_other_matches(cover: str, other: str, text: str) -> None:
    if covers(cover, other) and matches(other, text):
        assert matches(cover, text)


def test_a_zero_byte_is_no_question_mark() -> None:
    assert not covers("b/\0", "b/?")
    assert covers("b/?", "b/?")
