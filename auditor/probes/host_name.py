"""A host as it stands in a handshake and in a certificate. Asks nobody."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from sys import intern

from auditor.errors import Unreachable
from auditor.model import Reason


def server_name(host: str) -> str:
    """A host as it goes into SNI and is looked for in a certificate: A-labels, lower case, no dot at the end.

    IDNA as Python's resolver does it. Raises Unreachable(DNS) for what can be no name.
    """
    bare = host.rstrip(".").lower()
    if is_address(bare):
        return str(ipaddress.ip_address(bare))
    try:
        name = intern(bare.encode("idna").decode("ascii"))  # each of its certificates is kept with it
    except UnicodeError as error:
        raise Unreachable(Reason.DNS, f"{host!r} is no name") from error
    if not name:
        raise Unreachable(Reason.DNS, "there is no name to ask for")
    return name


@lru_cache(maxsize=256)
def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
