"""The dialogues before TLS, word by word and without I/O: a yes, an explicit no, and everything that is neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.starttls.dialogue import Dialogue, Logins, NoTls, Ready
from auditor.probes.starttls.imap import ImapDialogue
from auditor.probes.starttls.ldap import REQUEST, LdapDialogue
from auditor.probes.starttls.mysql import SSL_REQUEST as MYSQL_REQUEST
from auditor.probes.starttls.mysql import MysqlDialogue
from auditor.probes.starttls.pop3 import Pop3Dialogue
from auditor.probes.starttls.postgresql import SSL_REQUEST, PostgresqlDialogue
from auditor.probes.starttls.smtp import SmtpDialogue
from auditor.probes.starttls.way import DIALOGUES

HELLO = b"250-mx1.elm.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
CAPABILITY = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n"
CAPA = b"+OK\r\nSTLS\r\nSASL\r\n.\r\n"


def ldap(code: int, number: int = 1, tag: int = 0x78) -> bytes:
    """An extended response: result code, empty name, empty text."""
    response = bytes([0x0A, 1, code, 0x04, 0, 0x04, 0])
    body = bytes([0x02, 1, number, tag, len(response)]) + response
    return bytes([0x30, len(body)]) + body


def mysql(flags: int = 0xFFFF, version: int = 10) -> bytes:
    packet = bytes([version]) + b"8.0.36\0" + bytes(13) + flags.to_bytes(2, "little") + bytes(30)
    return len(packet).to_bytes(3, "little") + b"\0" + packet


def held(dialogue: Dialogue, *pieces: bytes) -> tuple[Ready | NoTls | Reason, list[bytes]]:
    """How a dialogue ends with a server that sends these pieces, one for each time it listens; and what was sent.

    Running out of pieces is a dialogue that waits for more: Reason.TIMEOUT.
    """
    talk = dialogue.talk()
    said: list[bytes] = []
    try:
        said.append(next(talk))
        for piece in pieces:
            said.append(talk.send(piece))
    except StopIteration as end:
        outcome: Ready | NoTls = end.value
        return outcome, [words for words in said if words]
    except Unreachable as error:
        return error.reason, [words for words in said if words]
    return Reason.TIMEOUT, [words for words in said if words]


Made = Callable[[], Dialogue]
YES: dict[str, tuple[Made, list[bytes], list[bytes]]] = {
    "smtp": (
        SmtpDialogue,
        [b"220 mx1 ESMTP\r\n", HELLO, b"220 go\r\n"],
        [b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"],
    ),
    "smtp_long": (
        SmtpDialogue,
        [b"220-mx1\r\n220 hello\r\n", HELLO, b"220-go\r\n220 on\r\n"],
        [b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"],
    ),
    "smtp_bare_code": (
        SmtpDialogue,
        [b"220\r\n", b"250-mx\r\n250 starttls\r\n", b"220\n"],
        [b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"],
    ),
    "imap": (
        ImapDialogue,
        [b"* OK ready\r\n", CAPABILITY, b"a2 OK go\r\n"],
        [b"a1 CAPABILITY\r\n", b"a2 STARTTLS\r\n"],
    ),
    "imap_rev2": (
        ImapDialogue,
        [b"* OK\r\n", b"* capability imap4rev2 starttls\r\nA1 ok\r\n", b"a2 OK\r\n"],
        [b"a1 CAPABILITY\r\n", b"a2 STARTTLS\r\n"],
    ),
    "pop3": (Pop3Dialogue, [b"+OK hi\r\n", CAPA, b"+OK go\r\n"], [b"CAPA\r\n", b"STLS\r\n"]),
    "pop3_without_capa": (Pop3Dialogue, [b"+OK\r\n", b"-ERR what?\r\n", b"+OK go\r\n"], [b"CAPA\r\n", b"STLS\r\n"]),
    "ldap": (LdapDialogue, [ldap(0)], [REQUEST]),
    "postgresql": (PostgresqlDialogue, [b"S"], [SSL_REQUEST]),
    "mysql": (MysqlDialogue, [mysql()], []),
}


@pytest.mark.parametrize("name", YES)
def test_a_yes_is_heard_and_nothing_but_tls_was_asked_for(name: str) -> None:
    made, pieces, asked = YES[name]
    outcome, said = held(made(), *pieces)
    assert outcome == Ready(MYSQL_REQUEST if name == "mysql" else b"")
    assert said == asked


@pytest.mark.parametrize("name", YES)
def test_a_yes_may_come_in_any_pieces(name: str) -> None:
    made, pieces, asked = YES[name]
    outcome, said = held(made(), *(bytes([byte]) for byte in b"".join(pieces)))
    assert isinstance(outcome, Ready)
    assert said == asked


@pytest.mark.parametrize("name", YES)
def test_words_that_come_with_the_yes_are_refused(name: str) -> None:
    """Whoever sits on the line could put them there, to be taken for words from inside TLS (CVE-2021-23222)."""
    made, pieces, _ = YES[name]
    assert held(made(), *pieces[:-1], pieces[-1] + b"\x16\x03")[0] is Reason.MALFORMED


NO: dict[str, tuple[Made, list[bytes], str]] = {
    "smtp_not_listed": (SmtpDialogue, [b"220 mx\r\n", b"250-mx\r\n250 SIZE 100\r\n"], "STARTTLS is not among"),
    "smtp_taken_out": (SmtpDialogue, [b"220 mx\r\n", b"250-mx\r\n250 XXXXXXXA\r\n"], "STARTTLS is not among"),
    "smtp_only_in_the_greeting": (SmtpDialogue, [b"220 mx\r\n", b"250 STARTTLS\r\n"], "STARTTLS is not among"),
    "smtp_no_ehlo": (SmtpDialogue, [b"220 mx\r\n", b"502 no\r\n"], "EHLO is answered with 502"),
    "smtp_500": (SmtpDialogue, [b"220 mx\r\n", HELLO, b"500 what\r\n"], "answered with 500"),
    "smtp_454": (SmtpDialogue, [b"220 mx\r\n", HELLO, b"454 not now\r\n"], "answered with 454"),
    "imap_not_listed": (ImapDialogue, [b"* OK\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"], "not among"),
    "imap_preauth": (ImapDialogue, [b"* PREAUTH hi\r\n"], "PREAUTH"),
    "imap_no": (ImapDialogue, [b"* OK\r\n", CAPABILITY, b"a2 NO never\r\n"], "answered with NO"),
    "imap_bad": (ImapDialogue, [b"* OK\r\n", CAPABILITY, b"a2 BAD what\r\n"], "answered with BAD"),
    "pop3_not_listed": (Pop3Dialogue, [b"+OK\r\n", b"+OK\r\nUSER\r\n.\r\n"], "not among"),
    "pop3_err": (Pop3Dialogue, [b"+OK\r\n", CAPA, b"-ERR no\r\n"], "-ERR"),
    "ldap_protocol_error": (LdapDialogue, [ldap(2)], "2 (protocolError)"),
    "ldap_unwilling": (LdapDialogue, [ldap(53)], "53 (unwillingToPerform)"),
    "postgresql": (PostgresqlDialogue, [b"N"], "answered with N"),
    "mysql": (MysqlDialogue, [mysql(0xFFFF & ~0x800)], "CLIENT_SSL"),
}


@pytest.mark.parametrize("name", NO)
def test_an_explicit_no_says_how(name: str) -> None:
    made, pieces, words = NO[name]
    outcome, _ = held(made(), *pieces)
    assert isinstance(outcome, NoTls)
    assert words in outcome.answer


LONG = b"x" * 10_000_000
UNCLEAR: dict[str, tuple[Made, list[bytes], Reason]] = {
    "smtp_421": (SmtpDialogue, [b"421 busy\r\n"], Reason.TLS_FAILED),
    "smtp_554": (SmtpDialogue, [b"554 you are listed\r\n"], Reason.TLS_FAILED),
    "smtp_ehlo_421": (SmtpDialogue, [b"220\r\n", b"421 go away\r\n"], Reason.TLS_FAILED),
    "smtp_ehlo_550": (SmtpDialogue, [b"220\r\n", b"550 no\r\n"], Reason.TLS_FAILED),
    "smtp_starttls_421": (SmtpDialogue, [b"220\r\n", HELLO, b"421 busy\r\n"], Reason.TLS_FAILED),
    "smtp_starttls_554": (SmtpDialogue, [b"220\r\n", HELLO, b"554 no\r\n"], Reason.TLS_FAILED),
    "smtp_more_than_asked": (SmtpDialogue, [b"220\r\n", HELLO + b"220 go\r\n"], Reason.MALFORMED),
    "smtp_imap_answers": (SmtpDialogue, [b"* OK ready\r\n"], Reason.MALFORMED),
    "smtp_ssh_answers": (SmtpDialogue, [b"SSH-2.0-OpenSSH_9.2\r\n"], Reason.MALFORMED),
    "smtp_http_answers": (SmtpDialogue, [b"HTTP/1.1 400 Bad Request\r\n"], Reason.MALFORMED),
    "smtp_tls_alert": (SmtpDialogue, [b"\x15\x03\x01\x00\x02\x02\x46\n"], Reason.MALFORMED),
    "smtp_greeting_without_end": (SmtpDialogue, [b"220-go on\r\n" * 10] * 50, Reason.TOO_LONG),
    "smtp_long_line": (SmtpDialogue, [b"220 " + LONG], Reason.TOO_LONG),
    "smtp_long_line_with_end": (SmtpDialogue, [b"220 " + LONG + b"\r\n"], Reason.TOO_LONG),
    "smtp_silence": (SmtpDialogue, [b"220 mx"], Reason.TIMEOUT),
    "imap_bye": (ImapDialogue, [b"* BYE full\r\n"], Reason.TLS_FAILED),
    "imap_bye_later": (ImapDialogue, [b"* OK\r\n", CAPABILITY, b"* BYE shutting down\r\n"], Reason.TLS_FAILED),
    "imap_unavailable": (ImapDialogue, [b"* OK\r\n", CAPABILITY, b"a2 NO [UNAVAILABLE] x\r\n"], Reason.TLS_FAILED),
    "imap_no_capabilities": (ImapDialogue, [b"* OK\r\n", b"a1 OK\r\n"], Reason.TLS_FAILED),
    "imap_capability_bad": (ImapDialogue, [b"* OK\r\n", b"a1 BAD\r\n"], Reason.TLS_FAILED),
    "imap_strange_answer": (ImapDialogue, [b"* OK\r\n", CAPABILITY, b"a2 MAYBE\r\n"], Reason.MALFORMED),
    "imap_smtp_answers": (ImapDialogue, [b"220 mx ESMTP\r\n"], Reason.MALFORMED),
    "imap_untagged_without_end": (ImapDialogue, [b"* OK\r\n", *[b"* X\r\n" * 50] * 9], Reason.TOO_LONG),
    "pop3_err": (Pop3Dialogue, [b"-ERR busy\r\n"], Reason.TLS_FAILED),
    "pop3_temporary": (Pop3Dialogue, [b"+OK\r\n", CAPA, b"-ERR [SYS/TEMP] later\r\n"], Reason.TLS_FAILED),
    "pop3_list_without_end": (Pop3Dialogue, [b"+OK\r\n", b"+OK\r\n", *[b"STLS\r\n" * 99] * 9], Reason.TOO_LONG),
    "pop3_imap_answers": (Pop3Dialogue, [b"* OK\r\n"], Reason.MALFORMED),
    "ldap_busy": (LdapDialogue, [ldap(51)], Reason.TLS_FAILED),
    "ldap_unavailable": (LdapDialogue, [ldap(52)], Reason.TLS_FAILED),
    "ldap_disconnection": (LdapDialogue, [ldap(52, number=0)], Reason.TLS_FAILED),
    "ldap_other_question": (LdapDialogue, [ldap(0, number=7)], Reason.MALFORMED),
    "ldap_other_operation": (LdapDialogue, [ldap(0, tag=0x61)], Reason.MALFORMED),
    "ldap_lying_length_inside": (LdapDialogue, [b"\x30\x05\x02\x01\x01\x78\x7f"], Reason.MALFORMED),
    "ldap_lying_length_outside": (LdapDialogue, [b"\x30\x84\x7f\xff\xff\xff\x02"], Reason.TOO_LONG),
    "ldap_endless_length": (LdapDialogue, [b"\x30\x80\x02\x01\x01"], Reason.MALFORMED),
    "ldap_length_of_nine_bytes": (LdapDialogue, [b"\x30\x89" + bytes(20)], Reason.MALFORMED),
    "ldap_empty": (LdapDialogue, [b"\x30\x00"], Reason.MALFORMED),
    "ldap_half": (LdapDialogue, [ldap(0)[:9]], Reason.TIMEOUT),
    "ldap_smtp_answers": (LdapDialogue, [b"220 mx\r\n"], Reason.MALFORMED),
    "postgresql_error": (PostgresqlDialogue, [b"E\0\0\0\x0aFATAL\0"], Reason.TLS_FAILED),
    "postgresql_mysql_answers": (PostgresqlDialogue, [mysql()], Reason.MALFORMED),
    "mysql_blocked": (MysqlDialogue, [b"\x05\0\0\0\xff\x69\x04no"], Reason.TLS_FAILED),
    "mysql_smtp_answers": (MysqlDialogue, [b"220 mx ESMTP\r\n"], Reason.MALFORMED),
    "mysql_version_9": (MysqlDialogue, [mysql(version=9)], Reason.MALFORMED),
    "mysql_cut": (MysqlDialogue, [b"\x05\0\0\0\x0a8.0\0"], Reason.MALFORMED),
    "mysql_empty": (MysqlDialogue, [b"\0\0\0\0"], Reason.MALFORMED),
    "mysql_endless": (MysqlDialogue, [b"\xff\xff\xff\0" + bytes(99)], Reason.TOO_LONG),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_is_neither_yes_nor_no_stays_open(name: str) -> None:
    made, pieces, reason = UNCLEAR[name]
    assert held(made(), *pieces)[0] is reason


LOGINS: dict[str, tuple[Made, list[bytes], Logins | None]] = {
    "smtp_none": (SmtpDialogue, [b"220\r\n", HELLO], Logins()),
    "smtp_no_ehlo": (SmtpDialogue, [b"220\r\n", b"500\r\n"], Logins()),
    "smtp_plain": (
        SmtpDialogue,
        [b"220\r\n", b"250-mx\r\n250-auth plain LOGIN\r\n250 AUTH=PLAIN CRAM-MD5\r\n"],
        Logins(("PLAIN", "LOGIN", "CRAM-MD5")),
    ),
    "smtp_heard_before_a_421": (
        SmtpDialogue,
        [b"220\r\n", b"250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", b"421\r\n"],
        Logins(("PLAIN",)),
    ),
    "smtp_unheard": (SmtpDialogue, [b"421\r\n"], None),
    "imap_disabled": (ImapDialogue, [b"* OK\r\n", CAPABILITY], Logins()),
    "imap_open": (
        ImapDialogue,
        [b"* OK\r\n", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI STARTTLS\r\na1 OK\r\n"],
        Logins(("PLAIN", "GSSAPI"), takes_password=True),
    ),
    "imap_disabled_but_plain": (
        ImapDialogue,
        [b"* OK\r\n", b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\r\na1 OK\r\n"],
        Logins(("PLAIN",)),
    ),
    "pop3_none": (Pop3Dialogue, [b"+OK\r\n", CAPA], Logins()),
    "pop3_user": (Pop3Dialogue, [b"+OK\r\n", b"+OK\r\nUSER\r\nSTLS\r\n.\r\n"], Logins((), takes_password=True)),
    "pop3_sasl": (Pop3Dialogue, [b"+OK\r\n", b"+OK\r\nSASL PLAIN\r\n.\r\n"], Logins(("PLAIN",))),
    "pop3_without_capa": (Pop3Dialogue, [b"+OK\r\n", b"-ERR\r\n", b"+OK\r\n"], None),
    "ldap": (LdapDialogue, [ldap(0)], None),
}


@pytest.mark.parametrize("name", LOGINS)
def test_the_logins_listed_before_tls_are_kept_however_it_ends(name: str) -> None:
    made, pieces, logins = LOGINS[name]
    dialogue = made()
    held(dialogue, *pieces)
    assert dialogue.logins == logins


SCRIPTS = [pieces for _, pieces, _ in (*YES.values(), *NO.values(), *UNCLEAR.values())]
SEEDS = [piece for pieces in SCRIPTS for piece in pieces if len(piece) < 500]


@settings(max_examples=400, deadline=None)
@given(
    made=st.sampled_from(sorted(DIALOGUES.values(), key=lambda one: one.__name__)),
    pieces=st.lists(st.one_of(st.sampled_from(SEEDS), st.binary(min_size=1, max_size=80)), max_size=12),
)
def test_any_bytes_end_in_an_outcome_or_a_reason(made: type[Dialogue], pieces: list[bytes]) -> None:
    outcome, said = held(made(), *pieces)
    assert isinstance(outcome, Ready | NoTls | Reason)
    assert len(said) <= 3
