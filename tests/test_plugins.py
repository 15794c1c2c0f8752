"""A stranger adds parts through the same doors as ours, and each kind of bad plug-in is refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from auditor import plugins
from auditor.clock import utc_now
from auditor.model import Asset, Outcome, Sensitivity, Tier
from auditor.observe import observe
from auditor.pipeline import Question, assess
from auditor.reach import Access, Reaches
from auditor.rubric import read_rubric
from tests.strangers import DOORS, FACTS, GOOD, install


def refusal(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str, **how: object) -> str:
    install(monkeypatch, folder, code, **how)  # type: ignore[arg-type]
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load()
    assert caught.value.exit_code == 4
    assert "city-sirens 1.2" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("address", "outcome"), [("siren://loud", Outcome.PASS), ("siren://soft", Outcome.FAIL)])
def test_a_stranger_adds_a_probe_a_derivation_and_a_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, outcome: Outcome
) -> None:
    install(monkeypatch, tmp_path)
    parts = plugins.load()
    asset = Asset(id="hall/siren", kind="siren", address=address, system="", sensitivity=Sensitivity.PUBLIC)
    question = Question(assets=(asset,), rubric=read_rubric())
    looks = observe([asset], parts, Reaches(Access()))
    report = assess(looks, question, parts, began=utc_now(), clock=utc_now)
    assert [(finding.check, finding.outcome) for finding in report.findings] == [("siren-quiet", outcome)]
    assert str(parts.origins["siren-quiet"]) == "city-sirens 1.2"
    assert "city-sirens 1.2" in report.plugins


def test_the_built_in_parts_come_through_the_same_doors() -> None:
    parts = plugins.load()
    assert {"web", "server", "bucket"} <= parts.kinds
    assert {str(origin) for origin in parts.origins.values()} == {"encryption-compliance-auditor 0.1.0"}


def test_a_facts_type_that_several_probes_see_is_told_once() -> None:
    """Whoever asks every type would ask it as often as there are probes that see it."""
    parts = plugins.load()
    told = parts.facts_types
    assert len(told) == len(set(told))
    assert set(told) == {facts_type for probe in parts.probes for facts_type in probe.yields}


def test_something_that_is_not_a_check_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "not a check" in refusal(monkeypatch, tmp_path, GOOD + "CHECKS = (print,)\n")


def test_a_check_that_is_not_in_a_tuple_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "not a tuple" in refusal(monkeypatch, tmp_path, GOOD + "CHECKS = siren_quiet\n")


def test_a_taken_id_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = refusal(monkeypatch, tmp_path, GOOD.replace("siren-quiet", "tls-legacy-version"), name="city-sirens")
    assert "tls-legacy-version is taken by" in said or "encryption-compliance-auditor" in said


@pytest.mark.parametrize("section", ["Why", "Fix"])
def test_a_check_without_why_or_fix_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, section: str) -> None:
    said = refusal(monkeypatch, tmp_path, GOOD.replace(f"{section}:", "Note"))
    assert f"no {section}" in said
    assert "siren-quiet" in said


def test_a_check_without_a_docstring_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "docstring" in refusal(monkeypatch, tmp_path, GOOD + "siren_quiet.judge.__doc__ = None\n")


def test_an_id_that_is_not_kebab_case_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "kebab-case" in refusal(monkeypatch, tmp_path, GOOD.replace("siren-quiet", "SirenQuiet"))


def test_facts_that_nobody_yields_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = refusal(monkeypatch, tmp_path, GOOD, doors={"auditor.checks": "CHECKS"})
    assert "no installed probe yields" in said


def test_a_derivation_whose_input_nobody_yields_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = refusal(monkeypatch, tmp_path, GOOD, doors={"auditor.derivations": "DERIVATIONS"})
    assert "nothing installed yields" in said


def test_something_that_is_not_a_derivation_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "not a derivation" in refusal(monkeypatch, tmp_path, GOOD + "DERIVATIONS = (quiet.derive,)\n")


def test_two_derivations_of_one_facts_type_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "yields" in refusal(monkeypatch, tmp_path, GOOD + "DERIVATIONS = (quiet, quiet)\n")


@pytest.mark.parametrize("lost", ["kind", "tier", "yields", "observe", "plan"])
def test_something_that_is_not_a_probe_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lost: str) -> None:
    assert "not a probe" in refusal(monkeypatch, tmp_path, GOOD + f"del SirenProbe.{lost}\n")


def test_two_probes_of_one_kind_that_yield_the_same_facts_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = "from auditor.probes.tls import TlsProbe as Other\nclass SirenProbe(Other):\n    pass\n"
    said = refusal(monkeypatch, tmp_path, code, doors={"auditor.probes": "SirenProbe"}, name="city-sirens")
    assert "encryption-compliance-auditor" in said


def test_a_module_that_does_not_load_is_refused_with_its_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "ImportError" in refusal(monkeypatch, tmp_path, "from auditor.check import nonsense\n")


def test_a_bad_check_is_refused_when_its_decorator_raises(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "effort" in refusal(monkeypatch, tmp_path, FACTS.replace("effort=1", "effort=4"))


def test_a_module_of_another_distribution_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "does not belong" in refusal(monkeypatch, tmp_path, GOOD, owned=False)


def test_a_facts_type_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = GOOD.replace("{prefix}Siren", "Declared")
    assert "name Declared is taken" in refusal(monkeypatch, tmp_path, code)


@pytest.mark.parametrize("kind", sorted(plugins.load().kinds))
def test_what_is_loaded_for_one_kind_is_all_that_is_ever_asked_of_it(kind: str) -> None:
    whole, part = plugins.load(), plugins.load(frozenset({kind}))
    asset = Asset(id="x", kind=kind, address="", system="", tiers=frozenset(Tier))
    asked = [one for one in whole.derivations if kind in whole.kinds_of(one)]
    assert part.checks == whole.checks_for(asset) == part.checks_for(asset)
    assert sorted(one.source for one in part.derivations) == sorted(one.source for one in asked)
    assert [type(one) for one in part.probes_for(asset)] == [type(one) for one in whole.probes_for(asset)]
    nightly = replace(asset, tiers=frozenset({Tier.NIGHTLY}))
    assert part.checks_for(nightly) == whole.checks_for(nightly)
    assert part.not_asked(nightly) == whole.not_asked(nightly)


@pytest.mark.parametrize("kind", sorted(plugins.load().kinds))
def test_derivations_of_one_kind_come_after_what_they_read(kind: str) -> None:
    part = plugins.load(frozenset({kind}))
    for number, one in enumerate(part.derivations):
        assert not {later.yields for later in part.derivations[number:]} & set(one.reads)


def test_two_kinds_at_once_are_both_loaded() -> None:
    both = plugins.load(frozenset({"web", "server"}))
    alone = [plugins.load(frozenset({kind})).by_id.keys() for kind in ("web", "server")]
    assert both.by_id.keys() == alone[0] | alone[1]


SIREN_DOORS = {f"{group}.siren": attribute for group, attribute in DOORS.items()}


def test_a_part_in_the_group_of_a_kind_is_loaded_for_that_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path, doors=SIREN_DOORS)
    assert "siren-quiet" in plugins.load().by_id
    assert list(plugins.load(frozenset({"siren"})).by_id) == ["siren-quiet"]
    web = plugins.load(frozenset({"web"}))
    assert "siren-quiet" not in web.by_id
    assert web.kinds == {"web"}
    assert web.distributions == ("encryption-compliance-auditor 0.1.0",)


def test_a_part_in_no_kinds_group_is_loaded_for_every_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path)
    assert "siren-quiet" in plugins.load(frozenset({"siren"})).by_id


@pytest.mark.parametrize("group", DOORS)
def test_a_part_in_the_group_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, group: str
) -> None:
    doors = {(f"{one}.door" if one == group else one): attribute for one, attribute in DOORS.items()}
    assert f"not in the group {group}.siren" in refusal(monkeypatch, tmp_path, GOOD, doors=doors)


def test_a_part_that_stands_in_two_groups_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path, doors=SIREN_DOORS | {"auditor.checks.door": "CHECKS"})
    assert "siren-quiet" in plugins.load().by_id
    assert "siren-quiet" in plugins.load(frozenset({"siren", "door"})).by_id
