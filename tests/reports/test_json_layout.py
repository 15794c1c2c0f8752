"""The report is written piece by piece, and reads as if it had been written at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import pipeline, plugins
from auditor.codec import JsonValue
from auditor.model import Asset, Report, Sensitivity, System
from auditor.reports import json_layout
from auditor.reports.json import pieces, render
from auditor.reports.json_layout import in_pieces, indented
from auditor.rubric import read_rubric
from tests.laws.cities import LAW
from tests.reports.example import TOWN

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SYSTEM = System(id="site", name='Line\nbreak "and" quotes', department="it", owner="x", sensitivity=Sensitivity.PUBLIC)
ASSETS = tuple(Asset(id=name, kind="web", address=f"https://{name}.example/", system="site") for name in ("b", "a"))


def report(assets: tuple[Asset, ...], systems: tuple[System, ...], organisation: str | None) -> Report:
    question = pipeline.Question(assets=assets, systems=systems, organisation=organisation, rubric=read_rubric())
    return pipeline.assess([], question, plugins.load(), began=NOW, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("assets", "systems", "organisation"),
    [(ASSETS, (SYSTEM,), "elm"), (ASSETS, (), None), ((), (), "elm"), ((), (), None)],
    ids=["a city", "ad hoc", "a city without systems", "nothing at all"],
)
def test_the_layout_is_that_of_one_dump(
    assets: tuple[Asset, ...], systems: tuple[System, ...], organisation: str | None
) -> None:
    text = render(report(assets, systems, organisation))
    document = json.loads(text)
    assert text == json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    assert [row["id"] for row in document["assets"]] == [asset.id for asset in assets]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("a\n\x7f\u202e\u00e9")
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@LAW
@given(VALUES, st.integers(0, 3), st.integers(1, 3))
def test_in_pieces_it_is_laid_out_as_in_one(value: JsonValue, depth: int, together: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_layout, "TOGETHER", together)
        assert "".join(in_pieces(value, depth)) == indented(value, depth)


def test_where_only_some_assets_are_not_asked_all_each_has_its_own() -> None:
    made = report(ASSETS, (), None)
    document = json.loads(render(replace(made, not_asked=((ASSETS[1].id, "tls-robot"), (ASSETS[1].id, "tls-drown")))))
    assert [row["not_asked"] for row in document["assets"]] == [[], ["tls-robot", "tls-drown"]]


def test_each_asset_names_its_own_checks_that_were_not_asked() -> None:
    document = json.loads(render(report(ASSETS, (), None)))
    left_out = sorted(check.id for check in plugins.load().not_asked(ASSETS[0]))
    assert "tls-heartbleed" in left_out
    assert [row["not_asked"] for row in document["assets"]] == [left_out] * 2


def test_no_piece_holds_more_than_one_finding() -> None:
    made = report(ASSETS, (), None)
    assert len(list(pieces(made))) > len(made.findings) > 20


def test_findings_stand_in_the_order_of_asset_check_and_locus() -> None:
    keys = [finding.key for finding in report(ASSETS, (), None).findings]
    assert keys == sorted(keys)


def test_the_members_stand_in_their_order() -> None:
    assert list(json.loads(render(TOWN))) == [
        "schema",
        "run",
        "city",
        "systems",
        "departments",
        "assets",
        "findings",
        "found",
        "discovered_at",
        "waivers",
        "expired_waivers",
        "attestations",
        "expired_attestations",
        "expired_agreements",
        "expiring",
        "plugins",
    ]


def test_a_department_has_its_name_and_one_that_nobody_names_its_id() -> None:
    assert [(row["id"], row["name"]) for row in json.loads(render(TOWN))["departments"]] == [("it", "Computing")]
    nameless = json.loads(render(replace(TOWN, departments=())))
    assert [(row["id"], row["name"]) for row in nameless["departments"]] == [("it", "it")]


def test_a_waiver_and_an_attestation_stand_whole_and_say_whether_they_hold() -> None:
    document = json.loads(render(TOWN))
    assert document["waivers"] == [
        {
            "id": "W-7",
            "check": "toy-c",
            "asset": "desk/form",
            "reason": "soon gone",
            "risk_owner": "Clerk",
            "approved_by": "CIO",
            "approved": "2026-01-01",
            "expires": "2026-05-31",
            "expired": True,
        }
    ]
    (word,) = document["attestations"]
    assert (word["by"], word["made"], word["expires"], word["expired"]) == (
        "web team",
        "2026-01-01",
        "2027-01-01",
        False,
    )
    assert document["expiring"] == [
        {"what": "attestation", "subject": "A-1", "locus": "", "at": "2027-01-02T05:00:00Z"}
    ]


def test_no_credential_stands_in_it() -> None:
    assert "www-reader" not in render(TOWN)
