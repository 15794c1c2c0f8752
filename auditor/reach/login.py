"""What an ssh:// address says: who logs in where. Knows no connection and no secret."""

from __future__ import annotations

import getpass
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.records import dataclass

SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class Login:
    """`ssh://[user@]host[:port]`. Without a user: the one who runs the auditor, as ssh(1) does."""

    user: str
    host: str
    port: int

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def known_name(self) -> str:
        """As a known_hosts file names the server."""
        name = self.host.lower()
        return name if self.port == SSH_PORT else f"[{name}]:{self.port}"


def login_of(address: str) -> Login:
    """Raises Unreachable(NO_CREDENTIAL) for a password in the address (never repeated) or where no user is known."""
    parts = urlsplit(address)
    host, port = parts.hostname or address, parts.port or SSH_PORT
    if parts.password is not None:
        detail = f"{host} (its address holds a password; passwords are not taken, so name a key file instead)"
        raise Unreachable(Reason.NO_CREDENTIAL, detail)
    return Login(parts.username or _own_name(host), host, port)


def _own_name(host: str) -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # no name in the environment and none for this uid
        detail = f"{host} (nobody to log in as; write ssh://USER@{host})"
        raise Unreachable(Reason.NO_CREDENTIAL, detail) from error
