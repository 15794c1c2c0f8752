"""Audits a running example city as a user would: with the program's own command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from auditor.rig.city import City


def audit(inventory: Path, running: City, out: Path) -> int:
    """`auditor run` against the city. Returns its exit code.

    Ctrl-C reaches that process too, as both belong to one terminal; it is waited for, so that its report is written.
    """
    command = (sys.executable, "-m", "auditor", "run", str(inventory), "--out", str(out), *running.options)
    with subprocess.Popen(command, env={**os.environ, **running.environment}) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
