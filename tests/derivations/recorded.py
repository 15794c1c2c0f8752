"""The four recorded guests as facts, and what each of them really is."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.resources import files
from typing import cast

from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.probes.block_graph import parse_block_graph
from auditor.probes.privileged_disks import parse_privileged_disks
from auditor.probes.server_settings import parse_server_settings
from auditor.rig.ssh_replay import RECORDED_MARKER
from tests.derivations.block_graphs import NOW

HELPER = "0" * 64  # the digest of whatever printed it
FOLDER = files("auditor.rig").joinpath("recordings")
TRUTH: dict[str, dict[str, str | list[str]]] = {
    row["guest"]: row for row in json.loads(FOLDER.joinpath("truth.json").read_text())
}


def recorded(guest: str, *, as_root: bool = False, at: datetime = NOW) -> LinuxServer:
    """`as_root`: with what the helper printed; the zoo's was recorded."""
    raw = FOLDER.joinpath(f"{guest}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    assert found
    marker = found[1].decode()
    return LinuxServer(
        observed_at=at,
        graph=parse_block_graph(raw, marker, at),
        settings=parse_server_settings(raw, marker, at, ""),
        privileged=privileged_zoo(at) if as_root else None,
    )


def privileged_zoo(at: datetime = NOW) -> PrivilegedDisks:
    return parse_privileged_disks(FOLDER.joinpath("zoo-privileged.txt").read_bytes(), at, HELPER)


def truth(guest: str, place: str) -> str:
    return cast("str", TRUTH[guest][place])
