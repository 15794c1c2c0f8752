"""The wheel holds the program and nothing else, and runs in an environment that never saw the checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.empty_environment import OURS, ROOT, build_our_wheel, make_environment, run

DATA = (".toml", ".sh", ".json", ".txt", ".yaml", ".j2", ".css", "py.typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_our_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("empty"), wheel)


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
