"""What is loaded in a thread of its own is what is loaded without one, and so is what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor import plugins
from auditor.doors import Door, PluginError, doors
from auditor.loading import Loading

WEB = frozenset({"web"})


def test_it_gives_what_is_loaded_without_a_thread() -> None:
    installed = doors(WEB)
    found, wanted = Loading(WEB, installed).parts(), plugins.load(WEB, installed)
    assert found.checks == wanted.checks
    assert found.derivations == wanted.derivations
    assert [type(probe) for probe in found.probes] == [type(probe) for probe in wanted.probes]


def test_a_part_that_cannot_be_loaded_is_refused_where_the_parts_are_asked_for() -> None:
    with pytest.raises(PluginError, match=r"checks\.nowhere:CHECKS could not be loaded: ModuleNotFoundError"):
        Loading(WEB, broken(doors(WEB))).parts()


def broken(installed: Sequence[Door]) -> tuple[Door, ...]:
    """One of the checks is not there."""
    first = next(door for door in installed if door.group == "auditor.checks")
    return tuple(replace(door, value="checks.nowhere:CHECKS") if door is first else door for door in installed)
