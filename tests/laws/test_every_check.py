"""Every installed check, ours or a stranger's: it judges whatever its facts type can hold, the same each time."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.check import Check
from auditor.model import Outcome, Verdict
from auditor.plugins import load
from tests.laws.shapes import facts_of

CHECKS = load().checks
every_check = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
SOME = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def test_there_are_checks() -> None:
    assert len(CHECKS) >= 20
    assert [check.id for check in CHECKS] == sorted({check.id for check in CHECKS})


@every_check
@SOME
@given(data=st.data())
def test_a_check_gives_one_verdict_on_any_facts_and_the_same_twice(check: Check[Any], data: st.DataObject) -> None:
    facts = data.draw(facts_of(check.reads))
    before = repr(facts)
    verdict = check.judge(facts)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE)
    assert verdict.summary.strip()
    assert check.judge(facts) == verdict
    assert repr(facts) == before
    assert verdict.evidence or verdict.outcome is not Outcome.FAIL  # what failed can be looked at again
    assert all(type(text) is str for row in verdict.evidence for text in (row.looked_at, row.seen, row.wanted))


@every_check
def test_a_check_documents_itself(check: Check[Any]) -> None:
    assert check.title.endswith(".")
    assert check.title[0].isupper()
    assert len(check.why) > 20
    assert len(check.fix) > 20
    assert all(control.strip() for control in check.controls)
    assert len(set(check.controls)) == len(check.controls) > 0


@every_check
def test_a_check_is_listed_by_its_module(check: Check[Any]) -> None:
    module = sys.modules[check.judge.__module__]
    assert check in module.CHECKS


@pytest.mark.parametrize("name", sorted({check.judge.__module__ for check in CHECKS}))
def test_a_module_lists_every_check_that_it_has_and_each_once(name: str) -> None:
    module = sys.modules[name]
    defined = {value.id for value in vars(module).values() if isinstance(value, Check)}
    listed = [check.id for check in module.CHECKS]
    assert sorted(listed) == sorted(defined)
