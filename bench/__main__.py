"""`python -m bench`: every bench, each in a process of its own, and one table of what was promised and measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from bench.figures import MISSED, Figure, table

# Counts before seconds.
BENCHES = (
    "modern_host",
    "tls_versions",
    "tls_servers",
    "faults",
    "tls_peers",
    "tls_peers_dead",
    "ssh",
    "walk",
    "ssh_fleet",
    "s3",
    "account",
    "memory",
    "keeping",
    "kill",
    "three_years",
    "help_cpu",
)


def main() -> int:
    rows, started = [], time.perf_counter()
    for name in BENCHES:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"bench.{name}", "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        rows += [Figure(**json.loads(line)) for line in done.stdout.splitlines()]
        if done.returncode not in (0, MISSED):
            rows.append(Figure(f"{name}: it broke off", f"exit code {done.returncode}", "to end", met=False))
    print(table(rows))
    print(f"{time.perf_counter() - started:.0f} s in all", file=sys.stderr)
    return MISSED if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
