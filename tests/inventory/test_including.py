"""Which files an inventory may include: beside it or below, readable, each once, of bounded size and number."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.inventory import include, read_inventory
from auditor.inventory.include import part_path
from auditor.inventory.schema import MOST_PARTS
from auditor.inventory.source import MAX_BYTES
from tests.inventory.writing import CHECKS, EMPTY_PART, POOLS, TRAILS, including, lay, said_of, unmarked

CITY = {"city.yaml": including("parks/trails.yaml"), "parks/trails.yaml": TRAILS}
TWO = {"city.yaml": including("trails.yaml", "pools.yaml"), "trails.yaml": TRAILS, "pools.yaml": POOLS}
FROM_HERE = "write the path as seen from this file's folder."
NOT_FETCHED = "a part is a file beside this one or below: nothing is fetched from elsewhere."
ABOVE = "a part lies beside this file or below: take the '..' out."
BAD_PATHS = {
    "absolute": ("/etc/parks.yaml", FROM_HERE),
    "home": ("~/parks.yaml", FROM_HERE),
    "drive": ("C:/parks.yaml", FROM_HERE),
    "share": ("\\\\\\\\server\\\\parks.yaml", FROM_HERE),
    "url": ("https://elm.example/parks.yaml", NOT_FETCHED),
    "file_url": ("file:///parks.yaml", NOT_FETCHED),
    "above": ("../parks.yaml", ABOVE),
    "above_and_below": ("parks/../x.yaml", ABOVE),
    "empty": ("", None),
    "here": (".", None),
    "dotted": ("./parks.yaml", None),
    "hidden": (".parks.yaml", None),
    "empty_segment": ("parks//x.yaml", None),
    "folder": ("parks/", None),
    "pattern": ("*.yaml", None),
    "space": ("my parks.yaml", None),
    "backslash": ("parks\\\\x.yaml", None),
    "accent": ("pärks.yaml", None),
    "endless": ("x" * 201, None),
}
NO_PATH = "a path is letters, digits, '.', '_' and '-', with '/' between folders; none begins with '.'."


@pytest.mark.parametrize(("path", "message"), BAD_PATHS.values(), ids=BAD_PATHS.keys())
def test_a_path_that_leads_elsewhere_is_refused_in_the_main_file(
    tmp_path: Path, path: str, message: str | None
) -> None:
    files, places = unmarked({"city.yaml": including(f'§"{path}"')})
    assert said_of(lay(tmp_path, files)) == [f"{places[0]}: 'include': {message or NO_PATH}"]


@pytest.mark.parametrize("path", ["a", "parks.yaml", "parks/trails.yml", "a/b/c/d.yaml", "_x-1.2.yaml", "x" * 200])
def test_a_path_beside_or_below_is_taken_as_it_is(path: str) -> None:
    assert part_path(path) == path


class TestFilesThatCannotBeRead:
    def said(self, folder: Path) -> str:
        """The one complaint about a part p.yaml."""
        (only,) = said_of(lay(folder, {"city.yaml": including("p.yaml")}))
        assert only.startswith("p.yaml:")
        return only.removeprefix("p.yaml")

    def test_a_missing_one(self, tmp_path: Path) -> None:
        assert self.said(tmp_path) == ": there is no such file: name another, or write one (docs/inventory.md)."

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "p.yaml").mkdir()
        assert self.said(tmp_path) == ": this is a folder: name an inventory file."

    def test_a_pipe_that_nobody_writes_to(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "p.yaml")
        assert self.said(tmp_path) == ": this is not a regular file: name an inventory file."

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / "p.yaml").symlink_to("p.yaml")
        assert self.said(tmp_path) == ": the file could not be read: Too many levels of symbolic links."

    @pytest.mark.parametrize("target", ["/etc/hostname", "../outside.yaml", "/dev/zero", "/nonexistent"])
    def test_a_link_that_leads_out_of_the_folder(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "outside.yaml").write_text(TRAILS)
        (tmp_path / "city").mkdir()
        (tmp_path / "city" / "p.yaml").symlink_to(target)
        message = ": a link leads out of the inventory's folder: put the file itself there."
        assert self.said(tmp_path / "city") == message

    def test_a_folder_that_is_a_link_leading_out(self, tmp_path: Path) -> None:
        lay(tmp_path / "elsewhere", {"trails.yaml": TRAILS})
        (tmp_path / "city").mkdir()
        (tmp_path / "city" / "parks").symlink_to("../elsewhere")
        path = lay(tmp_path / "city", {"city.yaml": CITY["city.yaml"]})
        message = "a link leads out of the inventory's folder: put the file itself there."
        assert said_of(path) == [f"parks/trails.yaml: {message}"]

    def test_one_of_more_than_a_mebibyte(self, tmp_path: Path) -> None:
        (tmp_path / "p.yaml").write_bytes(b"# " + b"x" * MAX_BYTES)
        assert self.said(tmp_path) == ": the file is longer than 1,048,576 bytes, which no inventory needs."

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (b"", ": the file is empty: it needs at least schema and department."),
            (b"a: caf\xe9", ":1:7: the file is not UTF-8 from here on: save it as UTF-8."),
            (b"a: \x1b[2J", ":1:4: the character U+001B is invisible and may not stand here."),
            (b"a: [b\n", ":2:1: a bracket is not closed before this, or a comma is missing."),
            (b"[" * 100_000, ":1:21: the file is nested too deeply."),
            (b"- a\n", ":1:1: the file must be a mapping of keys to values, not a list."),
        ],
        ids=["empty", "latin 1", "terminal escape", "no YAML", "deep", "list"],
    )
    def test_one_that_is_no_part(self, tmp_path: Path, raw: bytes, said: str) -> None:
        (tmp_path / "p.yaml").write_bytes(raw)
        assert self.said(tmp_path) == said

    def test_a_byte_order_mark_and_windows_line_ends_are_read(self, tmp_path: Path) -> None:
        path = lay(tmp_path, {"city.yaml": including("p.yaml")})
        (tmp_path / "p.yaml").write_bytes(b"\xef\xbb\xbf" + TRAILS.replace("\n", "\r\n").encode())
        inventory = read_inventory(path, CHECKS)
        assert read_inventory(path, CHECKS, inventory.parts) == inventory


class TestHowMuchIsRead:
    def test_the_same_path_twice_is_the_main_files_fault(self, tmp_path: Path) -> None:
        files, places = unmarked({**CITY, "city.yaml": including("parks/trails.yaml", "§parks/trails.yaml")})
        assert said_of(lay(tmp_path, files)) == [f"{places[0]}: the part 'parks/trails.yaml' stands already in line 3."]

    def test_the_same_file_under_two_names_is_read_once(self, tmp_path: Path) -> None:
        path = lay(tmp_path, {"city.yaml": including("a.yaml", "b.yaml"), "a.yaml": EMPTY_PART})
        (tmp_path / "b.yaml").symlink_to("a.yaml")
        assert said_of(path) == ["b.yaml: this is the same file as a.yaml."]

    def test_the_inventory_does_not_include_itself(self, tmp_path: Path) -> None:
        assert said_of(lay(tmp_path, {"city.yaml": including("city.yaml")})) == [
            "city.yaml: this is the same file as city.yaml."
        ]

    def test_a_part_includes_nothing(self, tmp_path: Path) -> None:
        files, places = unmarked({**CITY, "parks/trails.yaml": TRAILS + "§include: [x.yaml]\n"})
        assert said_of(lay(tmp_path, files)) == [f"{places[0]}: unknown key 'include'."]

    def test_a_hundred_parts_are_read(self, tmp_path: Path) -> None:
        names = [f"p{number}.yaml" for number in range(MOST_PARTS)]
        files = {"city.yaml": including(*names), **dict.fromkeys(names, EMPTY_PART)}
        assert len(read_inventory(lay(tmp_path, files), CHECKS).parts) == MOST_PARTS

    def test_more_are_refused(self, tmp_path: Path) -> None:
        names = [f"p{number}.yaml" for number in range(MOST_PARTS + 1)]
        files = {"city.yaml": including(*names), **dict.fromkeys(names, EMPTY_PART)}
        message = "city.yaml:3:10: 'include' holds 101 entries, and at most 100 are read."
        assert said_of(lay(tmp_path, files)) == [message]

    def test_all_parts_together_are_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(include, "MAX_TOTAL", len(TRAILS) + len(POOLS) - 1)
        assert said_of(lay(tmp_path, TWO)) == [
            f"pools.yaml: with this file the parts hold more than {len(TRAILS) + len(POOLS) - 1:,} characters."
        ]
        monkeypatch.setattr(include, "MAX_TOTAL", len(TRAILS) + len(POOLS))
        assert said_of(lay(tmp_path, TWO)) == []
