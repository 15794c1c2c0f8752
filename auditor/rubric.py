"""The rubric: how bad is how bad, as data with a version. Knows no finding."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

from auditor.errors import UsageError
from auditor.model import Letter, Sensitivity, Severity, Tier
from auditor.records import dataclass

Caps = dict[Severity, Letter]
ADVICE = "Compare it with auditor/rubric.toml, which comes with the program."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """All that grading may vary. `open`: public and internal data; `sensitive`: all other, undeclared data too."""

    version: str
    caps_open: Caps
    caps_sensitive: Caps
    unknown_never_below: Letter
    attested_open: Letter
    attested_sensitive: Letter
    fresh: dict[Tier, timedelta]
    failure_ends_after: timedelta
    unclaimed_cap: Letter
    many_unclaimed: int
    many_unclaimed_cap: Letter
    discovery_age: timedelta
    stale_discovery_cap: Letter

    def cap_of_failure(self, severity: Severity, sensitivity: Sensitivity) -> Letter:
        return (self.caps_sensitive if sensitivity.is_sensitive else self.caps_open)[severity]

    def cap_of_unknown(self, severity: Severity, sensitivity: Sensitivity) -> Letter:
        return max(self.cap_of_failure(severity, sensitivity), self.unknown_never_below)

    def cap_of_attested_pass(self, severity: Severity, sensitivity: Sensitivity) -> Letter:
        if severity < Severity.HIGH:
            return Letter.A_PLUS
        return self.attested_sensitive if sensitivity.is_sensitive else self.attested_open


def read_rubric(path: Path | None = None) -> Rubric:
    """Read a rubric file, or the one that comes with the program. Raises UsageError with the file and the key."""
    return parse_rubric(rubric_text(path), _name(path))


def rubric_text(path: Path | None = None) -> str:
    """The text of a rubric file, or of the one that comes with the program. Raises UsageError."""
    name = _name(path)
    try:
        return (path or Path(__file__).with_name("rubric.toml")).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{name} could not be read: {error.strerror}.", "Name a readable rubric file.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text.", ADVICE) from error


def parse_rubric(text: str, name: str) -> Rubric:
    """`name`: what complaints call it. Raises UsageError with the key."""
    try:
        return _parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not TOML: {error}.", ADVICE) from error
    except KeyError as error:
        raise UsageError(f"{name} lacks {error.args[0]}, or holds it twice.", ADVICE) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(f"{name} cannot be used: {error}.", ADVICE) from error


def _name(path: Path | None) -> str:
    return str(path) if path else "the built-in rubric"


SHAPE = {
    "version": None,
    "caps": {"open": {"critical", "high", "medium", "low"}, "sensitive": {"critical", "high", "medium", "low"}},
    "unknown": {"never_below"},
    "attested": {"open", "sensitive"},
    "fresh_days": {"nightly", "deep", "privileged", "online"},
    "failure": {"ends_after_days"},
    "city": {"unclaimed_cap", "many_unclaimed", "many_unclaimed_cap", "discovery_days", "stale_discovery_cap"},
}


def _parse(data: dict[str, object]) -> Rubric:
    tables = _tables(data)
    city = tables["city"]
    rubric = Rubric(
        version=_text(data["version"]),
        caps_open=_caps(tables["caps.open"]),
        caps_sensitive=_caps(tables["caps.sensitive"]),
        unknown_never_below=_letter(tables["unknown"]["never_below"]),
        attested_open=_letter(tables["attested"]["open"]),
        attested_sensitive=_letter(tables["attested"]["sensitive"]),
        fresh={tier: _days(tables["fresh_days"][tier.value]) for tier in Tier},
        failure_ends_after=_days(tables["failure"]["ends_after_days"]),
        unclaimed_cap=_letter(city["unclaimed_cap"]),
        many_unclaimed=_whole(city["many_unclaimed"]),
        many_unclaimed_cap=_letter(city["many_unclaimed_cap"]),
        discovery_age=_days(city["discovery_days"]),
        stale_discovery_cap=_letter(city["stale_discovery_cap"]),
    )
    _refuse_upside_down(rubric)
    return rubric


def _refuse_upside_down(rubric: Rubric) -> None:
    """A worse failure may not cap better, and sensitive data may not be judged more mildly."""
    for caps in (rubric.caps_open, rubric.caps_sensitive):
        if sorted(caps, reverse=True) != sorted(caps, key=lambda severity: (caps[severity], -severity)):
            raise ValueError("a more severe failure caps better than a milder one")
        if Letter.NG in caps.values():
            raise ValueError("NG is not a cap: it says that nothing was seen")
    if any(rubric.caps_sensitive[severity] > rubric.caps_open[severity] for severity in Severity):
        raise ValueError("sensitive data is capped better than public data")
    if rubric.attested_sensitive > rubric.attested_open:
        raise ValueError("an attestation counts more for sensitive data than for public data")
    if rubric.unknown_never_below is not Letter.D:
        raise ValueError("unknown.never_below must be D: a better one would reward silence, and nobody saw an F")
    for data in Sensitivity:
        for severity in Severity:
            if rubric.cap_of_attested_pass(severity, data) < rubric.cap_of_unknown(severity, data):
                raise ValueError("an attestation that it passes caps worse than not knowing")
    if min(rubric.unclaimed_cap, rubric.many_unclaimed_cap, rubric.stale_discovery_cap) <= Letter.NG:
        raise ValueError("the city's own caps must be D or better: F means that somebody saw it")
    if not all((*rubric.fresh.values(), rubric.failure_ends_after, rubric.discovery_age)):
        raise ValueError("a span of 0 days: nothing would ever count as seen")
    if rubric.many_unclaimed_cap > rubric.unclaimed_cap:
        raise ValueError("many unclaimed assets cap better than one")


def _tables(data: dict[str, object]) -> dict[str, dict[str, object]]:
    """Every table by its dotted name; raises for a key too many or too few."""
    _same_keys("the file", set(data), set(SHAPE))
    found: dict[str, dict[str, object]] = {}
    for name, shape in SHAPE.items():
        if isinstance(shape, dict):
            outer = _table(name, data[name])
            _same_keys(name, set(outer), set(shape))
            for inner, keys in shape.items():
                found[f"{name}.{inner}"] = _table(f"{name}.{inner}", outer[inner])
                _same_keys(f"{name}.{inner}", set(found[f"{name}.{inner}"]), keys)
        elif isinstance(shape, set):
            found[name] = _table(name, data[name])
            _same_keys(name, set(found[name]), shape)
    return found


def _same_keys(where: str, seen: set[str], wanted: set[str]) -> None:
    for key in sorted(wanted - seen):
        raise ValueError(f"{where} lacks {key}")
    for key in sorted(seen - wanted):
        raise ValueError(f"{where} has an unknown key {key}")


def _table(name: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{name} is not a table")
    return value


def _caps(table: dict[str, object]) -> Caps:
    return {severity: _letter(table[severity.word]) for severity in Severity}


def _letter(value: object) -> Letter:
    for letter in Letter:
        if value == str(letter):
            return letter
    raise ValueError(f"{value!r} is not a letter (A+, A, B, C, D, F)")


def _days(value: object) -> timedelta:
    return timedelta(days=_whole(value))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a whole number of 0 or more")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("version is not a text")
    return value
