"""Audits a running example city as a user would: with the program's own command line, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from auditor.rig.city import City


def audit(inventory: Path, running: City, out: Path) -> int:
    """`auditor run` against the city. Returns its exit code, or minus the signal that ended it.

    Ctrl-C reaches that process too, as both belong to one terminal; it is waited for, so that its report is written.
    Meanwhile Ctrl-C does nothing here: a KeyboardInterrupt out of the wait could lose the exit code, which is then 0.
    A handler that does nothing, and not SIG_IGN, which the other process would inherit.
    """
    command = (sys.executable, "-m", "auditor", "run", str(inventory), "--out", str(out), *running.options)
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, env={**os.environ, **running.environment}, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
