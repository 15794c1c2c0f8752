"""What a reader is told to type, in one line that a shell takes as it stands."""

from __future__ import annotations

import pytest

from auditor.reports.commands import Commands

TOLD = Commands(store="/srv/a store.db", inventory="city's.yaml")


@pytest.mark.parametrize(
    ("commands", "words", "line"),
    [
        (Commands(), ("judge", "last"), "auditor judge last"),
        (Commands(), ("explain", "hall/front; reboot"), "auditor explain 'hall/front; reboot'"),
        (Commands(store="s.db"), ("judge", "last"), "auditor judge last --store s.db"),
        (Commands(store=""), ("judge", "last"), "auditor judge last --store ''"),
        (TOLD, ("run", "--resume"), "auditor run 'city'\"'\"'s.yaml' --resume --store '/srv/a store.db'"),
        (TOLD, ("diff",), "auditor diff --store '/srv/a store.db'"),
        (Commands(), ("explain", "a\x1b[2J\u202e"), "auditor explain 'a<U+001B>[2J<U+202E>'"),
    ],
)
def test_a_command_is_one_line_for_a_shell(commands: Commands, words: tuple[str, ...], line: str) -> None:
    assert commands.line(*words) == line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("Name another file.", "Name another file."),
        ("Make one: `auditor run`.", "Make one: `auditor run i.yaml --store s.db`."),
        ("Go on: `auditor run --resume`.", "Go on: `auditor run i.yaml --resume --store s.db`."),
        ("`auditor store check` says.", "`auditor store check --store s.db` says."),
        ("`auditor checks`, `auditor report table`", "`auditor checks`, `auditor report table --store s.db`"),
        ("Compare with `auditor enrol`; run auditor judge.", "Compare with `auditor enrol`; run auditor judge."),
    ],
)
def test_the_commands_in_a_text_get_what_they_lack(text: str, said: str) -> None:
    assert Commands(store="s.db", inventory="i.yaml").completed(text) == said
    assert Commands().completed(text) == text
