"""`auditor explain`: a check with and without runs, and a finding over the nights that made it what it is."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor import plugins
from auditor.check import Check
from auditor.explaining import rule_of
from auditor.model import Basis, Letter, Outcome, Severity, Standing
from auditor.past import Recorded, State
from auditor.reports import lines
from auditor.reports.explanation.nouns import since
from auditor.reports.explanation.words import TEXT
from auditor.reports.harmless import UNSHOWN
from auditor.rubric import read_rubric
from auditor.store import Address, opened, runs
from tests.cli.front_door import FrontDoor
from tests.nights.explaining import (
    explained,
    nights,
    told,
    whole_lines,  # noqa: F401 - fixtures
)
from tests.nights.village import Village
from tests.store.town import since as held_since

ROOT = Path(__file__).parents[2]
BUILT_IN = plugins.load()


# A check.


@pytest.mark.parametrize("check", BUILT_IN.checks, ids=lambda check: check.id)
def test_every_check_is_explained_without_a_store(auditor: FrontDoor, check: Check[Any]) -> None:
    left = auditor("explain", check.id)
    assert (left.code, left.err) == (0, "")
    text = " ".join(left.out.split())
    assert text.startswith(f"{check.id}: {check.title} How bad: {check.severity.word}.")
    for said in (f"Why: {check.why}", f"Fix: {check.fix}", "No run is kept yet", *check.controls, check.source):
        assert said in text


@pytest.mark.parametrize("check", BUILT_IN.checks, ids=lambda check: check.id)
def test_a_rule_is_where_the_explanation_says(check: Check[Any]) -> None:
    rule = rule_of(check, BUILT_IN, read_rubric())
    assert rule.line is not None
    lines = (ROOT / rule.file).read_text(encoding="utf-8").splitlines()[rule.line - 1 :]
    head = "\n".join(lines[: next(number for number, line in enumerate(lines) if line.startswith("def ")) + 1])
    assert head.startswith("@check(")
    assert f'"{check.id}"' in head
    assert f"def {check.judge.__name__}(" in head


@pytest.mark.parametrize("check", BUILT_IN.checks, ids=lambda check: check.id)
def test_the_way_to_a_check_begins_with_something_that_is_looked_at(check: Check[Any]) -> None:
    sources = rule_of(check, BUILT_IN, read_rubric()).sources
    told_of = {source.facts for source in sources}
    assert check.reads.__name__ in told_of
    assert {read for source in sources for read in source.reads} <= told_of
    assert any(source.kind for source in sources)


def test_what_a_check_caps_is_the_rubrics_word() -> None:
    rule = rule_of(BUILT_IN.by_id["tls-legacy-version"], BUILT_IN, read_rubric())
    assert (rule.caps_open, rule.caps_sensitive) == (Letter.C, Letter.D)
    grave = rule_of(BUILT_IN.by_id["web-no-https"], BUILT_IN, read_rubric())
    assert (grave.caps_open, grave.unseen_open) == (Letter.F, Letter.D), "F means that somebody saw it"


@pytest.mark.parametrize(
    ("name", "meant"), [("web-hsts-mising", "web-hsts-missing"), ("certificate-expire", "certificate-expired")]
)
def test_an_unknown_check_is_a_usage_error_that_names_what_may_be_meant(
    auditor: FrontDoor, name: str, meant: str
) -> None:
    left = auditor("explain", name)
    assert left.code == 2
    assert f"{name!r} is no check" in left.err
    assert f"Did you mean {meant}" in left.err
    assert left.out == ""


@pytest.mark.parametrize("name", ["", "\x1b[31m", "x" * 10_000, "\N{SNOWMAN}"])
def test_a_name_like_no_other_is_a_usage_error(auditor: FrontDoor, name: str) -> None:
    left = auditor("explain", name)
    assert left.code == 2
    assert "auditor checks" in left.err
    assert "\x1b" not in left.err


def test_a_store_that_was_named_has_to_be_there(auditor: FrontDoor, tmp_path: Path) -> None:
    left = auditor("explain", "web-hsts-missing", f"--store={tmp_path / 'none.db'}")
    assert left.code == 2
    assert "There is no store" in left.err


def test_a_store_that_cannot_be_used_is_said_and_the_check_is_explained(
    auditor: FrontDoor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "store.db").touch(mode=0o644)
    monkeypatch.setenv("AUDITOR_STORE", str(tmp_path / "store.db"))
    left = auditor("explain", "web-hsts-missing")
    assert left.code == 0
    assert "chmod 600" in left.err
    assert "Fix: " in left.out


def test_a_store_that_is_broken_is_said_and_the_check_is_explained(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    village.run("-q")
    with closing(sqlite3.connect(village.store)) as database:
        database.execute("alter table run rename column short to shorter")
    monkeypatch.setenv("AUDITOR_STORE", str(village.store))
    left = village.auditor("explain", "door-open")
    assert left.code == 0
    assert "no such column" in left.err
    assert "Fix: Lock it." in left.out
    assert village.ask("explain", "door-open").code == 4, "a store that was named has to work"


def test_a_check_says_where_it_fails_passes_and_was_not_seen(village: Village) -> None:
    village.show(front="open", back="!timeout", gate="locked")
    village.run("-q")
    text = told(village, "door-open")
    assert "On 2026-03-02 03:00 CET it failed at 1 of 3 places, and could not be seen at 1." in text
    assert "Where it fails:\n  hall/front: The lock is open. (since 2026-03-02 03:00 CET)" in text
    assert "Where it could not be seen:\n  hall/back: No answer came in time." in text
    assert "Where it passes: mill/gate\n" in text
    assert "auditor explain hall/front door-open" in text
    document = explained(village, "door-open")
    assert [(one["asset"], one["outcome"]) for one in document["findings"]] == [
        ("hall/front", "fail"),
        ("hall/back", "unknown"),
        ("mill/gate", "pass"),
    ]
    assert document["check"]["caps"] == {"public": "C", "confidential": "D"}
    assert document["explained"] == []


def test_a_check_names_a_few_places_and_counts_the_rest(village: Village) -> None:
    village.show(front={f"door {number}": "open" for number in range(8)})
    village.run("-q")
    text = told(village, "door-open")
    assert "it failed at 8 of 10 places" in text
    assert text.count("hall/front at door") == 5
    assert "  and 3 more\n" in text
    assert len(explained(village, "door-open")["findings"]) == 10


def test_of_whom_a_check_is_not_asked_is_counted(village: Village) -> None:
    village.run("-q")
    text = told(village, "vault-open")
    assert "it failed at 0 of 0 places, and could not be seen at 0. Of 3 assets it is not asked." in text


# All findings of an asset, and choosing among them.


def test_an_asset_is_a_line_for_each_finding_the_gravest_first(village: Village) -> None:
    village.list("hall/front tiers: [nightly, deep]", "hall/back", "mill/gate")
    village.show(front={"a": "locked", "b": "open"})
    village.show_vault(front="open")
    village.run("-q")
    text = told(village, "hall/front")
    assert text.splitlines()[:3] == [
        "hall/front (https://front.elm.example/): C, outdated or easily bypassed protection.",
        "On 2026-03-02 03:00 CET, of 3 checks 2 failed and 0 could not be seen.",
        "Held down by door-open. For B: door-open.",
    ]
    assert re.findall(r"^  (.*?):", text, re.MULTILINE) == [
        "high door-open fails at b",
        "medium vault-open fails",
        "high door-open passes at a",
    ]
    assert len(explained(village, "hall/front")["findings"]) == 3


def test_a_system_is_all_its_assets(village: Village) -> None:
    village.run("-q")
    text = told(village, "hall")
    assert text.startswith("The hall (hall): A, every mandatory rule is kept.\n")
    assert "door-open passes for hall/back" in text
    assert "door-open passes for hall/front" in text
    assert "mill" not in text
    assert [one["asset"] for one in explained(village, "hall", "door-open")["findings"]] == ["hall/back", "hall/front"]


def test_of_several_places_the_worst_is_explained_and_the_others_are_named(village: Village) -> None:
    village.show(front={"a": "locked", "b": "open", "c": "!timeout"})
    village.run("-q")
    text = told(village, "hall/front", "door-open")
    assert text.splitlines()[0].endswith(" at b: door-open fails.")
    assert "  could not be seen: hall/front at c: No answer came in time.\n" in text
    assert "  passes: hall/front at a: The lock is locked.\n" in text
    assert f"Type: auditor explain hall/front door-open c --store {village.store}\n" in text
    assert told(village, "hall/front", "door-open", "a").splitlines()[0].endswith(" at a: door-open passes.")
    assert len(explained(village, "hall/front", "door-open")["explained"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hall/frnt",), "no system or asset of run .* Did you mean hall/front"),
        (("hal",), "Did you mean hall"),
        (("hall/front", "door-opn"), "'door-opn' is no check. Did you mean door-open"),
        (("hall/front", "door-open", "nowhere"), r"has no place 'nowhere' .* There is: \"\"\."),
        (("hall/front", "vault-open"), "it belongs to the deep tier. Add deep to `tiers`"),
        (("door-open", "--run", "19990101"), "holds no finished run"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_a_usage_error_that_says_what_there_is(
    village: Village, words: tuple[str, ...], said: str
) -> None:
    village.run("-q")
    left = village.ask("explain", *words)
    assert left.code == 2
    assert re.search(said, left.err), left.err
    assert left.out == ""


def test_before_the_first_run_an_asset_cannot_be_explained(village: Village) -> None:
    left = village.ask("explain", "hall/front")
    assert left.code == 2
    assert "no finished run yet" in left.err


def test_a_store_in_which_no_run_ended_yet_is_no_trouble_for_who_asks_of_a_check(
    auditor: FrontDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auditor run` without an inventory leaves one."""
    monkeypatch.setenv("AUDITOR_STORE", str(tmp_path / "state" / "store.db"))
    (tmp_path / "state").mkdir(mode=0o700)
    with opened(Address(file=tmp_path / "state" / "store.db"), create=True):
        pass
    left = auditor("explain", "web-hsts-missing")
    assert (left.code, left.err) == (0, "")
    assert "No run is kept yet" in left.out


