"""What the command line settles for its process before anything is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

INVENTORY = """
schema: inventory/v1
organisation: {id: elm, name: Elm, timezone: UTC}
departments: [{id: it, name: Computing}]
systems:
  - {id: s, name: S, department: it, owner: it, assets: [{id: b, kind: bucket, name: elm-uploads}]}
"""


def test_no_plug_in_of_pydantic_sees_what_is_read(tmp_path: Path) -> None:
    """It would be handed every value of the inventory and of the store, and may send them anywhere."""
    about = tmp_path / "listener-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: listener\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pydantic]\nlistener = listener:plugin\n")
    (tmp_path / "listener.py").write_text("raise SystemExit('a stranger was loaded')")
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYDANTIC")}
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "inventory", "lint", str(tmp_path / "inventory.yaml")],
        env={**environment, "PYTHONPATH": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "stranger" not in done.stderr
    assert done.returncode == 0, done.stderr
