"""lsblk's lines of many versions → hints about each device; what cannot be read is failed, and nobody's health."""

from __future__ import annotations

import json

import pytest

from auditor.facts.server import SectionState
from auditor.probes.collection import Collected
from auditor.probes.signatures import Signature, parse_signatures

SEEN, FAILED = SectionState.SEEN, SectionState.FAILED


def parsed(body: str, state: SectionState = SEEN) -> tuple[dict[str, Signature], SectionState]:
    return parse_signatures(Collected(state, body.encode("utf-8", "surrogateescape")))


# By util-linux: 2.17 and 2.20 know no KNAME or TRAN, 2.23 no PARTTYPE, 2.38 all; each is asked for what it knows.
PAIRS = {
    "RHEL 6": ('NAME="sda1" FSTYPE="ext4"', Signature("ext4")),
    "RHEL 7, without PARTTYPE": ('KNAME="sda1" FSTYPE="xfs" TRAN="sata"', Signature("xfs", "", "sata")),
    "Debian 12": (
        'KNAME="sda1" FSTYPE="ext4" PARTTYPE="0FC63DAF-8483-4772-8E79-3D69D8477DE4" TRAN=""',
        Signature("ext4", "0fc63daf-8483-4772-8e79-3d69d8477de4"),
    ),
    "without udev": ('KNAME="sda1" FSTYPE="" PARTTYPE="" TRAN=""', Signature()),
    "escaped": (r'KNAME="sda1" FSTYPE="a\x22b" TRAN=""', Signature('a"b')),
}


@pytest.mark.parametrize(("line", "expected"), PAIRS.values(), ids=PAIRS)
def test_lines_of_pairs(line: str, expected: Signature) -> None:
    assert parsed(line) == ({"sda1": expected}, SEEN)


def test_a_device_below_two_others_is_listed_twice_and_kept_once() -> None:
    line = 'KNAME="dm-1" FSTYPE="ext4" TRAN=""'
    assert parsed(f"{line}\n{line}")[0] == {"dm-1": Signature("ext4")}


def test_json_has_devices_below_devices() -> None:
    """As 2.27 and later print it; numbers and booleans may be texts or not."""
    child = {"name": "root", "kname": "dm-0", "fstype": "ext4", "rm": "0", "tran": None}
    body = json.dumps(
        {"blockdevices": [{"name": "vda", "kname": "vda", "fstype": None, "rm": False, "children": [child]}]}
    )
    assert parsed(body) == ({"vda": Signature(), "dm-0": Signature("ext4")}, SEEN)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "lsblk: unknown column: TRAN",
        "KNAME=sda FSTYPE=ext4",
        'KNAME="sda" rm -rf / FSTYPE="ext4"',
        "{",
        '{"blockdevices": [7]}',
        '{"blockdevices": ' + "[" * 100_000,
        '{"blockdevices": [' + '{"kname":"a","children":[' * 50_000 + "]}" * 50_000 + "]}",
        "\x00\x1b[2J\udcff",
    ],
)
def test_what_is_no_answer_of_lsblk_is_failed(body: str) -> None:
    assert parsed(body) == ({}, FAILED)


@pytest.mark.parametrize("state", [SectionState.ABSENT, SectionState.TIMED_OUT, SectionState.DENIED])
def test_no_lsblk_is_no_answer(state: SectionState) -> None:
    assert parsed("", state) == ({}, state)


def test_ten_thousand_devices_and_a_cut_end() -> None:
    lines = [f'KNAME="sd{n}" FSTYPE="ext4" TRAN=""' for n in range(10_000)]
    assert len(parsed("\n".join(lines))[0]) == 10_000
    found, state = parsed("\n".join(lines)[:-7], SectionState.TRUNCATED)
    assert (len(found), state) == (9_999, SectionState.TRUNCATED)
