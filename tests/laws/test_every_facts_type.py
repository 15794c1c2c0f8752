"""Every facts type that is installed, ours or a stranger's: plain, frozen, and the same bytes everywhere."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.codec import canonical, decode, digest, encode, plain, type_name
from auditor.derive import Derivation
from auditor.facts import Declared, Facts
from auditor.plugins import load
from tests.laws.shapes import facts_of

PARTS = load()


def inputs_of(derivation: Derivation) -> tuple[type[Facts], ...]:
    return (*derivation.reads, derivation.yields)


YIELDED = {facts_type for probe in PARTS.probes for facts_type in probe.yields}
DERIVED = {facts_type for derivation in PARTS.derivations for facts_type in inputs_of(derivation)}
TYPES = sorted(YIELDED | DERIVED | {check.reads for check in PARTS.checks} | {Declared}, key=type_name)
NAMES = [type_name(facts_type) for facts_type in TYPES]
every_type = pytest.mark.parametrize("facts_type", TYPES, ids=NAMES)
SOME = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

ROOT = Path(__file__).parents[2]
PROGRAM = """
import pickle, sys
from auditor.codec import digest, encode
for facts in pickle.load(sys.stdin.buffer):
    print(digest(encode(facts)))
"""


def test_there_are_facts_of_each_kind_of_asset() -> None:
    assert {probe.kind for probe in PARTS.probes} >= {"web", "server", "bucket"}
    assert YIELDED
    assert len(NAMES) == len(set(NAMES))


@every_type
def test_a_facts_type_is_frozen_slotted_and_says_what_it_holds(facts_type: type[Facts]) -> None:
    parameters = facts_type.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert not hasattr(facts_type, "__dict__") or "__slots__" in vars(facts_type)
    assert all(field.kw_only for field in fields(facts_type))
    assert (facts_type.__doc__ or "").strip()
    assert not (facts_type.__doc__ or "").startswith(f"{facts_type.__name__}(")  # what dataclasses would write


@every_type
@SOME
@given(data=st.data())
def test_facts_come_back_from_their_bytes(facts_type: type[Facts], data: st.DataObject) -> None:
    facts = data.draw(facts_of(facts_type))
    stored = encode(facts)
    back = decode(stored, TYPES)
    assert back == facts
    assert encode(back) == stored


@every_type
@SOME
@given(data=st.data())
def test_the_bytes_are_what_a_json_writer_makes_of_the_plain_values(
    facts_type: type[Facts], data: st.DataObject
) -> None:
    facts = data.draw(facts_of(facts_type))
    said, then = plain(facts), datetime(1970, 1, 1, tzinfo=UTC)
    assert isinstance(said, dict)
    assert encode(facts) == canonical({"type": type_name(facts_type), "facts": said})
    said["observed_at"] = plain(then)
    assert encode(facts, at=then) == canonical({"type": type_name(facts_type), "facts": said})


def test_the_bytes_are_equal_in_other_processes_with_other_hash_seeds() -> None:
    many = [facts for facts_type in TYPES for facts in some(facts_type)]
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=pickle.dumps(many),
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "31337")
    }
    assert len(answers) == 1
    assert answers.pop().decode().split() == [digest(encode(facts)) for facts in many]


def some(facts_type: type[Facts]) -> list[Facts]:
    """A few values, of which the sets are what another hash seed would order differently."""
    found: list[Facts] = []

    @settings(SOME, max_examples=5)
    @given(facts_of(facts_type))
    def collect(facts: Facts) -> None:
        found.append(facts)

    collect()
    return found
