"""What to type on one kind of server: the part of a fix that is meant for it."""

from __future__ import annotations

import re

# A fix says what to do, then the line for each kind of server: "Name the suites. nginx: `…`. Apache: `…`. HAProxy: …"
NAMES = ("nginx", "Apache", "HAProxy", "IIS", "Postfix", "Dovecot")
PART = re.compile(rf"(?<=[.:] )(?={'|'.join(f'{name}: ' for name in NAMES)})")


def fix_for(fix: str, software: str | None) -> str:
    """The fix without the lines for other servers. `software`: one of NAMES; None, or without a line: all of them."""
    general, *lines = PART.split(fix)
    own = [line for line in lines if line.startswith(f"{software}: ")]
    return f"{general}{own[0]}".strip() if own else fix
