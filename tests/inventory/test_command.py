"""`auditor inventory` over several files: lint and plan read strictly, and schema prints either shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.front_door import FrontDoor
from tests.inventory.writing import POOLS, TRAILS, including, lay

CITY = {"city.yaml": including("trails.yaml", "pools.yaml"), "trails.yaml": TRAILS, "pools.yaml": POOLS}


def test_lint_counts_what_stands_in_all_files(auditor: FrontDoor, tmp_path: Path) -> None:
    path = lay(tmp_path, CITY)
    left = auditor("inventory", "lint", str(path))
    counts = "3 systems, 6 assets, 2 waivers, 1 attestation"
    assert (left.code, left.err) == (0, "")
    assert left.out == f"{path} (with 2 included files): {counts}; nothing is wrong.\n"


@pytest.mark.parametrize("command", ["lint", "plan"])
def test_whatever_is_wrong_in_any_file_ends_the_command_with_2(
    auditor: FrontDoor, tmp_path: Path, command: str
) -> None:
    path = lay(tmp_path, {**CITY, "trails.yaml": "a: [b\n", "pools.yaml": POOLS + "x: 1\n"})
    left = auditor("inventory", command, str(path))
    assert (left.code, left.out) == (2, "")
    assert left.err.splitlines() == [
        f"{tmp_path / 'trails.yaml'}:2:1: a bracket is not closed before this, or a comma is missing.",
        f"{tmp_path / 'pools.yaml'}:9:1: unknown key 'x'.",
    ]


def test_plan_lists_what_included_files_would_touch(auditor: FrontDoor, tmp_path: Path) -> None:
    left = auditor("inventory", "plan", str(lay(tmp_path, CITY)))
    assert left.code == 0
    assert "pools/cash (ssh://cash.elm.example)" in left.out.splitlines()


@pytest.mark.parametrize(
    ("words", "name"), [(("schema",), "inventory/v1"), (("schema", "--part"), "inventory-part/v1")]
)
def test_schema_prints_either_shape(auditor: FrontDoor, words: tuple[str, ...], name: str) -> None:
    left = auditor("inventory", *words)
    schema = json.loads(left.out)
    assert (left.code, schema["$id"], schema["properties"]["schema"]["const"]) == (0, name, name)
