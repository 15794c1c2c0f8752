"""Plain text in lines: what somebody copies is not broken."""

from __future__ import annotations

import pytest

from auditor.reports.lines import NARROWEST, laid_out

COMMAND = "`ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`"


@pytest.mark.parametrize("before", range(0, 48, 3))
def test_a_command_that_fits_into_a_line_stands_in_one(before: int) -> None:
    lines = laid_out([(4, f"{'a' * before} words, then {COMMAND}. And more words after it.")], NARROWEST).splitlines()
    assert sum(COMMAND in line for line in lines) == 1
    assert all(len(line) <= NARROWEST for line in lines)


def test_a_longer_one_is_wrapped_like_words() -> None:
    long = f"`{'word ' * 40}end`"
    lines = laid_out([(0, f"Type {long}.")], NARROWEST).splitlines()
    assert all(len(line) <= NARROWEST for line in lines)
    assert " ".join(line.strip() for line in lines) == f"Type {long}."


def test_a_backtick_without_its_partner_changes_nothing() -> None:
    assert laid_out([(0, "it said ` and went")], NARROWEST) == "it said ` and went\n"
