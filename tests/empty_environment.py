"""Environments that never saw the checkout, and wheels to put into them. No network: all is linked or built."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = "encryption_compliance_auditor"
NOT_SOURCE = ("*.pyc", "__pycache__", "*.egg-info")


def run(*command: str | Path, cwd: Path) -> str:
    """What a program printed. One that fails is a failed test, with all it said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(source: Path, out: Path) -> Path:
    """The wheel of a project, built with the build tools that are installed here."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=source)
    (made,) = out.glob("*.whl")
    return made


def build_our_wheel(folder: Path) -> Path:
    """Built from a copy, so that the checkout gets no build/ and no left-over of an earlier build gets in."""
    source = folder / "source"
    for package in ("auditor", "checks", "tests", "bench"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    return build_wheel(source, folder / "dist")


def make_environment(home: Path, *wheels: Path) -> Path:
    """A fresh environment with these wheels and, linked one by one, all that we are installed with but ourselves."""
    venv.create(home, with_pip=False)
    libraries = home / "libraries"
    libraries.mkdir()
    for entry in Path(pytest.__file__).parents[1].iterdir():
        if OURS not in entry.name and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "-q")
    run(*pip, "--no-index", "--no-deps", "--no-warn-script-location", *wheels, cwd=home)
    return home
