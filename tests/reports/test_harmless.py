"""Nothing that a target says reaches a terminal or a Markdown table with a power of its own."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reports.harmless import UNSHOWN, for_markdown, for_terminal

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb",
    "a\x00b",
    "\u202eevil",
    "zero\u200bwidth",
    "\x9b31m",
    "\u2028x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_shown_as_code_points(text: str) -> None:
    shown = for_terminal(text)
    assert shown.isprintable()
    assert "<U+" in shown


@given(st.text())
def test_nothing_unprintable_reaches_a_terminal(text: str) -> None:
    assert not {character for character in for_terminal(text) if unicodedata.category(character) in UNSHOWN}


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "[x](javascript:1)", "a|b", "`x`", "<img src=x>", "# head"]
)
def test_markdown_from_a_target_stays_text(text: str) -> None:
    shown = for_markdown(text)
    for character in "<>[]()|`#":
        assert shown.count(character) == shown.count("\\" + character)


def test_a_url_from_a_target_is_not_made_a_link() -> None:
    assert "http://" not in for_markdown("http://evil.example")


def test_ordinary_text_is_left_alone() -> None:
    assert for_terminal("Straße, 北京, 42 % – naïve") == "Straße, 北京, 42 % – naïve"
