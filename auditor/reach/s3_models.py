"""What the SDK knows of each service, cut down to what is ever asked (`s3_actions`).

The whole of it is some 30 MB in memory for the services of a run, and a method is made of each of its 700 operations of
virtual machines alone (decision 0031). Where the services lie is told of four hundred: 7 MB (decision 0041).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

from auditor.reach.s3_actions import ACTIONS

OF_SERVICES = "/service-2"  # how the names of the files end that describe operations and what they say
PLACES = "/endpoints"  # and the one that tells where each service lies
ADDED = ".sdk-extras"  # what the SDK adds to a model, in a file beside it
SERVICES = sorted({name.partition(":")[0] for name in ACTIONS})
PREFIXES = frozenset({*SERVICES, "s3-control"} - {"s3control"})  # what the services are called where they lie
ASKED = frozenset(name.partition(":")[2] for name in ACTIONS)


@cache
def service_models() -> Loader:
    """Read once in a process, each when it is first needed."""
    return _Few(file_loader=_Asked())


class _Few(Loader):
    """Knows no service but those that are asked: the SDK looks through the folders of four hundred, twice."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - they have models of each type
        return SERVICES


class _Asked(JSONFileLoader):
    """Dicts keep their order: the SDK's own reader makes ordered ones, of twice the size."""

    def __init__(self) -> None:
        self._kept: dict[str, frozenset[str]] = {}  # the shapes of each model that was read

    def load_file(self, file_path: str) -> Any:
        said = _read(file_path)
        if said and file_path.endswith(OF_SERVICES):
            said = asked_of(said)
            self._kept[file_path] = frozenset(said["shapes"])
        if said and file_path.endswith(PLACES):
            said = places_of(said)
        of_model = file_path.removesuffix(ADDED)
        if said and of_model != file_path and of_model in self._kept:
            said = _added_to(said, self._kept[of_model])
        return said


def _read(path: str) -> Any:
    """The values of a file, packed or not; None where there is none of the name."""
    for ending, opener in ((".json", open), (".json.gz", gzip.open)):
        try:
            with opener(path + ending, "rb") as file:
                return json.loads(file.read())
        except FileNotFoundError:
            continue
    return None


def places_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """Where services lie, without those that are never asked."""
    partitions = [
        {**one, "services": {name: place for name, place in one["services"].items() if name in PREFIXES}}
        for one in told["partitions"]
    ]
    return {**told, "partitions": partitions}


def _added_to(additions: Mapping[str, Any], kept: frozenset[str]) -> dict[str, Any]:
    """What is added to shapes that are there: an addition alone is no shape."""
    merge = additions.get("merge", {})
    shapes = {name: one for name, one in merge.get("shapes", {}).items() if name in kept}
    return {**additions, "merge": {**merge, "shapes": shapes}}


def asked_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """The model without other operations, and without what only those say."""
    operations = {name: one for name, one in model["operations"].items() if name in ASKED}
    kept: set[str] = set()
    waiting = list(_named(operations))
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += _named(model["shapes"][name])
    shapes = {name: shape for name, shape in model["shapes"].items() if name in kept}
    return {**model, "operations": without_prose(operations), "shapes": without_prose(shapes)}


def without_prose(told: Any) -> Any:
    """The same without what it says to people, which is most of it. A member may have that name: it is no text."""
    if isinstance(told, dict):
        said = {key: one for key, one in told.items() if key != "documentation" or not isinstance(one, str)}
        return {key: without_prose(one) for key, one in said.items()}
    return [without_prose(one) for one in told] if isinstance(told, list) else told


def _named(told: object) -> Iterator[str]:
    """The shapes that something of a model names, at any depth."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _named(value)
    elif isinstance(told, list):
        for value in told:
            yield from _named(value)
