"""Profile files: those that come with the program, and what a bad one is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auditor import plugins
from auditor.errors import UsageError
from auditor.facts.cipher_suites import registry
from auditor.facts.named_groups import NAMES
from auditor.facts.tls import TlsVersion
from auditor.profiles import profile_names, read_profile
from auditor.profiles.rules import Checks, Groups, Suites, Versions

HEAD = 'id = "own"\ntitle = "Our own"\nsource = "the policy"\ndate = 2026-01-01\n'
RULE = '[[rule]]\nkind = "hsts"\ntext = "HSTS"\nleast_seconds = 1\n'


@pytest.mark.parametrize("name", profile_names())
def test_what_comes_with_the_program_names_things_that_there_are(name: str) -> None:
    profile = read_profile(name)
    assert profile.id == name
    assert profile.source.startswith("https://")
    suites, groups = {suite.name for suite in registry().values()}, set(NAMES.values())
    for rule in profile.rules:
        if isinstance(rule.ask, Suites):
            assert rule.ask.allowed <= suites, rule.ask.allowed - suites
        if isinstance(rule.ask, Groups):
            assert rule.ask.allowed | rule.ask.one_of <= groups
        if isinstance(rule.ask, Checks):
            assert set(rule.ask.ids) <= plugins.load().by_id.keys()


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HEAD + RULE + "starts = 2027-03-01\n")
    profile = read_profile(str(path))
    assert (profile.id, profile.rules[0].starts) == ("own", date(2027, 3, 1))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'date'"),
        ("id = ", "not TOML"),
        (HEAD, "'rule'"),
        (HEAD + "rule = []\n", "no rules"),
        (HEAD + "rule = [1]\n", "no rules"),
        (HEAD + "extra = 1\n" + RULE, "'extra'"),
        (HEAD.replace("2026-01-01", '"yesterday"') + RULE, "date is a day"),
        (HEAD.replace("2026-01-01", "2026-01-01T00:00:00Z") + RULE, "date is a day"),
        (HEAD.replace('"own"', "7") + RULE, "texts"),
        (HEAD + RULE.replace("hsts", "wish"), "rule 1: there is no kind 'wish'"),
        (HEAD + RULE + RULE.replace('text = "HSTS"', ""), "rule 2: text and clause"),
        (HEAD + RULE.replace("least_seconds = 1", 'least_seconds = "long"'), "rule 1: least_seconds"),
        (HEAD + RULE.replace("least_seconds = 1", ""), "rule 1: least_seconds"),
        (HEAD + RULE + "most_days = 1\n", "hsts knows no 'most_days'"),
        (HEAD + RULE + "starts = 1\n", "starts is a day"),
        (HEAD + '[[rule]]\nkind = "checks"\ntext = "x"\nchecks = []\n', "names no check"),
        (HEAD + '[[rule]]\nkind = "versions"\ntext = "x"\nallowed = ["tls9"]\n', "rule 1: allowed"),
    ],
)
def test_a_bad_file_is_told_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refusal:
        read_profile(str(path))
    assert complaint in str(refusal.value)
    assert "own.toml" in str(refusal.value)


def test_a_name_of_nothing_is_told_what_there_is() -> None:
    with pytest.raises(UsageError) as refusal:
        read_profile("mozilla-old")
    assert "mozilla-intermediate" in refusal.value.advice


def test_what_is_no_text_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="could not be read"):
        read_profile(str(path))


def test_nist_leaves_old_versions_to_those_who_need_them_and_tls12_to_those_with_tls13() -> None:
    """SP 800-52r2 clause 3.1. SSL is never allowed, and TLS 1.3 has been required since 2024."""
    old, new = (rule.ask for rule in read_profile("nist-800-52r2").rules[:2])
    assert isinstance(old, Versions)
    assert isinstance(new, Versions)
    assert old.if_needed == {TlsVersion.TLS10, TlsVersion.TLS11}
    assert TlsVersion.SSL3 not in old.allowed | old.if_needed
    assert not old.required
    assert new.required == {TlsVersion.TLS13}
