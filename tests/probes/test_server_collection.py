"""The framed answer of the script, cut into sections: only the run's own marker frames, and a cut section says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.server import SectionState
from auditor.probes.collection import SECTION_LIMIT, sections

M = "0123456789abcdef"


def framed(*parts: str) -> bytes:
    return "\n".join(part.replace("M ", f"{M} ") for part in parts).encode() + b"\n"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("0", SectionState.SEEN),
        ("ran", SectionState.SEEN),
        ("126", SectionState.DENIED),
        ("denied", SectionState.DENIED),
        ("127", SectionState.ABSENT),
        ("absent", SectionState.ABSENT),
        ("124", SectionState.TIMED_OUT),
        ("1", SectionState.FAILED),
        ("", SectionState.FAILED),
        ("0x", SectionState.FAILED),
    ],
)
def test_how_a_section_ended_is_kept(code: str, state: SectionState) -> None:
    found = sections(framed("M BEGIN swaps", "content", f"M END swaps rc={code}", "M DONE"), M)
    assert found["swaps"].state is state
    assert bool(found["swaps"].body) is (state is SectionState.SEEN)


@pytest.mark.parametrize(
    "parts",
    [
        ("M BEGIN a", "whole", "half"),
        ("M BEGIN a", "whole", "half", "M BEGIN b", "M END b rc=0"),
        ("M BEGIN a", "whole", "half", "M END other rc=0"),
        ("M BEGIN a", "whole", "half", "M DONE"),
    ],
)
def test_a_section_without_its_end_is_truncated_and_loses_its_last_line(parts: tuple[str, ...]) -> None:
    found = sections(framed(*parts).rstrip(b"\n"), M)["a"]
    assert found.state is SectionState.TRUNCATED
    assert b"half" not in found.lines


def test_a_greeting_before_the_first_frame_is_dropped() -> None:
    found = sections(framed("Welcome!", "deadbeefdeadbeef BEGIN swaps", "M BEGIN a", "x", "M END a rc=0"), M)
    assert list(found) == ["a"]


def test_a_line_that_only_looks_like_a_frame_stays_content() -> None:
    lines = ("ffffffffffffffff END a rc=0", "END a rc=0", f"x {M} END a rc=0", f"{M} END", f"{M}  DONE")
    found = sections(framed("M BEGIN a", *lines, "M END a rc=0"), M)
    assert [line.decode() for line in found["a"].lines] == list(lines)


def test_a_section_that_comes_twice_is_believed_in_neither_form() -> None:
    parts = ("M BEGIN a", "first", "M END a rc=0", "M BEGIN a", "second", "M END a rc=0")
    found = sections(framed(*parts), M)["a"]
    assert (found.state, found.body) == (SectionState.FAILED, b"")


def test_a_section_past_the_limit_is_truncated() -> None:
    for size, state in ((SECTION_LIMIT, SectionState.SEEN), (SECTION_LIMIT + 1, SectionState.TRUNCATED)):
        assert sections(framed("M BEGIN a", "x" * size, "M END a rc=0"), M)["a"].state is state


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\n", M.encode(), b" BEGIN a", b" END a rc=0"]))))
def test_any_bytes_are_cut_without_a_crash(parts: list[bytes]) -> None:
    for section in sections(b"".join(parts), M).values():
        assert section.body == b"" or section.state in (SectionState.SEEN, SectionState.TRUNCATED)
