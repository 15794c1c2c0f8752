"""What is installed is read as the standard library reads it, which takes longer to load; odd metadata do no harm."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor import installed
from auditor.doors import doors

LINE = st.text(st.sampled_from("ab.:=[]# \t-"), max_size=12)


class Text:
    """A distribution of nothing but its entry points."""

    def __init__(self, said: str) -> None:
        self._said = said

    def read_text(self, _: str, /) -> str:
        return self._said

    def locate_file(self, path: str, /) -> object:
        return Path(path)


def by_name(name: str) -> installed.Distribution:
    return next(one for one in installed.distributions() if installed.name_and_version(one)[0] == name)


def test_every_distribution_is_found_with_name_version_and_entry_points() -> None:
    ours = {
        installed.name_and_version(one): sorted(map(tuple, installed.entry_points(one)))
        for one in installed.distributions()
    }
    theirs = {
        (one.metadata["Name"], one.version): sorted(
            (point.group, point.name, point.value) for point in one.entry_points
        )
        for one in metadata.distributions()
    }
    assert ours == theirs
    assert len(ours) > 30


@pytest.mark.parametrize("name", ["click", "cryptography", "pytest"])
def test_the_files_of_a_distribution_are_those_that_it_lists(name: str) -> None:
    listed = {path.as_posix() for path in metadata.distribution(name).files or ()}
    assert installed.files(by_name(name)) == listed
    assert installed.version_of(name) == metadata.version(name)


def test_a_version_of_what_is_not_installed_is_an_error() -> None:
    with pytest.raises(LookupError):
        installed.version_of("nobody-has-this")


@pytest.mark.parametrize("point", metadata.distribution("pytest").entry_points, ids=lambda point: point.name)
def test_an_entry_point_gives_what_the_standard_library_loads(point: metadata.EntryPoint) -> None:
    assert installed.EntryPoint(point.group, point.name, point.value).load() is point.load()


@pytest.mark.parametrize("value", ["", ":x", "a b", "json:", "json:loads:x", "json : loads x"])
def test_a_value_that_names_nothing_is_an_error(value: str) -> None:
    with pytest.raises(ValueError, match="names no module"):
        installed.EntryPoint("g", "n", value).load()


@given(st.lists(LINE, max_size=8))
@example(["[]", "="])
def test_whatever_stands_there_is_read_as_the_standard_library_reads_it(lines: list[str]) -> None:
    said = "\n".join(lines)
    try:
        wanted = [(one.group, one.name, one.value) for one in metadata.EntryPoints._from_text(said)]  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        wanted = None  # it does not pass a broken line over
    found = [tuple(one) for one in installed.entry_points(Text(said))]
    assert wanted is None or found == wanted


def test_what_lies_in_an_archive_is_found_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tmp_path / "city.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("city_sirens-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: city-sirens\nVersion: 1.2\n")
        file.writestr("city_sirens-1.2.dist-info/entry_points.txt", "[auditor.checks]\nsirens = sirens:CHECKS\n")
    monkeypatch.syspath_prepend(str(archive))
    assert [door.value for door in doors() if str(door) == "city-sirens 1.2"] == ["sirens:CHECKS"]


def test_a_path_that_is_not_there_or_may_not_be_read_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "odd-1.dist-info").write_text("a file")
    for entry in (tmp_path / "nowhere", tmp_path):
        monkeypatch.syspath_prepend(str(entry))
    assert any(name == "click" for name, _ in map(installed.name_and_version, installed.distributions()))


def test_reading_it_loads_none_of_what_takes_long() -> None:
    code = "from auditor.doors import doors; assert doors(); import sys; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
