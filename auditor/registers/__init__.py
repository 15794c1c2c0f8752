"""Dated lists about the world that rules rest on: lifetimes, distrusted authorities, CAA names, keys, roots, disks.

Each list is a TOML file that names its sources and the day it was checked; `docs/refresh_registers.py` and
`docs/refresh_roots.py` help to renew them. Knows no facts and no rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Certificates issued on or after `since` may be valid for `days`."""

    since: date
    days: int


@dataclass(frozen=True, slots=True)
class Distrusted:
    """An authority that browsers refuse for what it issued at `issued_from` or later.

    `root`: SHA-256 of a root; "" where it is known by the `organizations` that its roots name.
    """

    name: str
    root: str
    organizations: frozenset[str]
    issued_from: datetime
    source: str


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key whose private half anybody can have."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class RootStore:
    """A large store of roots. `version`: of the system that comes with it; "" where the day alone names it."""

    name: str
    version: str
    at: date
    roots: frozenset[str]  # SHA-256, hexadecimal
    subjects: frozenset[str]  # their names, as `Certificate.subject` writes them


@dataclass(frozen=True, slots=True)
class S3Server:
    """A storage server beside AWS: the patterns that it is recognized by, and the settings that it keeps.

    `keeps`: by own_key, named_key, restrict_public, ignore_acls, no_acls, expiry and policies: yes, no, some_releases,
    unknown.
    """

    name: str
    signs: Mapping[str, str]  # header, request_id, root, code, message, owner → a pattern of the whole text
    keeps: Mapping[str, str]
    source: str


@cache
def s3_servers() -> tuple[S3Server, ...]:
    """In the order of the file."""
    signs = ("header", "request_id", "root", "code", "message", "owner")
    settings = ("own_key", "named_key", "restrict_public", "ignore_acls", "no_acls", "expiry", "policies")
    return tuple(
        S3Server(
            row["name"],
            MappingProxyType({sign: row[sign] for sign in signs if sign in row}),
            MappingProxyType({setting: row.get(setting, "unknown") for setting in settings}),
            row["source"],
        )
        for row in _table("s3_servers")["server"]
    )


@cache
def root_stores() -> tuple[RootStore, ...]:
    """Mozilla's among them. In the order of the file."""
    table = _table("roots")
    return tuple(
        _root_store(row, [one for one in table["root"] if row["key"] in one["stores"]]) for row in table["store"]
    )


def _root_store(row: Mapping[str, Any], roots: list[dict[str, str]]) -> RootStore:
    return RootStore(
        name=row["name"],
        version=row["version"],
        at=row["at"],
        roots=frozenset(one["sha256"] for one in roots),
        subjects=frozenset(one["subject"] for one in roots),
    )


@cache
def lifetime_limits() -> tuple[Limit, ...]:
    """In the order of their days."""
    return tuple(sorted((Limit(row["from"], row["days"]) for row in _table("lifetimes")["limit"]), key=_since))


@cache
def distrusted_authorities() -> tuple[Distrusted, ...]:
    return tuple(
        Distrusted(
            name=row["name"],
            root=row.get("root", ""),
            organizations=frozenset(row.get("organization", ())),
            issued_from=row["issued_from"],
            source=row["source"],
        )
        for row in _table("distrusted")["authority"]
    )


@cache
def caa_names() -> Mapping[str, frozenset[str]]:
    """Organization of an issuer → the names that it answers to in CAA records."""
    rows = _table("caa")["authority"]
    return MappingProxyType({who: frozenset(row["domains"]) for row in rows for who in row["organization"]})


@cache
def known_keys() -> Mapping[str, KnownKey]:
    """SHA-256 of a SubjectPublicKeyInfo, hexadecimal → what is known of the key."""
    rows = _table("known_keys")["key"]
    return MappingProxyType({row["spki"]: KnownKey(row["name"], row["source"]) for row in rows})


@dataclass(frozen=True, slots=True)
class DiskRules:
    """`good`, `aging`: (algorithm, mode, kind of IV). `iterations`: least, by hash. `memory_kib`: least, by KDF."""

    good: frozenset[tuple[str, str, str]]
    aging: frozenset[tuple[str, str, str]]
    iterations: Mapping[str, int]
    memory_kib: Mapping[str, int]


@cache
def disk_rules() -> DiskRules:
    table = _table("disk_encryption")
    return DiskRules(
        good=_ciphers(table["cipher"]),
        aging=_ciphers(table["aging"]),
        iterations=MappingProxyType({row["hash"]: row["iterations"] for row in table["pbkdf2"]}),
        memory_kib=MappingProxyType({row["kdf"]: row["memory_kib"] for row in table["argon2"]}),
    )


def _ciphers(rows: list[Mapping[str, Any]]) -> frozenset[tuple[str, str, str]]:
    return frozenset((row["algorithm"], row["mode"], iv) for row in rows for iv in row["iv"])


def checked(name: str) -> date:
    """The day on which a list was last compared with its sources."""
    return date.fromisoformat(str(_table(name)["checked"]))


def _since(limit: Limit) -> date:
    return limit.since


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
