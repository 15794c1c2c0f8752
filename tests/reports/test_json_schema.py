"""The published JSON Schema describes what the program writes: all of it, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from auditor.model import Report
from auditor.reports import json as report_json
from auditor.reports import schema
from auditor.rig.city import city
from tests.laws.cities import LAW, cities
from tests.laws.test_pipeline_agrees import report_of
from tests.reports.drawn import DRAWN, reports

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "report.schema.json"
PATIENCE_S = 60.0
VALIDATOR = Draft202012Validator(schema.schema(), format_checker=FormatChecker())
Document = dict[str, Any]


def complaints(document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def document_of(report: Report) -> Document:
    document: Document = json.loads(report_json.render(report))
    return document


def test_the_published_copy_is_the_programs_own() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema.render(), "make docs writes it again"


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(schema.schema())


@DRAWN
@given(reports())
def test_every_report_keeps_it(report: Report) -> None:
    assert not complaints(document_of(report))


@LAW
@given(cities())
def test_every_graded_city_keeps_it(drawn: Any) -> None:
    assert not complaints(document_of(report_of(drawn)))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """What `auditor run` writes of the embedded city."""
    out = tmp_path_factory.mktemp("city") / "out"
    inventory = ROOT / "auditor" / "rig" / "inventory.yaml"
    with city(tmp_path_factory.mktemp("rig")) as running:
        subprocess.run(
            [sys.executable, "-m", "auditor", "run", str(inventory), f"--out={out}", "--exit-zero", *running.options],
            env=os.environ | running.environment | {"XDG_STATE_HOME": str(out.parent / "state")},
            cwd=out.parent,
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    document: Document = json.loads((out / "report.json").read_text())
    return document


@pytest.fixture(scope="module")
def few(embedded: Document) -> Document:
    """The same with the first rows of each list: a fault is planted in those, and the others need not be read again."""
    document = {key: value[:2] if isinstance(value, list) else value for key, value in embedded.items()}
    assert not complaints(document)
    return document


def test_the_report_of_the_embedded_city_keeps_it(embedded: Document) -> None:
    assert embedded["findings"]
    assert embedded["waivers"]
    assert embedded["city"]
    assert not complaints(embedded)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key of every object; of a list, its first and its last item are enough."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from places(inner, (*path, key))
    if isinstance(value, list):
        for index in sorted({0, len(value) - 1}) if value else ():
            yield from places(value[index], (*path, index))


def changed(document: Document, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Document:
    copy = deepcopy(document)
    holder: Any = copy
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return copy


def drop(holder: Any, key: Any) -> None:
    del holder[key]


def rename(holder: Any, key: Any) -> None:
    holder[f"{key}_"] = holder.pop(key)


def add(holder: Any, key: Any) -> None:
    holder[f"{key}_"] = None


def garble(holder: Any, key: Any) -> None:
    holder[key] = {"no": ["such", 1.5]}


@pytest.mark.parametrize("change", [drop, rename, add, garble])
@settings(DRAWN, max_examples=10)
@given(report=reports(), data=st.data())
def test_a_key_that_is_lost_renamed_new_or_of_another_type_is_refused(
    change: Callable[[Any, Any], None], report: Report, data: st.DataObject
) -> None:
    document = document_of(report)
    path = data.draw(st.sampled_from(list(places(document))))
    assert complaints(changed(document, path, change)), path


ENUMERATED = {
    ("systems", "letter"): "A-",
    ("systems", "at_worst"): "E",
    ("systems", "sensitivity"): "secret",
    ("assets", "with_accepted_risks"): "a",
    ("findings", "outcome"): "warn",
    ("findings", "severity"): "info",
    ("findings", "tier"): "weekly",
    ("findings", "basis"): "guessed",
    ("findings", "standing"): "later",
    ("findings", "reason"): "tired",
    ("findings", "check"): "Not A Check",
    ("findings", "observed_at"): "2026-06-01 02:00",
    ("waivers", "expires"): "01.06.2026",
    ("waivers", "expired"): "no",
}


@pytest.mark.parametrize(("rows", "key"), ENUMERATED)
def test_a_word_that_is_none_of_the_models_is_refused(few: Document, rows: str, key: str) -> None:
    document = deepcopy(few)
    document[rows][0][key] = ENUMERATED[rows, key]
    assert complaints(document)


@pytest.mark.parametrize(("outcome", "reason"), [("pass", "timeout"), ("fail", "dns"), ("unknown", None)])
def test_unknown_alone_has_a_reason_and_always(few: Document, outcome: str, reason: str | None) -> None:
    document = deepcopy(few)
    document["findings"][0] |= {"outcome": outcome, "reason": reason}
    assert complaints(document)


@pytest.mark.parametrize(
    "step", [["a", "tls-x"], ["a", "tls-x", "", ""], ["a", "", ""], [1, "tls-x", ""], "tls-x"], ids=str
)
def test_a_step_is_asset_check_and_locus(few: Document, step: object) -> None:
    document = deepcopy(few)
    document["assets"][0]["held_by"] = [step]
    assert complaints(document)


def test_every_key_is_described() -> None:
    for owner, key, part in described(schema.schema(), "report"):
        assert part.get("description") or "$ref" in part, f"{owner}.{key}"


def described(part: Any, owner: str) -> Iterator[tuple[str, str, Document]]:
    if isinstance(part, list):
        for inner in part:
            yield from described(inner, owner)
    if not isinstance(part, dict):
        return
    if isinstance(part.get("properties"), dict) and part.get("type") == "object":
        for key, inner in part["properties"].items():
            yield owner, key, inner
    for key, inner in part.items():
        yield from described(inner, key)
