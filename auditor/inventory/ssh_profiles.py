"""How groups of servers are reached: settings of SSH that many share, key by key, and what names them."""

from __future__ import annotations

from auditor.inventory.complaints import quoted
from auditor.inventory.entry import Entry
from auditor.inventory.roster import assets, text_of
from auditor.inventory.values import Credential, Host, HostKey, Port, User
from auditor.inventory.whole import Whole

SECTION = "ssh_profiles"


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
    """Profiles that are named and not declared."""
    declared = whole.at(SECTION)
    known = set(declared) if isinstance(declared, dict) else set()
    for path, _, row in assets(whole):
        name = text_of(row, "ssh")
        if row.get("kind") == "server" and name and name not in known:
            where = (*path, "ssh")
            whole.complain_of(
                where, f"the SSH profile {quoted(name)} is not declared.", whole.nearest(where, name, known)
            )
