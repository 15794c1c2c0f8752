"""The rubric: the table of the design, and a refusal with a name for every file that is not one."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.model import Letter, Sensitivity, Severity, Tier
from auditor.rubric import Rubric, read_rubric

TEXT = (resources.files("auditor") / "rubric.toml").read_text(encoding="utf-8")


def read(tmp_path: Path, text: str) -> Rubric:
    path = tmp_path / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return read_rubric(path)


def test_the_built_in_rubric_is_the_table_of_the_design() -> None:
    rubric = read_rubric()
    table = {
        severity: (
            rubric.cap_of_failure(severity, Sensitivity.PUBLIC),
            rubric.cap_of_failure(severity, Sensitivity.CONFIDENTIAL),
        )
        for severity in Severity
    }
    assert table == {
        Severity.CRITICAL: (Letter.F, Letter.F),
        Severity.HIGH: (Letter.C, Letter.D),
        Severity.MEDIUM: (Letter.B, Letter.C),
        Severity.LOW: (Letter.A, Letter.A),
    }
    assert {tier: age.days for tier, age in rubric.fresh.items()} == {
        Tier.NIGHTLY: 7,
        Tier.DEEP: 15,
        Tier.PRIVILEGED: 7,
        Tier.ONLINE: 7,
    }
    assert rubric.failure_ends_after == timedelta(days=7)
    assert (rubric.unclaimed_cap, rubric.many_unclaimed, rubric.many_unclaimed_cap) == (Letter.B, 10, Letter.C)
    assert (rubric.discovery_age, rubric.stale_discovery_cap) == (timedelta(days=30), Letter.C)


@pytest.mark.parametrize("data", list(Sensitivity))
@pytest.mark.parametrize("severity", list(Severity))
def test_an_unknown_is_never_an_f_and_never_better_than_a_word(severity: Severity, data: Sensitivity) -> None:
    rubric = read_rubric()
    unknown, failure = rubric.cap_of_unknown(severity, data), rubric.cap_of_failure(severity, data)
    assert unknown == max(failure, Letter.D)
    assert failure <= unknown <= rubric.cap_of_attested_pass(severity, data)


def test_a_city_may_be_stricter(tmp_path: Path) -> None:
    rubric = read(tmp_path, TEXT.replace('high = "C"', 'high = "D"'))
    assert rubric.cap_of_failure(Severity.HIGH, Sensitivity.PUBLIC) is Letter.D


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param('version = "2026.1"\n', "", "lacks version", id="no-version"),
        pytest.param('version = "2026.1"', 'version = ""', "version is not a text", id="empty-version"),
        pytest.param('version = "2026.1"', "version = 2026.1", "version is not a text", id="version-a-number"),
        pytest.param('high = "C"\n', "", "caps.open lacks high", id="a-severity-missing"),
        pytest.param('high = "C"', 'high = "E"', "'E' is not a letter", id="no-such-letter"),
        pytest.param('high = "C"', 'high = "c"', "'c' is not a letter", id="lower-case"),
        pytest.param('high = "C"', "high = 3", "3 is not a letter", id="a-number"),
        pytest.param('high = "C"', 'high = ["C"]', "is not a letter", id="a-list"),
        pytest.param('low = "A"', 'low = "A"\nhihg = "C"', "unknown key hihg", id="a-typo"),
        pytest.param("[failure]", "[points]\nall = 1\n\n[failure]", "unknown key points", id="a-table-too-many"),
        pytest.param('[unknown]\nnever_below = "D"', "unknown = 1", "", id="a-table-that-is-a-value"),
        pytest.param("nightly = 7", "nightly = 7.5", "7.5 is not a whole number", id="half-a-day"),
        pytest.param("nightly = 7", "nightly = -7", "-7 is not a whole number", id="less-than-nothing"),
        pytest.param("nightly = 7", "nightly = true", "True is not a whole number", id="a-truth"),
        pytest.param("nightly = 7", "nightly = 9999999999999", "cannot be used", id="longer-than-time"),
        pytest.param('critical = "F"', 'critical = "A+"', "a more severe failure caps better", id="upside-down"),
        pytest.param('high = "D"', 'high = "B"', "caps better", id="sensitive-data-milder"),
        pytest.param('critical = "F"', 'critical = "NG"', "NG is not a cap", id="ng"),
        pytest.param('never_below = "D"', 'never_below = "F"', "must be D", id="an-unknown-f"),
        pytest.param('never_below = "D"', 'never_below = "A+"', "must be D", id="silence-as-health"),
        pytest.param('never_below = "D"', 'never_below = "NG"', "must be D", id="an-unknown-ng"),
        pytest.param('sensitive = "B"', 'sensitive = "A+"', "counts more for sensitive", id="a-word-worth-more"),
        pytest.param('many_unclaimed_cap = "C"', 'many_unclaimed_cap = "A"', "cap better than one", id="many-milder"),
        pytest.param('sensitive = "B"', 'sensitive = "NG"', "caps worse than not knowing", id="a-word-worth-nothing"),
        pytest.param('stale_discovery_cap = "C"', 'stale_discovery_cap = "F"', "city's own caps", id="a-city-f"),
        pytest.param("nightly = 7", "nightly = 0", "a span of 0 days", id="nothing-is-fresh"),
        pytest.param("discovery_days = 30", "discovery_days = 0", "a span of 0 days", id="never-discovered"),
        pytest.param("[failure]", "[failure", "is not TOML", id="not-toml"),
    ],
)
def test_a_broken_rubric_is_refused_by_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    with pytest.raises(UsageError) as refused:
        read(tmp_path, TEXT.replace(old, new))
    assert complaint in str(refused.value)
    assert str(tmp_path / "rubric.toml") in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_rubric_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be read"):
        read_rubric(tmp_path / "absent.toml")
    with pytest.raises(UsageError, match="could not be read"):
        read_rubric(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'version = "\xe9"')
    with pytest.raises(UsageError, match="not UTF-8"):
        read_rubric(tmp_path / "latin.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_rubric_or_a_usage_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    with pytest.raises(UsageError):
        read_rubric(path)
