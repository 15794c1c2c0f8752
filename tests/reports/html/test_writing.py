"""The site on disk: whole or not at all, private, and never in place of something else."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import InternalError, UsageError
from auditor.reports.html import pages, write
from auditor.reports.html.writing import A_DAY, replace_site
from tests.reports.html.scorecards import CHECKS, asset, card_of, report_of, system, town

PERMITS = card_of(report_of([system()], [asset()], []), CHECKS)
CLERK = card_of(report_of([system("clerk")], [asset("clerk/site")], []), CHECKS)


def held(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process can be larger than `size` bytes: what a full disk is to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_every_page_is_written_as_it_is(tmp_path: Path) -> None:
    first = write(tmp_path / "deep" / "site", town())
    assert first == tmp_path / "deep" / "site" / "index.html"
    assert held(first.parent) == dict(pages(town()))


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        write(tmp_path / "site", PERMITS)
    finally:
        os.umask(umask)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "site").rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / "site", tmp_path / "site" / "systems")}
    assert (modes, folders) == ({0o600}, {0o700})


def test_pages_of_systems_that_are_gone_disappear(tmp_path: Path) -> None:
    write(tmp_path / "site", PERMITS)
    write(tmp_path / "site", CLERK)
    assert held(tmp_path / "site") == dict(pages(CLERK))
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    write(tmp_path / "site", PERMITS)
    assert held(tmp_path / "site")


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to("real")
    write(tmp_path / "site", PERMITS)
    assert (tmp_path / "site").is_symlink()
    assert held(tmp_path / "real") == dict(pages(PERMITS))


@pytest.mark.parametrize(
    "name", ["notes.txt", "systems/notes.txt", "photos/index.html", "systems/deep/x.html", "index.html"]
)
def test_a_folder_with_something_else_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "site" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"holds something that is no page of a scorecard: .+ Name an empty"):
        write(tmp_path / "site", PERMITS)
    assert held(tmp_path / "site") == {name: "mine"}


def test_a_link_among_the_pages_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "site", PERMITS)
    (tmp_path / "site" / "systems" / "other.html").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match=r"other\.html"):
        write(tmp_path / "site", PERMITS)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    with pytest.raises(UsageError, match="holds something"):
        write(tmp_path / "site", PERMITS)
    assert (tmp_path / "site").read_text() == "mine"


@pytest.mark.parametrize("out", ["file/site", "/proc/site", f"{'x' * 300}/site"])
def test_a_place_where_nothing_can_be_written_is_one_sentence(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"(cannot be read|Nothing can be written beside).+--out"):
        write(tmp_path / out, PERMITS)


def test_a_full_disk_is_one_sentence_and_leaves_the_old_site(tmp_path: Path) -> None:
    write(tmp_path / "site", PERMITS)
    with largest_file(5_000), pytest.raises(InternalError, match=r"could not be written to .+: File too large"):
        write(tmp_path / "site", town())
    assert held(tmp_path / "site") == dict(pages(PERMITS))
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_interruption_leaves_the_old_site(tmp_path: Path) -> None:
    def interrupted() -> Iterator[tuple[str, str]]:
        yield "index.html", "new"
        raise KeyboardInterrupt

    write(tmp_path / "site", PERMITS)
    with pytest.raises(KeyboardInterrupt):
        replace_site(tmp_path / "site", interrupted())
    assert held(tmp_path / "site") == dict(pages(PERMITS))
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_a_killed_writer_left_is_swept_away_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".site.abcdefgh.part", tmp_path / ".site.ijklmnop.part"
    for left in (old, young):
        left.mkdir()
    os.utime(old, (old.stat().st_atime, old.stat().st_mtime - A_DAY - 1))
    write(tmp_path / "site", PERMITS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, "site"]


def test_a_scorecard_is_made_without_jinja_until_there_are_pages() -> None:
    code = "import auditor.reports.html, sys; print('jinja2' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_page_with_half_a_surrogate_pair_is_written(tmp_path: Path) -> None:
    report = replace(PERMITS.report, organisation="half \ud800")
    assert "half &lt;U+D800&gt;" in write(tmp_path / "site", replace(PERMITS, report=report)).read_text()
