"""Every id has a page name that every file system takes, and no two ids share one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reports.html import names

SAFE = re.compile(r"[a-z0-9][a-z0-9.-]*|[a-z0-9-]*_[0-9a-f]{16}")
IDS = st.text(max_size=80) | st.text(st.sampled_from("aAb-_./~ \u0130"), max_size=6)


@pytest.mark.parametrize("name", ["permits", "web-main", "a.b-c", "1"])
def test_a_plain_id_is_its_own_name(name: str) -> None:
    assert names.file_stem(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../x",
        "con",
        "nul.txt",
        "com1",
        "A",
        "index",
        "x" * 61,
        "a b",
        "a_b",
        "a.",
        "\u202e",
        "\ud800",
        "ß",
    ],
)
def test_any_other_id_gets_a_name_that_is_safe(name: str) -> None:
    stem = names.file_stem(name)
    assert stem != name
    assert re.fullmatch(r"[a-z0-9-]*_[0-9a-f]{16}", stem)


@given(IDS, IDS)
def test_no_two_ids_share_a_name(one: str, other: str) -> None:
    assert (names.file_stem(one) == names.file_stem(other)) is (one == other)
    assert (names.anchor("asset", one) == names.anchor("asset", other)) is (one == other)


@given(IDS)
def test_every_name_is_safe_and_short(name: str) -> None:
    stem = names.file_stem(name)
    assert SAFE.fullmatch(stem)
    assert len(stem) <= names.LONGEST + 17
    assert stem.partition(".")[0] not in names.DEVICES
    assert re.fullmatch(r"[a-z0-9._:-]+", names.anchor("asset", name))


def test_a_list_page_is_no_system_page() -> None:
    assert names.list_page(1) != names.system_page("index")
    assert names.list_page(2) != names.system_page("index_2")
