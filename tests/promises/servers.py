"""A server behind SSH, as recordings of real machines show it: its disks and its swap, plain or encrypted."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import paramiko

from auditor.model import Asset, Report, Sensitivity, Step, StepKind, Tier
from auditor.reach import Access, Reaches, Target
from auditor.rig.ssh_replay import Answer, SshServer, replaying, write_identity
from tests.promises.road import QUICK, printed, report_of

HOST = "db.rig.example"
CLOSED = 1  # tcpmux: nothing listens there
SWAPS = re.compile(rb"(BEGIN swaps\nFilename[^\n]*\n).*?(\n[0-9a-f]{16} END swaps)", re.DOTALL)


class WithoutSwap:
    """A channel that leaves the swap areas out of what a recording says: the same machine after `swapoff -a`."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def sendall(self, data: bytes) -> None:
        self._channel.sendall(SWAPS.sub(rb"\1\2", data))

    def send_exit_status(self, status: int) -> None:
        self._channel.send_exit_status(status)


def without_swap(recording: str) -> Answer:
    answer = replaying(recording)
    return lambda channel, command, script: answer(WithoutSwap(channel), command, script)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`swap`: plain | encrypted | none."""

    has_plain_disk: bool = False
    swap: str = "encrypted"
    is_up: bool = True
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    tiers: frozenset[Tier] = frozenset({Tier.NIGHTLY, Tier.ONLINE})

    def report(self) -> Report:
        address = f"ssh://audit@{HOST}"
        asset = Asset(id="a", kind="server", address=address, system="", tiers=self.tiers, sensitivity=self.sensitivity)
        with tempfile.TemporaryDirectory() as folder, self.served(Path(folder)) as access:
            return report_of(asset, Reaches(access))

    def fixed(self, step: Step) -> Self:
        match step.check or step.kind:
            case "database-plain" | "backup-plain":  # nobody told what lies where, and the disk below is plain
                printed(step.check, r"`cryptsetup luksFormat --type luks2 /dev/")
                return replace(self, has_plain_disk=False)
            case "disk-plain":
                printed("disk-plain", r"`cryptsetup luksFormat --type luks2 ")
                return replace(self, has_plain_disk=False)
            case "swap-plain" if self.has_plain_disk:
                printed("swap-plain", "Without need for swap: remove its line")
                return replace(self, swap="none")
            case "swap-plain":
                printed("swap-plain", r"`swap PARTUUID=ID /dev/urandom swap,cipher=aes-xts-plain64")
                return replace(self, swap="encrypted")
            case StepKind.SEE:
                return replace(self, is_up=True)
            case StepKind.ASK:
                return replace(self, tiers=frozenset(Tier) - {Tier.PRIVILEGED})  # the recorded guests have no helper
        raise AssertionError(f"no way is known to do {step}")

    @contextmanager
    def served(self, folder: Path) -> Iterator[Access]:
        identity = folder / "identity"
        known_hosts = folder / "known_hosts"
        with SshServer(self._answer(), authorized=write_identity(identity)) as server:
            known_hosts.write_text(f"{HOST} {server.host_key}\n")
            yield Access(
                limits=QUICK,
                identity_file=identity,
                known_hosts=known_hosts,
                connect_to={(HOST, 22): (Target("127.0.0.1", server.port if self.is_up else CLOSED),)},
            )

    def _answer(self) -> Answer:
        if self.has_plain_disk:
            return replaying("plain") if self.swap == "plain" else without_swap("plain")
        return replaying("plainswap" if self.swap == "plain" else "luks")
