"""What to type on one kind of server: the part of a fix that is meant for it."""

from __future__ import annotations

import re

# A fix says what to do, then the line for each kind of server: "Name the suites. nginx: `…`. Apache: `…`. HAProxy: …"
WEB = ("nginx", "Apache", "HAProxy", "IIS")
PORTS = ("Postfix", "Dovecot", "OpenLDAP", "PostgreSQL", "MySQL, MariaDB")
NAMES = (*WEB, *PORTS)
OTHERS = {"web": PORTS, "tls": WEB, "mx": WEB}  # what an asset of this kind is not
PART = re.compile(rf"(?<=[.:] )(?={'|'.join(f'{name}: ' for name in NAMES)})")


def fix_for(fix: str, software: str | None, kind: str = "") -> str:
    """The fix without the lines for other servers. `software`: one of NAMES; None, or without a line: all of them.

    `kind`: of the asset; lines for what it cannot be are left out, unless there are no others.
    """
    general, *lines = PART.split(fix)
    own = [line for line in lines if line.startswith(f"{software}: ")]
    if own:
        return f"{general}{own[0]}".strip()
    others = tuple(f"{name}: " for name in OTHERS.get(kind, ()))
    fitting = [line for line in lines if not line.startswith(others)] if others else lines
    return "".join((general, *(fitting or lines))).strip()
