"""Derived: one server's block graph, and beside it what else was told of the same server."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, Section
from auditor.facts.server_settings import ServerSettings
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxServer(Facts):
    """`settings`, `privileged`: None where they were not seen, or not asked for."""

    graph: BlockGraph
    settings: ServerSettings | None = None
    privileged: PrivilegedDisks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSources(Facts):
    """Derived: which sources were read, and by what. `script`, `helper`: SHA-256, "" where not told or not asked."""

    sections: tuple[Section, ...]
    script: str = ""
    helper: str = ""
    virtualisation: str = ""
