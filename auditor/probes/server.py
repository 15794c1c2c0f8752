"""Looks at a server over SSH: its door, then one login, one read-only script, all it printed home as facts.

Never judges. Where the inventory grants the tier `privileged`, the same script also runs the one helper that may be
root's. It is believed if it is this release's, and nobody but root could have changed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, SectionState
from auditor.facts.server_settings import ServerSettings
from auditor.facts.ssh import SshDoor, SshHostKey
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.block_graph import parse_block_graph
from auditor.probes.collection import Collected, sections
from auditor.probes.privileged_disks import parse_privileged_disks
from auditor.probes.server_settings import parse_server_settings
from auditor.probes.ssh_door import door_of
from auditor.reach import Reach, host_of

if TYPE_CHECKING:
    from auditor.reach.ssh_output import ShellOutput

SSH = 22
DOOR = (SshDoor, SshHostKey)
HELPER = "/usr/local/sbin/enc-audit-facts"
ASKED, GRANTED = b"\nASKED=nightly\n", b"\nASKED=privileged\n"
NOTHING = Collected(SectionState.ABSENT)
OWNED = re.compile(rb"(/\S*) owner=(\d+) mode=([0-7]{1,4})")
DIGEST = re.compile(rb"([0-9a-f]{64})\s+-")
WRITABLE_BY_OTHERS = 0o022
REASONS = {
    SectionState.TIMED_OUT: (Reason.TIMEOUT, "the helper took longer than 45 seconds"),
    SectionState.TRUNCATED: (Reason.TRUNCATED, "the helper's answer ended early"),
    SectionState.ABSENT: (Reason.TOOL_ABSENT, "sudo is not there"),
}


def collection_script(*, privileged: bool = False) -> bytes:
    """The fixed script that is sent to every server; `privileged`: to those where the inventory grants the helper.

    The two differ in one line. Their SHA-256 stand in the plan and in every report, so that they can be allow-listed.
    """
    script = Path(__file__).with_name("server_facts.sh").read_bytes()
    return script.replace(ASKED, GRANTED) if privileged else script


def helper_script() -> bytes:
    """What an administrator installs as HELPER to grant root's facts."""
    return Path(__file__).with_name("enc-audit-facts.sh").read_bytes()


class ServerProbe:
    """One SSH connection and one exec per server, as an ordinary user. Where there is no login, the door alone."""

    kind: ClassVar[str] = "server"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (*DOOR, BlockGraph, ServerSettings, PrivilegedDisks)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where the server was not spoken to at all."""
        host, is_granted = host_of(asset.address), reach.asked(Tier.PRIVILEGED)
        script = collection_script(privileged=is_granted)
        visit = reach.shell(script)
        yield from door_of(visit, host, reach.now())
        if not is_granted:
            yield Unseen(PrivilegedDisks, "", Reason.LEFT_OUT, "the privileged tier")
        if visit.output is None:
            failure = visit.failure or Unreachable(Reason.NOT_OBSERVED, host)
            blind = (BlockGraph, ServerSettings, PrivilegedDisks) if is_granted else (BlockGraph, ServerSettings)
            yield from (Unseen(kind, "", failure.reason, failure.detail) for kind in blind)
            return
        answer = visit.output
        try:
            yield Seen(parse_block_graph(answer.text, answer.marker, reach.now()))
        except ValueError as error:
            yield Unseen(BlockGraph, "", Reason.MALFORMED, f"{host} ({error})")
        yield Seen(parse_server_settings(answer.text, answer.marker, reach.now(), _digest(script)))
        if is_granted:
            yield _privileged(answer, reach, host)

    def plan(self, asset: Asset) -> Iterable[str]:
        is_granted = Tier.PRIVILEGED in asset.tiers
        hops = asset.jump.hops if asset.jump else ()
        place, way = _place(asset.address), "".join(f" through {_place(hop.address)}" for hop in reversed(hops))
        digest = _digest(collection_script(privileged=is_granted))
        yield f"ssh {place}{way} one login, one run of the read-only script sha256:{digest}"
        if is_granted:
            yield f"ssh {place} sudo -n {HELPER} sha256:{_digest(helper_script())}"


def _place(address: str) -> str:
    return f"{host_of(address)}:{urlsplit(address).port or SSH}"


def _digest(script: bytes) -> str:
    return hashlib.sha256(script).hexdigest()


def _privileged(answer: ShellOutput, reach: Reach, host: str) -> Observation:
    found = sections(answer.text, answer.marker)
    complaint = complaint_about_helper(found.get("helper", NOTHING), _digest(helper_script()))
    if complaint:
        reason, why = complaint
        return Unseen(PrivilegedDisks, "", reason, f"{host} ({why})")
    said = found.get("privileged", NOTHING)
    if said.state is not SectionState.SEEN:
        reason, why = REASONS.get(said.state, (Reason.ACCESS_DENIED, f"sudo -n does not run {HELPER}"))
        return Unseen(PrivilegedDisks, "", reason, f"{host} ({why})")
    try:
        return Seen(parse_privileged_disks(said.body, reach.now(), _digest(helper_script())))
    except ValueError as error:
        return Unseen(PrivilegedDisks, "", Reason.MALFORMED, f"{host} ({error})")


def complaint_about_helper(section: Collected, expected: str) -> tuple[Reason, str] | None:
    """Why the helper is not believed; None if it is. A helper that others can change may say anything."""
    if section.state is SectionState.ABSENT:
        return Reason.TOOL_ABSENT, f"{HELPER} is not there"
    if section.state is not SectionState.SEEN:
        return Reason.ACCESS_DENIED, f"{HELPER} may not be read, so nobody knows what it is"
    owned = {found[1].decode(): found for line in section.lines if (found := OWNED.fullmatch(line.strip()))}
    digests = [found[1].decode() for line in section.lines if (found := DIGEST.fullmatch(line.strip()))]
    if digests != [expected]:
        return Reason.MALFORMED, f"{HELPER} is not that of this release, sha256:{expected[:16]}…"
    for path in ("/", "/usr", "/usr/local", "/usr/local/sbin", HELPER):
        if path not in owned or int(owned[path][2]) != 0 or int(owned[path][3], 8) & WRITABLE_BY_OTHERS:
            return Reason.MALFORMED, f"{path} can be changed by others than root, so {HELPER} is not believed"
    return None
