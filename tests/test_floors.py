"""The house stands as it was drawn: who may connect, who may catch everything, what loads when, where arrows point."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONNECTING = frozenset(
    {"socket", "requests", "urllib3", "paramiko", "boto3", "botocore", "subprocess", "http.client", "asyncio"}
)
# `reach` is the door; `rig` holds servers for tests and demonstration; `deep` runs in an environment of its own.
MAY_CONNECT = ("auditor/reach/", "auditor/rig/", "auditor/deep/")
HEAVY = frozenset(
    {"requests", "urllib3", "paramiko", "boto3", "botocore", "OpenSSL", "pydantic", "ruamel", "sslyze"}
    | {"sqlalchemy", "alembic", "jinja2"}
)
SOURCES = sorted(path for package in ("auditor", "checks") for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_by(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, wherever it stands; also by a constant name through `import_module`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield module


def is_connecting(module: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in CONNECTING)


def blanket_excepts(tree: ast.AST) -> int:
    """Handlers of everything: bare, `Exception`, `BaseException`, alone or in a tuple, or suppressed."""
    found = 0
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler(type=caught):
                found += caught is None or is_blanket(caught)
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=arguments):
                found += any(is_blanket(argument) for argument in arguments)
    return found


def is_blanket(caught: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"} for node in ast.walk(caught))


@pytest.mark.parametrize(
    ("code", "connects"),
    [
        ("import socket", True),
        ("def f():\n    from http import client", True),
        ("from urllib3.util import retry", True),
        ("import importlib\nimportlib.import_module('paramiko')", True),
        ("import http\nfrom urllib.parse import urlsplit", False),
        ("import sockets", False),
    ],
)
def test_the_reader_of_imports_reads(code: str, connects: bool) -> None:
    assert any(map(is_connecting, imported_by(ast.parse(code)))) is connects


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("try: pass\nexcept: pass", 1),
        ("try: pass\nexcept (OSError, Exception): pass", 1),
        ("with contextlib.suppress(BaseException): pass", 1),
        ("try: pass\nexcept OSError: pass", 0),
    ],
)
def test_the_reader_of_excepts_reads(code: str, count: int) -> None:
    assert blanket_excepts(ast.parse(code)) == count


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_reach_connects(path: Path) -> None:
    if name_of(path).startswith(MAY_CONNECT):
        return
    modules = set(imported_by(ast.parse(path.read_text(encoding="utf-8"))))
    assert not sorted(filter(is_connecting, modules))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nobody_imports_the_deep_programs_or_their_libraries(path: Path) -> None:
    modules = set(imported_by(ast.parse(path.read_text(encoding="utf-8"))))
    forbidden = {module for module in modules if module.split(".")[0] in {"sslyze", "nassl", "tls_parser"}}
    assert not {module for module in modules if module.startswith("auditor.deep")}
    assert not forbidden or name_of(path).startswith("auditor/deep/")


def test_everything_is_caught_in_three_places_only() -> None:
    """Around a probe and around a check: both keep the reason. The loop of all conversations raises it again."""
    counts = {name_of(path): blanket_excepts(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert {name: count for name, count in counts.items() if count} == {
        "auditor/observe.py": 1,
        "auditor/deriving.py": 1,
        "auditor/reach/switchboard.py": 1,
    }


@pytest.mark.parametrize(
    "code",
    [
        "import auditor.cli",
        "import auditor.reach",
        "import sys, auditor.cli; sys.argv = ['auditor', '--help']\ntry: auditor.cli.main()\nexcept SystemExit: pass",
    ],
    ids=["cli", "reach", "help"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    script = f"{code}\nimport sys; print('loaded:', *sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


def test_the_arrows_point_down() -> None:
    """The import-linter contracts of pyproject.toml are kept."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
