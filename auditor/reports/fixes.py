"""What to type on one kind of server: the part of a fix that is meant for it."""

from __future__ import annotations

import re
from collections.abc import Collection

from auditor.records import dataclass

# A fix says what to do, then the line for each kind of server: "Name the suites. nginx: `…`. Apache: `…`. HAProxy: …"
WEB = ("nginx", "Apache", "HAProxy", "IIS")
PORTS = ("Postfix", "Dovecot", "OpenLDAP", "PostgreSQL", "MySQL, MariaDB")
NAMES = (*WEB, *PORTS)
OTHERS = {"web": PORTS, "tls": WEB, "mx": WEB}  # what an asset of this kind is not
PART = re.compile(rf"(?<=[.:] )(?={'|'.join(f'{name}: ' for name in NAMES)})")


@dataclass(frozen=True, slots=True)
class Fix:
    """`general`: what holds for every server. `lines`: one for each kind of server, beginning with its name."""

    general: str
    lines: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """To stand below one another; a single line stands with what holds for all."""
        if len(self.lines) == 1:
            return (f"{self.general} {self.lines[0]}".strip(),)
        return tuple(row for row in (self.general, *self.lines) if row)


def read_fix(fix: str, software: str | None = None, kinds: Collection[str] = ()) -> Fix:
    """A fix without the lines for other servers. `software`: one of NAMES; None, or without a line: all of them.

    `kinds`: of the assets; lines for what none of them can be are left out, unless there are no others.
    """
    general, *lines = (part.strip() for part in PART.split(fix))
    own = [line for line in lines if line.startswith(f"{software}: ")]
    if own:
        return Fix(general, (own[0],))
    fitting = [line for line in lines if not kinds or any(_fits(line, kind) for kind in kinds)]
    return Fix(general, tuple(fitting or lines))


def fix_for(fix: str, software: str | None, kind: str = "") -> str:
    """The same in one piece."""
    read = read_fix(fix, software, (kind,) if kind else ())
    return " ".join((read.general, *read.lines)).strip()


def _fits(line: str, kind: str) -> bool:
    return not line.startswith(tuple(f"{name}: " for name in OTHERS.get(kind, ())))
