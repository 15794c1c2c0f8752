"""SMTP's way to TLS (RFC 5321, RFC 3207): greeting, EHLO, STARTTLS. Names no sender and no recipient."""

from __future__ import annotations

from collections.abc import Generator

from auditor.facts.starttls import PortSoftware
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, claimed, not_spoken, put_off
from auditor.probes.starttls.lines import Lines
from auditor.records import dataclass

# RFC 2606: a name that is nobody's. Ours would tell the server what machines the city has.
EHLO = b"EHLO auditor.invalid\r\n"
STARTTLS = b"STARTTLS\r\n"
QUIT = b"QUIT\r\n"
UNKNOWN_COMMAND = frozenset({500, 502})  # RFC 5321 section 4.2.4
NO_TLS = UNKNOWN_COMMAND | {454}  # RFC 3207 section 4: "TLS not available"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of one or more lines: its code, and each line's text."""

    code: int
    lines: tuple[bytes, ...]


class SmtpDialogue:
    """Port 25 and the submission port speak alike. `together`: goes out in one piece with STARTTLS, behind it."""

    def __init__(self, together: bytes = b"") -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None
        self._together = together
        self._lines = Lines()

    def talk(self) -> Talk:
        greeting = yield from self._reply()
        if greeting.code != 220:
            raise put_off(f"the greeting is {greeting.code}")
        self.software = claimed(greeting.lines[0].partition(b" ")[2])  # the first word is the host's name
        hello = yield from self._reply(EHLO)
        if hello.code in UNKNOWN_COMMAND:  # extensions are listed in answer to EHLO alone
            self.logins = Logins()
            return NoTls(f"EHLO is answered with {hello.code}, so there are no extensions", QUIT)
        if hello.code != 250:
            raise put_off(f"EHLO is answered with {hello.code}")
        keywords = [line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ") for line in hello.lines[1:]]
        self.logins = _logins(keywords)
        if not any(words.split()[:1] == ["STARTTLS"] for words in keywords):
            return NoTls("STARTTLS is not among the extensions that EHLO lists", QUIT)
        return (yield from self._start())

    def _start(self) -> Talk:
        self._lines.require_end()
        answer = yield from self._reply(STARTTLS + self._together)
        if answer.code in NO_TLS:
            return NoTls(f"STARTTLS is listed, and answered with {answer.code}", QUIT)
        if answer.code != 220:
            raise put_off(f"STARTTLS is answered with {answer.code}")
        self._lines.require_end()
        return Ready()

    def _reply(self, sending: bytes = b"") -> Generator[bytes, bytes, Reply]:
        """RFC 5321 section 4.2.1: "250-…" goes on, "250 …" or "250" ends."""
        texts: list[bytes] = []
        while True:
            line = yield from self._lines.read(sending)
            sending = b""
            if not line[:3].isdigit() or line[3:4] not in (b"", b" ", b"-") or not b"2" <= line[:1] <= b"5":
                raise not_spoken("a line that is no answer of SMTP")
            texts.append(line[4:])
            if line[3:4] != b"-":
                return Reply(int(line[:3]), tuple(texts))


def _logins(keywords: list[str]) -> Logins:
    """RFC 4954 section 3; the older "AUTH=" is told by some servers to old clients."""
    found = [name for words in keywords if words.split()[:1] == ["AUTH"] for name in words.split()[1:]]
    return Logins(tuple(dict.fromkeys(found)))
