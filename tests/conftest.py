"""What every test relies on: Hypothesis draws the same examples on every machine, and no clock judges a slow one."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.cli.front_door import FrontDoor

settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, database=None)
settings.register_profile("thorough", max_examples=2_000, deadline=None)  # HYPOTHESIS_PROFILE=thorough make test
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


APART = ("peers", "liars", "vm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What has a make target of its own runs there alone: `make test-peers`, `make test-liars`, `make test-vm`."""
    apart = [name for name in APART if name not in config.option.markexpr]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in apart)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def no_state_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fixtures that live longer than a test keep their runs here, where they do not say otherwise."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("session-state"))
    os.environ.pop("AUDITOR_STORE", None)


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the runs of another, nor those of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.delenv("AUDITOR_STORE", raising=False)


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> FrontDoor:
    """The command line, in this process."""
    return FrontDoor(monkeypatch, capsys)
