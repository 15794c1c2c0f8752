"""Boots the guests of tests/rig/vm, one at a time, and says how they are reached."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from auditor.model import Asset, Reason, Report, Tier
from auditor.probes import server
from auditor.probes.server import collection_script
from auditor.reach import Access, Limits, Reaches
from tests.promises.road import report_of

RECORDINGS = Path(__file__).parents[1] / "recordings" / "guests"
PATIENT = Limits(operation_s=120, shell_s=900, host_s=1_800)  # under emulation everything takes minutes
STATE = re.compile("partly plain|plain|encrypted|unknown")
SCRIPT = Path(__file__).parents[1] / "rig" / "vm" / "guests.sh"
TRUTH: dict[str, dict[str, Any]] = {
    row["guest"]: row for row in json.loads((RECORDINGS / "truth.json").read_text(encoding="utf-8"))
}


AT = "/usr/local/sbin/enc-audit-facts"  # where root's helper lies


def patient_script(*, privileged: bool = False) -> bytes:
    """The script as it is, but for the time that root's helper has."""
    script, usual = collection_script(privileged=privileged), b"timeout 45}"
    assert usual in script
    return script.replace(usual, b"timeout 900}")


@dataclass(frozen=True, slots=True)
class Guest:
    """A running guest. Logins: audit (no sudo), auditor (sudo for one program), root (for the tests alone)."""

    name: str
    port: int
    identity: Path
    known_hosts: Path

    def run(self, user: str, command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        options = ["-q", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"]
        known = ["-o", f"UserKnownHostsFile={self.known_hosts}", "-i", str(self.identity), "-p", str(self.port)]
        return subprocess.run(
            ["ssh", *options, *known, f"{user}@127.0.0.1", command], input=stdin, capture_output=True, check=False
        )

    @property
    def access(self) -> Access:
        return Access(limits=PATIENT, identity_file=self.identity, known_hosts=self.known_hosts, use_agent=False)

    def audited(self, user: str, *tiers: Tier) -> dict[str, dict[str, Any]]:
        """Findings by check. Beside other work an emulated guest is too slow for root's helper at times, which is
        unknown, as it should be: then it is looked at once more, with patience."""
        said = self.looked_at(user, *tiers)
        if Tier.PRIVILEGED not in tiers or said["disk-null-cipher"]["reason"] != Reason.TIMEOUT.word:
            return said
        with mock.patch.object(server, "collection_script", patient_script):
            return self.looked_at(user, *tiers)

    def looked_at(self, user: str, *tiers: Tier) -> dict[str, dict[str, Any]]:
        """Findings by check, of one look over SSH."""
        address = f"ssh://{user}@127.0.0.1:{self.port}"
        asked = frozenset({Tier.NIGHTLY, *tiers})
        asset = Asset(id="guest", kind="server", address=address, system="", tiers=asked)
        return findings_of(report_of(asset, Reaches(self.access)))


@contextmanager
def running(name: str) -> Iterator[Guest]:
    """Build the guest where it is not built, boot it, and power it off at the end of the block."""
    where = subprocess.run([SCRIPT, "where", name], capture_output=True, text=True, check=True).stdout.split()
    port, identity, known_hosts = int(where[0]), Path(where[1]), Path(where[2])
    folder = identity.parent
    if not (folder / "base.img").exists():
        subprocess.run([SCRIPT, "base"], check=True)
    if not (folder / name / "root").exists():
        subprocess.run([SCRIPT, "build", name], check=True)
    subprocess.run([SCRIPT, "up", name], check=True)
    try:
        yield Guest(name, port, identity, known_hosts)
    finally:
        subprocess.run([SCRIPT, "down", name], check=True)


def findings_of(report: Report) -> dict[str, dict[str, Any]]:
    """By check: outcome, reason and evidence."""
    return {
        one.check: {
            "outcome": one.outcome.value,
            "reason": one.reason,
            "evidence": [{"looked_at": row.looked_at, "seen": row.seen} for row in one.evidence],
        }
        for one in report.findings
    }


def disagreements(said: Mapping[str, Mapping[str, Any]], truth: Mapping[str, Any], *, ciphers: bool) -> list[str]:
    """Where findings (by check, as in report.json) are not what a guest was built as. `ciphers`: root's facts came.

    Without them, one null cipher in use somewhere may be any that looks encrypted: none of these may pass.
    """
    mounts = {
        place: state_of(words) for place, words in truth.items() if place.startswith("/") and place != "/swapfile"
    }
    swaps = [state_of(words) for place, words in truth.items() if place.startswith("swap") or place == "/swapfile"]
    if not ciphers and "/srv/null" in mounts:
        del mounts["/srv/null"]
    wanted = {
        "disk-plain": _outcome(mounts.values(), "plain"),
        "disk-partly-plain": _outcome(mounts.values(), "partly plain"),
        "swap-plain": _outcome(swaps, "plain", "partly plain"),
    }
    wrong = [
        f"{check}: {said[check]['outcome']}" for check, outcome in wanted.items() if said[check]["outcome"] != outcome
    ]
    told = {place: state for check in wanted for place, state in _told(said[check]).items()}
    for place, state in mounts.items():
        if state != told.get(place, "encrypted" if "/srv/null" in truth else "nothing"):
            wrong.append(f"{place}: {told.get(place)}, and it is {state}")
    return wrong


def state_of(truth: str) -> str:
    """The builder's own words: "luks2 (lv)", "plain (null cipher)", "partly plain (…)"."""
    return next((word for word in ("partly plain", "plain") if truth.startswith(word)), "encrypted")


def _outcome(states: Iterable[str], *faults: str) -> str:
    return "fail" if any(state in faults for state in states) else "pass"


def _told(finding: Mapping[str, Any]) -> dict[str, str]:
    """What the evidence says of each mount: "mount /srv" → "partly plain"."""
    rows = ((row["looked_at"].split(), STATE.match(row["seen"])) for row in finding["evidence"])
    return {words[1]: state[0] for words, state in rows if words[0] == "mount" and state}
