"""Audits a running example city as a user would: with the program's own command line, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from auditor.rig.city import City


def audit(inventory: Path, running: City, out: Path) -> int:
    """`auditor run` against the city, then its pages. Returns the exit code of `run`, or minus its signal.

    What is seen is kept in a store of its own beside the report, made anew each time.

    Ctrl-C reaches that process too, as both belong to one terminal; it is waited for, so that its report is written.
    Meanwhile Ctrl-C does nothing here: a KeyboardInterrupt out of the wait could lose the exit code, which is then 0.
    A handler that does nothing, and not SIG_IGN, which the other process would inherit.
    """
    store = out / "demo-store.db"
    for old in out.glob("demo-store.db*"):
        old.unlink()
    auditor = (sys.executable, "-m", "auditor")
    kept = ("--store", str(store))
    audited = (*auditor, "run", str(inventory), "--out", str(out), *kept, *running.options)
    shown = (*auditor, "report", "html", "--out", str(out / "site"), *kept)
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(audited, env={**os.environ, **running.environment}, check=False).returncode
        if code in (0, 1, 3):
            subprocess.run(shown, check=False)
        return code
    finally:
        signal.signal(signal.SIGINT, before)
