"""POP3's way to TLS (RFC 2595 section 4, RFC 2449): greeting, CAPA, STLS. Nobody logs in."""

from __future__ import annotations

from collections.abc import Generator

from auditor.facts.starttls import PortSoftware
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, claimed, not_spoken, put_off
from auditor.probes.starttls.lines import Lines

QUIT = b"QUIT\r\n"
NOT_NOW = (b"[SYS/TEMP", b"[IN-USE", b"[LOGIN-DELAY")  # RFC 3206, RFC 2449 section 8: it may be otherwise later


class Pop3Dialogue:
    """A server without CAPA may know STLS all the same; which logins it takes then stays unknown.

    `together`: goes out in one piece with STLS, behind it.
    """

    def __init__(self, together: bytes = b"") -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None
        self._together = together
        self._lines = Lines()

    def talk(self) -> Talk:
        if not (yield from self._is_ok()):
            raise put_off("the greeting is -ERR")
        if (yield from self._is_ok(b"CAPA\r\n")):
            capabilities = yield from self._list()
            self.logins = _logins(capabilities)
            if ["STLS"] not in capabilities:
                return NoTls("STLS is not among the capabilities", QUIT)
        self._lines.require_end()
        if not (yield from self._is_ok(b"STLS\r\n" + self._together)):
            return NoTls("STLS is answered with -ERR", QUIT)
        self._lines.require_end()
        return Ready()

    def _is_ok(self, sending: bytes = b"") -> Generator[bytes, bytes, bool]:
        line = (yield from self._lines.read(sending)).upper()
        self.software = self.software or (claimed(line) if not sending else None)
        if line.startswith(b"-ERR"):
            if any(code in line for code in NOT_NOW):
                raise put_off("the answer is a temporary -ERR")
            return False
        if not line.startswith(b"+OK"):
            raise not_spoken("a line that is no answer of POP3")
        return True

    def _list(self) -> Generator[bytes, bytes, list[list[str]]]:
        """The lines up to a single dot, as words in capitals."""
        found: list[list[str]] = []
        while (line := (yield from self._lines.read())) != b".":
            found.append(line.decode("ascii", "replace").upper().split())
        return found


def _logins(capabilities: list[list[str]]) -> Logins:
    sasl = (name for words in capabilities if words[:1] == ["SASL"] for name in words[1:])
    return Logins(tuple(dict.fromkeys(sasl)), takes_password=["USER"] in capabilities)
