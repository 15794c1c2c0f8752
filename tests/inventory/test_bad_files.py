"""Files that are no inventory at all: one clear complaint each, in bounded time, with nothing of the file in it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.inventory import InventoryError, read_inventory
from auditor.inventory.source import MAX_BYTES
from tests.inventory.writing import SOUND, complaints, marked, spoilt

EMPTY = "the file is empty: it needs at least schema, organisation, departments and systems."
DEEP = "the file is nested too deeply."
TAB = "a tab stands where YAML wants spaces."


def complaint(path: Path) -> str:
    """The one complaint about a file, without the file's name."""
    with pytest.raises(InventoryError) as caught:
        read_inventory(path)
    (only,) = caught.value.complaints
    assert str(only).startswith(str(path))
    return str(only).removeprefix(str(path))


def test_an_inventory_error_ends_the_command_with_2(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_inventory(tmp_path / "absent.yaml")
    assert caught.value.exit_code == 2


def test_an_absent_file(tmp_path: Path) -> None:
    assert (
        complaint(tmp_path / "absent.yaml")
        == ": there is no such file: name another, or write one (docs/inventory.md)."
    )


def test_a_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path) == ": this is a folder: name an inventory file."


def test_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert complaint(tmp_path / "pipe") == ": this is not a regular file: name an inventory file."


def test_an_endless_device() -> None:
    assert complaint(Path("/dev/zero")) == ": this is not a regular file: name an inventory file."


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").touch()
    assert complaint(tmp_path / "city.yaml" / "x") == ": the file could not be read: Not a directory."


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """A link to itself cannot be opened even by root."""
    (tmp_path / "city.yaml").symlink_to("city.yaml")
    assert complaint(tmp_path / "city.yaml") == ": the file could not be read: Too many levels of symbolic links."


def test_a_name_with_nul() -> None:
    path = Path("a\0b")
    assert complaint(path) == ": the file could not be read: its name is not one that a file can have."


def test_a_file_of_more_than_a_mebibyte(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_bytes(b"# " + b"x" * MAX_BYTES)
    assert complaint(tmp_path / "city.yaml") == ": the file is longer than 1,048,576 bytes, which no inventory needs."


BYTES = {
    "empty": (b"", f": {EMPTY}"),
    "comment_only": (b"# nothing yet\n", f": {EMPTY}"),
    "null_only": (b"~\n", f": {EMPTY}"),
    "latin_1": (
        b"schema: inventory/v1\nname: caf\xe9\n",
        ":2:10: the file is not UTF-8 from here on: save it as UTF-8.",
    ),
    "utf_16": ("schema: x".encode("utf-16"), ":1:1: the file is not UTF-8 from here on: save it as UTF-8."),
    "nul": (b"schema: a\0b\n", ":1:10: the character U+0000 is invisible and may not stand here."),
    "terminal_escape": (b"a: b\nc: \x1b[2J\n", ":2:4: the character U+001B is invisible and may not stand here."),
    "reversed_text": ("a: \u202eb\n".encode(), ":1:4: the character U+202E is invisible and may not stand here."),
    "list": (b"- a\n", ":1:1: the file must be a mapping of keys to values, not a list."),
    "word": (b"hello\n", ":1:1: the file must be a mapping of keys to values, not text."),
    "two_documents": (b"a: 1\n---\nb: 2\n", ":2:1: a second document begins here: an inventory is one document."),
    "tab_as_indent": (b"a:\n\tb: 1\n", f":2:1: {TAB}"),
    "unclosed_quote": (b"a: 'b\nc: d\n", ":1:4: a quote is opened here and never closed."),
    "unclosed_bracket": (b"a: [b, c\n", ":2:1: a bracket is not closed before this, or a comma is missing."),
    "colon_in_a_text": (
        b"a: b: c\n",
        ":1:5: a ':' stands where no key can begin: is a text without quotes, or an indent off?",
    ),
    "indent_off": (b"a:\n   b: 1\n  c: 2\n", ":3:3: this line's indent fits nothing above it."),
    "unknown_alias": (b"a: *hunter2\n", ":1:4: an alias (*name) has no anchor (&name) before it."),
    "unknown_escape": (b'a: "\\q"\n', ":1:6: a backslash in double quotes begins an escape that YAML does not know."),
    "escape_beyond_unicode": (b'a: "\\UFFFFFFFF"\n', ": this is not YAML: an escape or a directive in it is broken."),
    "escape_beyond_unicode_by_little": (
        b'a: "\\U00110000"\n',
        ": this is not YAML: an escape or a directive in it is broken.",
    ),
    "directive_of_another_yaml": (b"%YAML 2.0\n---\na: 1\n", ":1:1: this is not YAML."),
    "at_sign": (b"a: @b\n", ":1:4: this character cannot begin a word here: put the text in quotes."),
    "deep_brackets": (b"[" * 100_000, f":1:21: {DEEP}"),
    "deep_dashes": (b"- " * 100_000, f":1:41: {DEEP}"),
    "deep_braces": (b"{a: " * 100_000, f":1:78: {DEEP}"),
}


@pytest.mark.parametrize(("raw", "expected"), BYTES.values(), ids=BYTES.keys())
def test_a_file_that_is_no_inventory(tmp_path: Path, raw: bytes, expected: str) -> None:
    (tmp_path / "city.yaml").write_bytes(raw)
    assert complaint(tmp_path / "city.yaml") == expected


def test_aliases_that_multiply_are_stopped() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = time.process_time()
    (found,) = complaints("\n".join(rows) + "\n")
    assert found.endswith(": too many values: its aliases multiply, or this is no inventory.")
    assert time.process_time() - began < 20


def test_an_alias_is_followed() -> None:
    text = spoilt(("owner: web team", "owner: &team web team"), ("risk_owner: cfo", "risk_owner: *team"))
    assert complaints(text) == []


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert read_inventory(tmp_path / "city.yaml").name == "Town of Elm"


def test_places_hold_behind_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text, ((line, column),) = marked(spoilt(("department: it", "department: §itt")))
    (tmp_path / "city.yaml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert complaint(tmp_path / "city.yaml").startswith(f":{line}:{column}: the department 'itt'")


def test_a_thousand_bad_entries_are_listed_and_the_rest_counted() -> None:
    text = spoilt(("retired:\n", "".join(f"x{n}: 1\n" for n in range(1500)) + "retired:\n"))
    found = complaints(text)
    assert found[0] == "city.yaml: 500 further complaints are not listed."
    assert len(found) == 1001


def test_thousands_of_faults_are_said_soon() -> None:
    """Guessing what was meant compares a word with every known one: beyond the first 100 complaints nobody guesses."""
    row = "  - {{id: s{0}, name: x, department: it, owner: x, data_classes: [clas{0}]}}\n"
    rows = "".join(row.format(n) for n in range(300))
    classes = "".join(f"  class{n}: {{tier: public}}\n" for n in range(300))
    began = time.process_time()
    found = complaints(spoilt(("waivers:\n", rows + "waivers:\n"), ("  open:", classes + "  open:")))
    assert time.process_time() - began < 15
    assert len(found) == 300
    assert found[0].endswith("(did you mean 'class0'?)")
    assert found[-1].endswith("is not declared.")
