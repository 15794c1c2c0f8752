"""What a run may use: scope, trust anchors, credentials by name, limits. Made once by the command line."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from auditor.clock import Clock, utc_now
from auditor.errors import UsageError
from auditor.reach.fence import Fence
from auditor.records import dataclass

DNS_PORT = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, bytes and counts. Deadlines are totals, never per read."""

    operation_s: float = 5.0
    host_s: float = 60.0
    shell_s: float = 60.0
    connections_per_host: int = 200  # times the addresses behind its name
    in_flight_per_host: int = 2
    pause_s: float = 1.0  # before a retry, alone
    answer_bytes: int = 65_536
    body_bytes: int = 262_144
    shell_bytes: int = 4_194_304


@dataclass(frozen=True, slots=True)
class Target:
    """Where a name really leads, by the operator's word."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Run-wide settings. Holds paths and names of credentials, never a secret."""

    fence: Fence = field(default_factory=Fence)
    limits: Limits = field(default_factory=Limits)
    connect_to: Mapping[tuple[str, int], tuple[Target, ...]] = field(default_factory=lambda: MappingProxyType({}))
    ca_file: Path | None = None  # replaces the Mozilla roots
    identity_file: Path | None = None
    use_agent: bool = True
    known_hosts: Path | None = None
    endpoint_url: str | None = None
    metadata_allowed: bool = False
    audited_profiles: tuple[
        str | None, ...
    ] = ()  # names of the credentials that the inventory's accounts are read with
    nameservers: tuple[Target, ...] = ()  # for records that are no addresses; (): those of this machine
    deep_python: Path | None = None  # the interpreter of the deep environment
    exports: Path | None = None  # the inventory's folder, below which other tools' exports lie
    clock: Clock = utc_now


def read_connect_to(path: Path) -> dict[tuple[str, int], tuple[Target, ...]]:
    """Read a connect-to file: lines `HOST:PORT ADDRESS:PORT`, several lines for several addresses, # comments.

    Raises UsageError with file and line.
    """
    targets: dict[tuple[str, int], tuple[Target, ...]] = {}
    alike: dict[tuple[Target, ...], tuple[Target, ...]] = {}  # many names may lead to one place
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} could not be read: {error.strerror}.", "Name a readable connect-to file.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8.", "Name a connect-to file.") from error
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            name, target = words
            (host, port), (address, target_port) = _split(name), _split(target)
            ipaddress.ip_address(address)
        except ValueError as error:
            raise UsageError(
                f"{path}:{number}: {line.strip()!r} is not a connect-to line.",
                "Write HOST:PORT ADDRESS:PORT, like www.example.org:443 127.0.0.1:8443.",
            ) from error
        key = (host.rstrip(".").lower(), port)
        if any(ipaddress.ip_address(one.address) == ipaddress.ip_address(address) for one in targets.get(key, ())):
            raise UsageError(
                f"{path}:{number}: {name} leads to {address} twice.",
                "Write one line for each address: what is found is told apart by address.",
            )
        places = (*targets.get(key, ()), Target(address, target_port))
        targets[key] = alike.setdefault(places, places)
    return targets


def read_nameserver(text: str) -> Target:
    """ADDRESS or ADDRESS:PORT of a resolver; IPv6 in brackets where a port follows. Raises UsageError.

    A name is none: whom should one ask for its address?
    """
    try:
        host, port = (text, DNS_PORT) if _is_address(text) else _address_and_port(text)
    except ValueError:
        host, port = "", 0
    if port and _is_address(host):
        return Target(host, port)
    raise UsageError(
        "--nameserver is given something that is no address of a resolver.",
        "Write ADDRESS or ADDRESS:PORT, like 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:5353.",
    )


def _address_and_port(text: str) -> tuple[str, int]:
    """Raises ValueError for more than the two. Port 0 stays 0."""
    parts = urlsplit(f"//{text}")
    if parts.netloc != text or "@" in text or text.endswith(":"):
        raise ValueError(text)
    return parts.hostname or "", DNS_PORT if parts.port is None else parts.port


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    number = int(port)
    if not host or not 0 < number < 65536:
        raise ValueError(text)
    return host.strip("[]"), number
