"""What ssh-audit said of Debian's sshd in eight configurations, beside what we say from the same first bytes.

Recorded; `tests/peers/test_ssh_audit.py` asks the program itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.facts.ssh import SshDoor
from auditor.model import Outcome
from auditor.probes.ssh_door import parse_door
from checks import ssh, ssh_names

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROWS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("ssh_audit.json").read_text(encoding="utf-8"))["rows"]
Names = Callable[[Iterable[str]], tuple[str, ...]]
# Their remark → the sort of algorithm and our word for it.
SAME: list[tuple[str, str, Names]] = [
    ("kex", "SHA-1", ssh_names.weak_exchanges),
    ("enc", "64-bit block", ssh_names.broken_ciphers),
    ("enc", "weak cipher mode", ssh_names.cbc_ciphers),
    ("mac", "MD5", lambda names: tuple(name for name in ssh_names.weak_macs(names) if "md5" in name)),
    (
        "mac",
        "SHA-1",
        lambda names: tuple(n for n in (*ssh_names.dated_macs(names), *ssh_names.weak_macs(names)) if "sha1" in n),
    ),
    ("mac", "64-bit tag", lambda names: tuple(name for name in ssh_names.dated_macs(names) if "umac" in name)),
    ("key", "SHA-1", ssh_names.old_signatures),
]


def compare(door: SshDoor, said: dict[str, dict[str, list[str]]]) -> None:
    """Both read the same lists, and say the same of each name in them."""
    lists = {"kex": door.key_exchanges, "key": door.host_key_algorithms, "enc": door.ciphers_in, "mac": door.macs_in}
    assert {sort: set(names) for sort, names in lists.items()} == {sort: set(names) for sort, names in said.items()}
    for sort, remark, ours in SAME:
        theirs = {name for name, notes in said[sort].items() if any(remark in note for note in notes)}
        assert set(ours(lists[sort])) == theirs, remark
    unsafe = {name for name, notes in said["kex"].items() if any("post-quantum" in note for note in notes)}
    assert set(ssh_names.exchanges(lists["kex"])) - set(ssh_names.hybrids(lists["kex"])) == unsafe


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["configuration"])
def test_the_same_bytes_are_read_and_named_alike(row: dict[str, Any]) -> None:
    compare(parse_door(base64.b64decode(row["head"]), NOW), row["said"])


FAULTS = {
    "debian's default": {"ssh-dated-mac"},
    "old exchanges": {"ssh-dated-mac", "ssh-weak-key-exchange"},
    "CBC and 3DES": {"ssh-dated-mac", "ssh-cbc-cipher", "ssh-broken-cipher"},
    "CBC over EtM alone": set(),
    "MD5 and short MACs": {"ssh-dated-mac", "ssh-weak-mac"},
    "RSA with SHA-1": {"ssh-dated-mac", "ssh-weak-host-key-algorithm", "ssh-outdated"},
    "hardened": set(),
    "no quantum safety": {"ssh-no-post-quantum"},
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["configuration"])
def test_what_we_say_of_each_configuration(row: dict[str, Any]) -> None:
    door = parse_door(base64.b64decode(row["head"]), NOW)
    found = {check.id for check in ssh.CHECKS if check.judge(door).outcome is Outcome.FAIL}
    assert found == FAULTS[row["configuration"]]
