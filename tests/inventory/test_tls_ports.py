"""TLS ports and mail exchangers in an inventory: how they are written, and each way to get it wrong."""

from __future__ import annotations

import pytest

from auditor.inventory.reading import understand
from tests.inventory.writing import CHECKS, complaints, located, marked, spoilt

WWW = '- {id: www, kind: web, url: "https://www.elm.example/"}'


def port(address: str) -> tuple[str, str]:
    return WWW, f'{WWW}\n      - {{id: mail, kind: tls, address: "{address}"}}'


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("tls://mail.elm.example:993", "tls://mail.elm.example:993"),
        ("imap://Mail.Elm.example.", "imap://mail.elm.example"),
        ("imap://mail.elm.example:143", "imap://mail.elm.example"),
        ("imap://mail.elm.example:1143", "imap://mail.elm.example:1143"),
        ("smtp://mail.elm.example:587", "smtp://mail.elm.example:587"),
        ("pop3://mail.elm.example", "pop3://mail.elm.example"),
        ("ldap://192.0.2.9", "ldap://192.0.2.9"),
        ("postgresql://db.elm.example:5433", "postgresql://db.elm.example:5433"),
        ("mysql://db.elm.example", "mysql://db.elm.example"),
    ],
)
def test_a_port_is_written_as_what_is_spoken_there(written: str, address: str) -> None:
    listed = {asset.id: asset for asset in understand("inventory", spoilt(port(written)), CHECKS).assets}
    assert (listed["site/mail"].kind, listed["site/mail"].address) == ("tls", address)


def test_a_mail_exchanger_is_its_name() -> None:
    text = spoilt((WWW, WWW + "\n      - {id: mx1, kind: mx, host: MX1.elm.example}"))
    listed = {asset.id: asset for asset in understand("inventory", text, CHECKS).assets}
    assert (listed["site/mx1"].kind, listed["site/mx1"].address) == ("mx", "smtp://mx1.elm.example")


WRITTEN = "write tls://host:port, or smtp://, imap://, pop3://, ldap://, postgresql:// or mysql://host[:port]."
ON_25 = "on port 25 other mail servers come in: list it as kind mx. Programs send at port 587."
WRONG = {
    "mail.elm.example:993": WRITTEN,
    "xmpp://mail.elm.example": WRITTEN,
    "tls:mail.elm.example": WRITTEN,
    "postgres://db.elm.example": WRITTEN,
    "imaps://mail.elm.example": "TLS begins at once there: write tls:// and the port, which is 993 as a rule.",
    "https://www.elm.example:8443": "a web service is of kind web.",
    "tls://mail.elm.example": "name the port, like tls://mail.example.org:993.",
    "smtp://mx1.elm.example": ON_25,
    "smtp://mx1.elm.example:25": ON_25,
    "imap://": "this address names no host.",
    "imap://:143": "this address names no host.",
    "imap://mail.elm.example:0": "a port is 1 to 65535.",
    "imap://mail.elm.example:99999": "the port or the brackets of this address cannot be read.",
    "imap://[2001:db8::1": "the port or the brackets of this address cannot be read.",
    "imap://mail.elm.example/inbox": "leave out the path and all that follows the port.",
    "imap://mail.elm.example?x=1": "leave out the path and all that follows the port.",
    "imap://clerk:hunter2@mail.elm.example": (
        "a user or password stands in this address: take it out, and change the password."
    ),
    "imap://ma il.elm.example": "leave out the path and all that follows the port.",
    "imap://m_x.elm.example": "this is not a host name or an IP address.",
}


@pytest.mark.parametrize("written", WRONG)
def test_each_way_to_get_an_address_wrong_has_its_sentence(written: str) -> None:
    text = spoilt(port(f"{written}"))
    text = text.replace('address: "', 'address: §"')
    clean, places = marked(text)
    assert complaints(clean) == located(places, (f"'address': {WRONG[written]}",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{id: mail, kind: tls, address: §"imap://mail.oak.example"}', "lies outside the scope"),
        ("{id: mx1, kind: mx, host: §mx1.oak.example}", "lies outside the scope"),
        ('{id: mail, kind: tls, address: §"tls://hmi.scada.elm.example:8443"}', "excluded"),
        ("{id: mx1, kind: mx, host: mx1.elm.example, §port: 25}", "unknown key 'port'."),
        ('{id: mail, kind: tls, address: "imap://mail.elm.example", §starttls: imap}', "unknown key 'starttls'."),
        ("- {id: mail, kind: tls}", "the key 'address' is missing."),
        ("- {id: mx1, kind: mx}", "the key 'host' is missing."),
        ("{id: mail, kind: §smtp, host: mail.elm.example}", "not web, server, bucket, account, tls, mx or devices."),
    ],
)
def test_ports_keep_the_rules_of_all_assets(line: str, said: str) -> None:
    clean, places = marked(spoilt((WWW, f"{WWW}\n      - {line.removeprefix('- ')}")))
    (found,) = complaints(clean)
    assert said in found
    assert all(found.startswith(f"city.yaml:{row}:{column}: ") for row, column in places)


def test_one_port_speaks_one_protocol() -> None:
    first = '- {id: a, kind: tls, address: "imap://mail.elm.example"}'
    second = '- {id: b, kind: tls, address: §"tls://mail.elm.example:143"}'
    clean, places = marked(spoilt((WWW, f"{WWW}\n      {first}\n      {second}")))
    assert complaints(clean) == located(places, ("this is the address of the asset in line 22.",))


def test_a_mail_exchanger_and_its_port_are_one() -> None:
    first = "- {id: a, kind: mx, host: mx1.elm.example}"
    second = '- {id: b, kind: tls, address: §"tls://mx1.elm.example:25"}'
    clean, places = marked(spoilt((WWW, f"{WWW}\n      {first}\n      {second}")))
    assert complaints(clean) == located(places, ("this is the address of the asset in line 22.",))


def test_plain_http_on_another_port_is_an_address_of_its_own() -> None:
    """It stands beside the https URL of the same host: two services, two assets."""
    text = spoilt((WWW, WWW + '\n      - {id: old, kind: web, url: "http://WWW.elm.example:8080"}'))
    listed = {asset.id: asset for asset in understand("inventory", text, CHECKS).assets}
    assert (listed["site/old"].kind, listed["site/old"].address) == ("web", "http://www.elm.example:8080/")
