"""How TLS begins on a port that is no web service, and what a client hears before. Knows no wire format and no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts
from auditor.records import dataclass


class Spoken(StrEnum):
    """What is spoken on a port before TLS begins; the words are the schemes of addresses."""

    TLS = "tls"  # nothing: TLS begins with the first byte
    SMTP = "smtp"
    IMAP = "imap"
    POP3 = "pop3"
    LDAP = "ldap"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"

    @property
    def label(self) -> str:
        """As people write it."""
        names = {Spoken.POSTGRESQL: "PostgreSQL", Spoken.MYSQL: "MySQL"}
        return names.get(self, self.value.upper())

    @property
    def usual_port(self) -> int | None:
        """Where it is spoken if an address names no port (IANA's registry). None for TLS: it has no port of its own."""
        return USUAL_PORTS.get(self)

    @property
    def tells_of_logins(self) -> bool:
        """Does a server list the logins that it takes before anybody tries one?"""
        return self in (Spoken.SMTP, Spoken.IMAP, Spoken.POP3)


USUAL_PORTS = {
    Spoken.SMTP: 25,
    Spoken.IMAP: 143,
    Spoken.POP3: 110,
    Spoken.LDAP: 389,
    Spoken.POSTGRESQL: 5432,
    Spoken.MYSQL: 3306,
}


class PortSoftware(StrEnum):
    """Server software that tells what it is before TLS, as our fixes write it."""

    POSTFIX = "Postfix"
    DOVECOT = "Dovecot"
    POSTGRESQL = "PostgreSQL"
    MYSQL = "MySQL, MariaDB"


class TlsStart(StrEnum):
    """How the request for TLS ended. Silence, and answers that only put it off, are not in here: they are Unseen."""

    DIRECT = "direct"  # TLS was spoken from the first byte on
    UPGRADED = "upgraded"  # the port agreed to TLS, and then spoke it
    DECLINED = "declined"  # it said no in so many words, on two connections


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTls(Facts):
    """Whether a port goes over to TLS. `answer`: how it declined, in our own words; "" where it did not.

    `software`: what its greeting claims, or its protocol tells; None: nothing that we know.
    """

    spoken: Spoken
    start: TlsStart
    answer: str = ""
    software: PortSoftware | None = None

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.start is TlsStart.DECLINED) is not bool(self.answer):
            raise ValueError("a no, and nothing else, comes with how it was said")
        if (self.start is TlsStart.DIRECT) is not (self.spoken is Spoken.TLS):
            raise ValueError("TLS begins at once where nothing else is spoken, and nowhere else")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBeforeTls(Facts):
    """The logins that a port lists to a client that has no TLS yet.

    `mechanisms`: SASL names (RFC 4422) in capitals, as listed. `takes_password`: the protocol's own command for name
    and password is open (IMAP LOGIN, POP3 USER). Both are empty where the protocol tells of none (`tells_of_logins`).
    """

    spoken: Spoken
    mechanisms: tuple[str, ...] = ()
    takes_password: bool = False

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.spoken.tells_of_logins and (self.mechanisms or self.takes_password):
            raise ValueError(f"{self.spoken.label} does not tell of logins")


class TogetherAnswer(StrEnum):
    """What became of a command that was sent in one piece with the request for TLS (CVE-2011-0411)."""

    ANSWERED = "answered"  # inside TLS, as if it had been sent there
    DISCARDED = "discarded"  # no answer to it came inside, while later commands got theirs
    CLOSED = "closed"  # it closed on it, twice, and on none of three connections without it
    NOT_SENT = "not_sent"  # the protocol has no commands that could wait


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTlsInjection(Facts):
    """Whether a port runs commands inside TLS that came before it. `command`: what was sent, as people read it."""

    spoken: Spoken
    answer: TogetherAnswer
    command: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.answer is TogetherAnswer.NOT_SENT) is bool(self.command):
            raise ValueError("an answer belongs to a command")
        if (self.answer is TogetherAnswer.NOT_SENT) is (self.spoken in SPEAK_IN_LINES):
            raise ValueError("a command is sent exactly where commands are lines")


SPEAK_IN_LINES = frozenset({Spoken.SMTP, Spoken.IMAP, Spoken.POP3})
