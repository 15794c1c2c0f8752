"""What a server's files and kernel told a plain user beside its disks: settings that say where data and keys go."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.server import Section, SectionState
from auditor.records import dataclass


class Use(StrEnum):
    """What a directory is for."""

    POSTGRESQL = "PostgreSQL"
    MYSQL = "MySQL or MariaDB"
    MSSQL = "SQL Server"
    MONGODB = "MongoDB"
    BACKUP = "backups"
    TEMPORARY = "temporary files"
    CRASH = "crash dumps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(Plain):
    """A directory that is there, and what for. `path`: with all links followed, as far as the login may."""

    use: Use
    path: str
    is_open: bool  # may the login look into it? If not, a link inside may lead elsewhere.


@dataclass(frozen=True, slots=True, kw_only=True)
class CrypttabEntry(Plain):
    """One line of crypttab(5). `key_file`: "" for none, for "none" and for the argument of a keyscript, which may be a
    secret. `options`: names and values, without those that are only about time or display."""

    name: str
    device: str
    key_file: str = ""
    options: tuple[str, ...] = ()

    def option(self, name: str) -> str | None:
        """The value of an option: "" where it has none, None where it is not set."""
        for one in self.options:
            key, _, value = one.partition("=")
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings(Facts):
    """What one login read beside the block graph.

    `script`: SHA-256 of the script that was run, "" in older facts. `fips`: the kernel's FIPS mode; None: not told.
    `virtualisation`: what `systemd-detect-virt` calls it ("none", "kvm", "docker"), "" where nobody told.
    `core_pattern`: core(5). `directories`: those that are there. `encrypted_directories`: mount points that hold a
    `.fscrypt` directory.
    """

    sections: tuple[Section, ...]
    script: str = ""
    crypttab: tuple[CrypttabEntry, ...] = ()
    fips: bool | None = None
    virtualisation: str = ""
    core_pattern: str = ""
    directories: tuple[Directory, ...] = ()
    encrypted_directories: tuple[str, ...] = ()

    def state_of(self, section: str) -> SectionState:
        """How a section's reading ended; ABSENT for one that never came."""
        return next((one.state for one in self.sections if one.name == section), SectionState.ABSENT)
