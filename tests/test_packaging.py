"""The wheel holds the program and nothing else, and runs in an environment that never saw the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = "encryption_compliance_auditor"
DATA = (".toml", ".sh", ".json", ".txt", ".yaml", "py.typed")
NOT_SOURCE = ("*.pyc", "__pycache__", "*.egg-info")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the checkout gets no build/ and no left-over of an earlier build gets in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for package in ("auditor", "checks", "tests", "bench"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=source)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and, linked one by one, all that we are installed with but ourselves."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=False)
    libraries = home / "libraries"
    libraries.mkdir()
    for entry in Path(pytest.__file__).parents[1].iterdir():
        if OURS not in entry.name and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "-q")
    run(*pip, "--no-index", "--no-deps", "--no-warn-script-location", wheel, cwd=home)
    return home


def test_the_wheel_holds_the_two_packages_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"auditor", "checks", f"{OURS}-0.1.0.dist-info"}
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_wheel_holds_every_module_and_all_data(wheel: Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("auditor", "checks")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and (path.suffix == ".py" or path.name.endswith(DATA)) and "__pycache__" not in path.parts
    }
    assert "auditor/rubric.toml" in wanted
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel)
    (licence,) = [name for name in held.namelist() if name.endswith("licenses/LICENSE")]
    assert held.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_installed_wheel_runs_without_the_checkout(installed: Path) -> None:
    where = run(installed / "bin" / "python", "-c", "import auditor, checks; print(auditor.__file__)", cwd=installed)
    assert where.startswith(str(installed))
    assert "Usage:" in run(installed / "bin" / "auditor", "--help", cwd=installed)


def test_the_installed_wheel_finds_its_own_checks(installed: Path) -> None:
    listed = run(installed / "bin" / "auditor", "checks", cwd=installed)
    assert "tls-heartbleed" in listed
