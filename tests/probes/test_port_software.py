"""Of what a port says of itself before TLS only the name of a program that we know is kept."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from auditor.errors import Unreachable
from auditor.facts.starttls import PortSoftware, Spoken, StartTls
from auditor.probe import Seen
from auditor.probes.starttls.way import DIALOGUES
from auditor.rig.listener import Listener
from tests.probes.port_rig import Clerk, look_at


def software(spoken: Spoken, greeting: bytes) -> PortSoftware | None:
    """What the dialogue makes of the first thing that it hears."""
    dialogue = DIALOGUES[spoken]()
    talk = dialogue.talk()
    next(talk)
    with suppress(StopIteration, Unreachable):
        talk.send(greeting)
    return dialogue.software


def mysql(version: bytes) -> bytes:
    packet = b"\x0a" + version + b"\0" + bytes(13) + b"\xff\xff" + bytes(30)
    return len(packet).to_bytes(3, "little") + b"\0" + packet


@pytest.mark.parametrize(
    ("spoken", "greeting", "expected"),
    [
        (Spoken.SMTP, b"220 mx1.elm.example ESMTP Postfix (Debian/GNU)\r\n", PortSoftware.POSTFIX),
        (Spoken.SMTP, b"220 postfix.elm.example ESMTP Exim 4.96\r\n", None),
        (Spoken.SMTP, b"220 mx1.elm.example Dovecot ready.\r\n", PortSoftware.DOVECOT),
        (Spoken.SMTP, b"220 mx1 ESMTP postfixed\r\n", None),
        (Spoken.SMTP, b"220\r\n", None),
        (Spoken.SMTP, b"554 Postfix\r\n", None),
        (Spoken.IMAP, b"* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready.\r\n", PortSoftware.DOVECOT),
        (Spoken.IMAP, b"* OK IMAP4 ready\r\n", None),
        (Spoken.POP3, b"+OK Dovecot (Debian) ready.\r\n", PortSoftware.DOVECOT),
        (Spoken.POP3, b"+OK \xff\x00\x1b[31m\r\n", None),
        (Spoken.POSTGRESQL, b"S", PortSoftware.POSTGRESQL),
        (Spoken.POSTGRESQL, b"N", PortSoftware.POSTGRESQL),
        (Spoken.POSTGRESQL, b"H", None),
        (Spoken.MYSQL, mysql(b"8.0.36"), PortSoftware.MYSQL),
        (Spoken.MYSQL, mysql(b"5.5.5-10.11.6-MariaDB"), PortSoftware.MYSQL),
        (Spoken.MYSQL, b"\x01\0\0\0\xff", None),
        (Spoken.LDAP, bytes.fromhex("300c02010178070a010004000400"), None),
    ],
)
def test_the_name_of_a_known_program_is_kept(spoken: Spoken, greeting: bytes, expected: PortSoftware | None) -> None:
    assert software(spoken, greeting) is expected


def test_it_comes_with_the_facts_of_the_port_and_nothing_else_of_the_greeting() -> None:
    def nobody(_: socket.socket, __: int) -> None:
        raise AssertionError("TLS is not offered")

    clerk = Clerk(then=nobody, greeting=b"220 mx1 ESMTP Postfix-9.9-secret\r\n", hello=b"250 mx1\r\n")
    with Listener(clerk) as server:
        looked = look_at(server.port)
    sight = looked.sights[StartTls]
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, StartTls)
    assert sight.facts.software is PortSoftware.POSTFIX
    assert "secret" not in repr(looked)
