"""How groups of servers are reached: settings of SSH that many share, key by key, and what names them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.inventory.complaints import quoted
from auditor.inventory.entry import Entry
from auditor.inventory.roster import text_of
from auditor.inventory.tree import Plain, Trail
from auditor.inventory.values import Credential, Host, HostKey, Id, Port, User
from auditor.inventory.whole import Whole

SSH = 22
SECTION = "ssh_profiles"
MOST_HOPS = 4  # jump hosts one behind the other; a longer way is a mistake sooner than a network


class JumpHost(Entry):
    """A host through which servers are reached. Its host key is compared like theirs."""

    host: Host
    """Its name or address."""
    port: Port = 22
    """Where its SSH server listens."""
    user: User | None = None
    """Who to log in as; without one, whoever runs the auditor."""
    host_key: HostKey | None = None
    """The pinned key, as a server has it. Without one, a known_hosts file must have it."""
    credential: Credential | None = None
    """Name of the credential to log in with. Never the credential itself."""
    ssh: Annotated[Id | None, Field(exclude_if=lambda name: name is None)] = None
    """The name of the profile by which this host is reached, where it lies behind another jump host itself."""


class SshProfile(Entry):
    """What servers share that name it under `ssh`. What such a server says itself counts first."""

    user: User | None = None
    """Who to log in as."""
    port: Port | None = None
    """Where their SSH servers listen."""
    credential: Credential | None = None
    """Name of the credential to log in with. Never the credential itself."""
    jump: JumpHost | None = None
    """The host through which they are reached, where they cannot be reached directly."""


def complain_of_profiles(whole: Whole) -> None:
    """Profiles that are named and not declared, and ways through jump hosts that lead in a circle or too far."""
    declared = whole.at(SECTION)
    known = set(declared) if isinstance(declared, dict) else set()
    for path, _, row in whole.assets:
        name = text_of(row, "ssh")
        if row.get("kind") == "server" and name and name not in known:
            where = (*path, "ssh")
            whole.complain_of(
                where, f"the SSH profile {quoted(name)} is not declared.", whole.nearest(where, name, known)
            )
    for name in sorted(known):
        _complain_of_way(whole, name, known)


def _complain_of_way(whole: Whole, name: str, known: set[str]) -> None:
    """Of one profile: where the way from its jump host to the first one goes wrong."""
    where: Trail = (SECTION, name, "jump", "ssh")
    further = whole.at(*where)
    if not isinstance(further, str):
        return
    if further not in known:
        sentence = f"the SSH profile {quoted(further)} is not declared."
        whole.complain_of(where, sentence, whole.nearest(where, further, known))
        return
    passed, places = [name], [_place(whole, name)]
    while isinstance(further, str) and further in known:
        if further in passed or (_place(whole, further) and _place(whole, further) in places):
            way = ", ".join(quoted(one) for one in (*passed, further))
            whole.complain_of(where, f"this way through jump hosts leads in a circle: {way}.")
            return
        passed, places = [*passed, further], [*places, _place(whole, further)]
        further = whole.at(SECTION, further, "jump", "ssh")
    hops = sum(isinstance(whole.at(SECTION, one, "jump"), dict) for one in passed)
    if hops > MOST_HOPS:
        whole.complain_of(where, f"this way leads through {hops} jump hosts; {MOST_HOPS} at most may lie on one.")


def _place(whole: Whole, name: str) -> Plain:
    """Where a profile's jump host listens, comparable; None where it has none that can be read."""
    host = whole.at(SECTION, name, "jump", "host")
    port = whole.at(SECTION, name, "jump", "port") or whole.at(SECTION, _named(whole, name), "port") or SSH
    return f"{host.rstrip('.').lower()}:{port}" if isinstance(host, str) else None


def _named(whole: Whole, name: str) -> str:
    further = whole.at(SECTION, name, "jump", "ssh")
    return further if isinstance(further, str) else ""
