"""The tutorial works as it stands: its files are taken out of the page, built, installed, tested and listed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.empty_environment import ROOT, build_our_wheel, build_wheel, make_environment, run

PAGE = ROOT / "docs" / "writing-a-check.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^File `(?P<name>[\w./-]+)`:\n$", re.MULTILINE)
NEW_CHECKS = ("certificate-expires-soon", "web-no-security-contact")


def files_of(page: str) -> dict[str, str]:
    """Name → text. Every block belongs to the file that the line above it names."""
    files = {}
    for block in BLOCK.finditer(page):
        named = FILE.fullmatch(page[: block.start()].splitlines(keepends=True)[-1])
        assert named, f"no file is named above {block['text'][:60]!r}"
        files[named["name"]] = block["text"]
    return files


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stranger's project."""
    folder = tmp_path_factory.mktemp("elm")
    for name, text in files_of(PAGE.read_text(encoding="utf-8")).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the auditor's wheel and the stranger's."""
    wheels = build_our_wheel(tmp_path_factory.mktemp("ours")), build_wheel(source, tmp_path_factory.mktemp("theirs"))
    return make_environment(tmp_path_factory.mktemp("empty"), *wheels)


def test_the_tutorials_own_tests_pass(installed: Path, source: Path) -> None:
    said = run(installed / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=source)
    assert re.search(r"^\d\d passed in ", said, re.MULTILINE), said


def test_the_new_checks_are_listed_with_their_words(installed: Path) -> None:
    listed = run(installed / "bin" / "auditor", "checks", "--markdown", cwd=installed)
    assert all(name in listed for name in NEW_CHECKS)
    assert "leaves it open, or tells the newspaper" in listed


def test_the_new_checks_are_asked_of_a_web_service_and_of_nothing_else(installed: Path) -> None:
    """Seen through the whole road: probe, derivation and check of the stranger are part of an ad hoc audit."""
    targets = ("https://127.0.0.1:9/", "ssh://audit@127.0.0.1:9")
    said = run(installed / "bin" / "auditor", "check", "--json", "--exit-zero", *targets, cwd=installed)
    findings = [row for row in json.loads(said)["findings"] if row["check"] in NEW_CHECKS]
    assert {(row["asset"], row["check"], row["outcome"]) for row in findings} == {
        (targets[0], name, "unknown") for name in NEW_CHECKS
    }
