"""Counts what one server costs: `python bench/ssh.py [SERVERS]` prints connections, logins and execs per server.

Ends with 1 unless every server took exactly 1 connection, 1 offered key and 1 exec (goal: bench figures of the design).
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from auditor.model import Asset
from auditor.probe import Seen
from auditor.probes.server import ServerProbe
from auditor.reach import Access, Reaches
from auditor.rig.ssh_replay import RECORDINGS, SshServer, replaying, write_identity


def main(servers: int) -> int:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        identity = Path(folder) / "identity"
        public = write_identity(identity)
        rigs = [
            stack.enter_context(SshServer(replaying(RECORDINGS[n % len(RECORDINGS)]), authorized=public))
            for n in range(servers)
        ]
        reaches = Reaches(Access(identity_file=identity, use_agent=False))
        started, cpu = time.perf_counter(), time.process_time()
        for number, rig in enumerate(rigs):
            address = f"ssh://audit@127.0.0.1:{rig.port}"
            asset = Asset(id=f"s{number}", kind="server", address=address, system="bench", host_key=rig.host_key)
            (seen,) = ServerProbe().observe(asset, reaches.of(asset))
            if not isinstance(seen, Seen):
                print(f"not seen: {seen.detail}")
                return 1
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    counts = {(rig.connections, len(rig.offers), len(rig.execs)) for rig in rigs}
    print(f"servers {servers}: (connections, keys offered, execs) of each: {sorted(counts)}")
    print(f"wall {wall / servers * 1000:.0f} ms, CPU {cpu / servers * 1000:.0f} ms a server, the rig's share included")
    return 0 if counts == {(1, 1, 1)} else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8))
