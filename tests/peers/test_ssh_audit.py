"""ssh-audit itself, as `make test-peers` installs it beside the code: Debian's sshd in eight configurations."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.model import Asset
from auditor.probes.ssh_door import parse_door
from auditor.reach import Access, Reaches
from tests.checks.test_ssh_audit import ROWS, compare
from tests.rig.openssh import start_sshd

# Of its own: the older one of Debian 12 writes no remarks into its JSON.
SSH_AUDIT = Path(__file__).parents[2] / "build/peers/bin/ssh-audit"
pytestmark = [pytest.mark.peers, pytest.mark.root]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["configuration"])
def test_ssh_audit_reads_the_same_and_says_the_same(row: dict[str, Any], tmp_path: Path) -> None:
    types = ("rsa",) if "RSA" in row["configuration"] else ("ed25519",)
    with start_sshd(tmp_path / "sshd", types=types, extra="\n".join(row["lines"])) as sshd:
        asset = Asset(id="db", kind="server", address=sshd.address, system="x")
        heard = Reaches(Access(use_agent=False)).of(asset).shell(b"").heard
        command = [SSH_AUDIT, "-j", "--skip-rate-test", "-p", str(sshd.port), "127.0.0.1"]
        said = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    notes = {
        sort: {one["algorithm"]: [*one["notes"].get("fail", []), *one["notes"].get("warn", [])] for one in said[sort]}
        for sort in ("kex", "key", "enc", "mac")
    }
    compare(parse_door(heard, NOW), notes)
