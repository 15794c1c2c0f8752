"""Exports are read whole, bounded, from below the inventory's folder, and every way to fail names the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach import exports
from auditor.reach.exports import ExportFile, read_export


def test_a_file_and_a_folder_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    (folder / "inner").mkdir(parents=True)
    for name in ("b.json", "a", ".hidden"):
        (folder / name).write_text(name)
    assert read_export(tmp_path, "facts/b.json") == (ExportFile("facts/b.json", b"b.json"),)
    assert [one.name for one in read_export(tmp_path, "facts")] == ["facts/a", "facts/b.json"]


def test_nothing_is_read_from_outside_the_folder(tmp_path: Path) -> None:
    city = tmp_path / "city"
    (city / "facts").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (city / "link.csv").symlink_to(tmp_path / "secret")
    (city / "facts" / "a.json").symlink_to(tmp_path / "secret")
    for name in ("link.csv", "facts", "../secret"):
        with pytest.raises(Unreachable) as caught:
            read_export(city, name)
        assert caught.value.reason is Reason.OUT_OF_SCOPE


def test_each_way_to_fail_has_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_BYTES", 8)
    (tmp_path / "long.csv").write_bytes(b"x" * 9)
    (tmp_path / "exact.csv").write_bytes(b"x" * 8)
    (tmp_path / "empty").mkdir()
    (tmp_path / "two").mkdir()
    for name in ("a.json", "b.json"):
        (tmp_path / "two" / name).write_bytes(b"x" * 5)
    os.mkfifo(tmp_path / "pipe")
    assert read_export(tmp_path, "exact.csv")[0].content == b"x" * 8
    rows = {
        "absent.csv": Reason.GONE,
        "empty": Reason.GONE,
        "long.csv": Reason.TOO_LONG,
        "two": Reason.TOO_LONG,  # together
        "pipe": Reason.MALFORMED,
    }
    for name, reason in rows.items():
        with pytest.raises(Unreachable) as caught:
            read_export(tmp_path, name)
        assert (caught.value.reason, caught.value.detail.partition(":")[0].partition("/")[0]) == (reason, name)


def test_without_an_inventory_there_is_no_export() -> None:
    with pytest.raises(Unreachable, match="no inventory"):
        read_export(None, "a.csv")
