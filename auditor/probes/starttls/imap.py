"""IMAP's way to TLS (RFC 9051 section 6.2.1): greeting, CAPABILITY, STARTTLS. Nobody logs in."""

from __future__ import annotations

from collections.abc import Generator

from auditor.facts.starttls import PortSoftware
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, claimed, not_spoken, put_off
from auditor.probes.starttls.lines import Lines

REVISIONS = frozenset({"IMAP4REV1", "IMAP4REV2"})  # one of them is always listed
LOGOUT = b"a9 LOGOUT\r\n"
NOT_NOW = b"UNAVAILABLE"  # RFC 5530 section 3: a temporary failure


class ImapDialogue:
    """What it may log in with before TLS: LOGIN unless LOGINDISABLED stands there, and each AUTH=.

    `together`: goes out in one piece with STARTTLS, behind it.
    """

    def __init__(self, together: bytes = b"") -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None
        self._together = together
        self._lines = Lines()
        self._capabilities: list[str] = []

    def talk(self) -> Talk:
        greeting = (yield from self._lines.read()).upper()
        if greeting.startswith(b"* BYE"):
            raise put_off("the greeting is BYE")
        if greeting.startswith(b"* PREAUTH"):
            return NoTls("the greeting is PREAUTH, after which TLS cannot be asked for", LOGOUT)
        if not greeting.startswith(b"* OK"):
            raise not_spoken("a greeting that is none of IMAP")
        self.software = claimed(greeting)
        answer = yield from self._tagged(b"a1", b"CAPABILITY")
        if not answer.startswith(b"OK") or REVISIONS.isdisjoint(self._capabilities):
            raise put_off("CAPABILITY is not answered")
        self.logins = _logins(self._capabilities)
        if "STARTTLS" not in self._capabilities:
            return NoTls("STARTTLS is not among the capabilities", LOGOUT)
        return (yield from self._start())

    def _start(self) -> Talk:
        self._lines.require_end()
        answer = yield from self._tagged(b"a2", b"STARTTLS", self._together)
        if not answer.startswith((b"OK", b"NO", b"BAD")):
            raise not_spoken("an answer that is none of IMAP")
        if NOT_NOW in answer:
            raise put_off("STARTTLS is answered with UNAVAILABLE")
        if not answer.startswith(b"OK"):
            word = answer.split()[0].decode("ascii")
            return NoTls(f"STARTTLS is listed, and answered with {word}", LOGOUT)
        self._lines.require_end()
        return Ready()

    def _tagged(self, tag: bytes, command: bytes, together: bytes = b"") -> Generator[bytes, bytes, bytes]:
        """Send a command; what its tag is answered with, in capitals. Capabilities on the way are kept."""
        sending = tag + b" " + command + b"\r\n" + together
        while True:
            line = (yield from self._lines.read(sending)).upper()
            sending = b""
            if line.startswith(tag.upper() + b" "):
                return line[len(tag) + 1 :]
            if line.startswith(b"* BYE"):
                raise put_off(f"{command.decode()} is answered with BYE")
            if not line.startswith(b"* "):
                raise not_spoken("a line that is no answer of IMAP")
            if line.startswith(b"* CAPABILITY "):
                self._capabilities = line.decode("ascii", "replace").split()[2:]


def _logins(capabilities: list[str]) -> Logins:
    found = (word.removeprefix("AUTH=") for word in capabilities if word.startswith("AUTH="))
    return Logins(tuple(dict.fromkeys(found)), takes_password="LOGINDISABLED" not in capabilities)