HOSTILE = "\x1b[2J\u202e'; rm -rf / #\n<script>"


# What a target chose.


def test_a_hostile_place_is_shown_harmlessly_and_can_be_named_as_shown(village: Village) -> None:
    village.show(front={HOSTILE: "locked", "b": "open"})
    village.run("-q")
    for words in (("hall/front",), ("hall/front", "door-open"), ("hall/front", "door-open", "b"), ("door-open",)):
        left = village.ask("explain", *words)
        assert left.code == 0
        assert not {one for one in left.out if unicodedata.category(one) in UNSHOWN and one != "\n"}
    assert HOSTILE in {one["locus"] for one in explained(village, "hall/front")["findings"]}
    shown = "<U+001B>[2J<U+202E>'; rm -rf / # <script>"
    assert "door-open passes." in told(village, "hall/front", "door-open", shown)
    text = told(village, "hall/front", "door-open")
    place = "'<U+001B>[2J<U+202E>'\"'\"'; rm -rf / # <script>'"
    assert f"Type: auditor explain hall/front door-open {place} --store {village.store}\n" in text


def test_what_is_long_is_cut_and_what_is_cut_is_counted(village: Village) -> None:
    village.show(front={"x" * 5_000: "open"})
    village.run("-q")
    assert f"{'x' * TEXT}... (and {5_000 - TEXT} more characters)" in told(village, "hall/front", "door-open")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert one["locus"] == "x" * 5_000


