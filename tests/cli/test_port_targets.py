"""TLS ports as targets of `auditor check`: what each becomes, and each way to get it wrong."""

from __future__ import annotations

import pytest

from auditor.cli.targets import read_target
from auditor.errors import UsageError
from auditor.model import Sensitivity, Tier

NIGHTLY = frozenset({Tier.NIGHTLY})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("smtp://mx1.example.org", "mx"),
        ("smtp://mx1.example.org:25", "mx"),
        ("SMTP://mx1.example.org", "mx"),
        ("smtp://[2001:db8::25]", "mx"),
        ("smtp://mail.example.org:587", "tls"),
        ("imap://mail.example.org", "tls"),
        ("pop3://mail.example.org:1110", "tls"),
        ("ldap://directory.example.org", "tls"),
        ("postgresql://db.example.org", "tls"),
        ("mysql://db.example.org/", "tls"),
        ("tls://mail.example.org:993", "tls"),
        ("ldap:389", "web"),  # a host and its port
    ],
)
def test_what_a_target_becomes(text: str, kind: str) -> None:
    assert read_target(text, Sensitivity.PUBLIC, NIGHTLY).kind == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tls://mail.example.org", "names no port"),
        ("imaps://mail.example.org", "write tls://host:993"),
        ("smtps://mail.example.org", "write tls://host:465"),
        ("imap://", "is not a target"),
        ("imap:mail.example.org", "is not a target"),
        ("imap://mail.example.org/inbox", "is not a target"),
        ("imap://mail.example.org:0", "not an address that can be read"),
        ("postgresql://db.example.org:99999", "not an address that can be read"),
        ("smtp://clerk@mail.example.org", "holds a user name or a password"),
        ("mysql://clerk:hunter2@db.example.org", "holds a user name or a password"),
        ("xmpp://chat.example.org", "is not a kind of target"),
        ("smtp://a b", "is not a target"),
    ],
)
def test_a_target_that_cannot_be_read_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_target(text, Sensitivity.PUBLIC, NIGHTLY)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
