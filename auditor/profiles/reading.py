"""A profile file → a profile; every complaint names the file and the rule."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from importlib import resources
from pathlib import Path

from auditor.errors import UsageError
from auditor.profiles.rules import (
    Ask,
    Checks,
    DiskKey,
    Fips,
    Groups,
    HstsAge,
    Key,
    Lifetime,
    Primes,
    Profile,
    Rule,
    Signature,
    Staple,
    Suites,
    Versions,
)

DATA = resources.files("auditor.profiles") / "data"
KINDS: Mapping[str, type[Ask]] = {
    "versions": Versions,
    "suites": Suites,
    "groups": Groups,
    "key": Key,
    "signature": Signature,
    "lifetime": Lifetime,
    "hsts": HstsAge,
    "staple": Staple,
    "primes": Primes,
    "disk_key": DiskKey,
    "fips": Fips,
    "checks": Checks,
}
# What a file may leave out, and what stands for it then.
DEFAULTS: Mapping[type[Ask], Mapping[str, object]] = {
    Groups: {"allowed": [], "one_of": []},
    Versions: {"required": [], "if_needed": []},
    Key: {"curves": []},
    DiskKey: {"certified_bits": None},
}
OF_RULE = frozenset({"kind", "text", "clause", "starts"})
OF_FILE = frozenset({"id", "title", "source", "date", "rule"})
ADVICE = "docs/profiles.md describes the format."


def profile_names() -> tuple[str, ...]:
    """Of the profiles that come with the program."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in DATA.iterdir() if file.name.endswith(".toml")))


def read_profile(name: str) -> Profile:
    """One that comes with the program, or a file. Raises UsageError."""
    if name in profile_names():
        return _parsed((DATA / f"{name}.toml").read_text(encoding="utf-8"), name)
    path = Path(name)
    if not path.is_file():
        known = ", ".join(profile_names())
        raise UsageError(
            f"{name!r} is no profile, and no file.", f"There are: {known}. A file of your own will do, too."
        )
    try:
        return _parsed(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} could not be read: {type(error).__name__}.", "Name a readable TOML file.") from error


def _parsed(text: str, name: str) -> Profile:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not TOML: {error}.", ADVICE) from error
    if odd := set(said) ^ OF_FILE:
        raise UsageError(f"{name} lacks, or does not know, the key {min(odd)!r}.", ADVICE)
    rows = said["rule"]
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
        raise UsageError(f"{name} holds no rules.", ADVICE)
    texts = [said[key] for key in ("id", "title", "source")]
    if not all(isinstance(text, str) and text for text in texts) or not _is_day(said["date"]):
        raise UsageError(f"{name}: id, title and source are texts, and date is a day.", ADVICE)
    rules = tuple(_rule(row, f"{name}, rule {number}") for number, row in enumerate(rows, 1))
    return Profile(id=texts[0], title=texts[1], source=texts[2], date=said["date"], rules=rules)


def _rule(row: Mapping[str, object], where: str) -> Rule:
    text, clause, starts = row.get("text"), row.get("clause", ""), row.get("starts")
    if not (isinstance(text, str) and text and isinstance(clause, str)):
        raise UsageError(f"{where}: text and clause are texts.", ADVICE)
    if starts is not None and not _is_day(starts):
        raise UsageError(f"{where}: starts is a day.", ADVICE)
    ask = _ask(str(row.get("kind")), {key: row[key] for key in row.keys() - OF_RULE}, where)
    return Rule(text=text, clause=clause, starts=starts if isinstance(starts, date) else None, ask=ask)


def _ask(kind: str, values: Mapping[str, object], where: str) -> Ask:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - heavy

    if kind not in KINDS:
        raise UsageError(f"{where}: there is no kind {kind!r}.", f"There are: {', '.join(KINDS)}.")
    made = KINDS[kind]
    values = {"ids" if made is Checks and key == "checks" else key: value for key, value in values.items()}
    if unknown := values.keys() - {field.name for field in fields(made)}:
        raise UsageError(f"{where}: {kind} knows no {min(unknown)!r}.", ADVICE)
    try:
        asked = TypeAdapter(made).validate_python({**DEFAULTS.get(made, {}), **values})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UsageError(f"{where}: {key}: {first['msg']}.", ADVICE) from error
    if made is Checks and not values.get("ids"):
        raise UsageError(f"{where}: it names no check.", ADVICE)
    return asked


def _is_day(value: object) -> bool:
    return type(value) is date  # a datetime is a date, too