def test_lines_fit_the_terminal(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    nights(village, "locked", "open")
    monkeypatch.setattr(lines, "WIDEST", 100)
    for columns in (60, 80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        for words in (("door-open",), ("hall",), ("hall/front", "door-open")):
            rows = [row for row in told(village, *words).splitlines() if ": auditor " not in row]  # commands are whole
            assert max(len(row) for row in rows if " " in row.strip() and "SHA-256" not in row) <= columns


def test_since_is_what_the_pages_say(village: Village) -> None:
    nights(village, "locked", {"a": "open", "b": "!timeout"}, "open", ["locked", "open"], "!reset")
    findings = explained(village, "hall")["findings"]
    assert {one["outcome"] for one in findings} >= {"fail", "pass"}
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        last = runs.run_named(connection, "last").no
        for one in findings:
            said = held_since(connection, (one["asset"], one["check"], one["locus"]), last)
            assert said is not None
            assert datetime.fromisoformat(one["since"]) == said


def recorded(*outcomes: Outcome | None) -> tuple[Recorded, ...]:
    """One a day from the first of January on."""
    return tuple(
        Recorded(f"run {day}", datetime(2026, 1, day, tzinfo=UTC), outcome and state(outcome))
        for day, outcome in enumerate(outcomes, 1)
    )


def state(outcome: Outcome) -> State:
    return State(
        outcome=outcome, severity=Severity.LOW, standing=Standing.NOW, basis=Basis.OBSERVED, summary=str(outcome)
    )


FAIL, PASS = Outcome.FAIL, Outcome.PASS


# Since when, by itself.


@pytest.mark.parametrize(
    ("outcomes", "day"),
    [
        ((FAIL,), 1),
        ((FAIL, FAIL, FAIL), 1),
        ((FAIL, PASS, FAIL, FAIL), 3),
        ((FAIL, None, FAIL), 3),
        ((None, FAIL), 2),
        ((FAIL, None), None),
        ((), None),
    ],
)
def test_since_is_the_first_of_the_last_alike(outcomes: tuple[Outcome | None, ...], day: int | None) -> None:
    assert since(recorded(*outcomes)) == (datetime(2026, 1, day, tzinfo=UTC) if day else None)
