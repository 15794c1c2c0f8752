from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.store import Address, opened
from tests.cli.front_door import FrontDoor
from tests.nights.children import Zygote, zygote
from tests.nights.village import Village


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store that holds nothing yet: making one takes longer than most nights."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    with opened(Address(file=path), create=True):
        assert path.exists()
    return path


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auditor: FrontDoor, empty_store: Path) -> Village:
    """Two systems: the hall with two doors, the mill with one; all locked."""
    made = Village(tmp_path, monkeypatch, auditor)
    made.list("hall/front", "hall/back", "mill/gate")
    made.show(front="locked", back="locked", gate="locked")
    made.lay_store(empty_store)
    return made


@pytest.fixture(scope="session")
def children() -> Iterator[Zygote]:
    with zygote() as made:
        yield made
