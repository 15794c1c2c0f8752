import pytest

from tests.cli.front_door import FrontDoor


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> FrontDoor:
    return FrontDoor(monkeypatch, capsys)
