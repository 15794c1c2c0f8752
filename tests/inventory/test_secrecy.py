"""A secret in an inventory is refused, and nothing of it is ever repeated."""

from __future__ import annotations

import pytest

from auditor.inventory import InventoryError
from tests.inventory.writing import complaints, marked, read, spoilt

DB = "host: db.elm.example"
SECRET = "hunter2"
NAME = "name: Site"
A_KEY = "a key or token stands here: take it out, and replace it where it is used."

ROWS = {
    "password": ((DB, DB + f", §password: {SECRET}"), "'password' looks like a secret: name a credential instead."),
    "list_of_tokens": ((DB, DB + f", §tokens: [{SECRET}]"), "'tokens' looks like a secret: name a credential instead."),
    "api_key": ((DB, DB + f", §API-Key: {SECRET}"), "'API-Key' looks like a secret: name a credential instead."),
    "secret_of_the_file": (
        ("waivers:", f"§client_secret: {SECRET}\nwaivers:"),
        "'client_secret' looks like a secret: name a credential instead.",
    ),
    "secret_in_an_unknown_mapping": ((DB, DB + f", §login: {{secret: {SECRET}}}"), None),
    "password_in_a_url": (
        ('"https://www', f'§"https://audit:{SECRET}@www'),
        "'url': a user or password stands in this URL: take it out, and change the password.",
    ),
    "user_in_a_url": (
        ('"https://www', f'§"https://{SECRET}@www'),
        "'url': a user or password stands in this URL: take it out, and change the password.",
    ),
    "password_with_a_slash_in_a_url": (
        ('"https://www', f'§"https://audit:a/{SECRET}@www'),
        "'url': the port or the brackets of this URL cannot be read.",
    ),
    "password_in_a_host": (
        (DB, f"host: §audit:{SECRET}@db.elm.example"),
        "'host': write one host name or IP address alone: no scheme, user, port, path or prefix.",
    ),
    "private_key": (
        (NAME, f'name: §"-----BEGIN OPENSSH PRIVATE KEY-----\\n{SECRET}"'),
        A_KEY,
    ),
    "aws_key_id": ((NAME, f"name: §{SECRET} AKIAIOSFODNN7EXAMPLE"), A_KEY),
    "github_token": ((NAME, f"name: §{SECRET} ghp_{'a1' * 18}"), A_KEY),
    "credential_that_is_no_name": (
        (DB, DB + f", credential: §{SECRET}/x"),
        "'credential': this is the *name* of a credential: a-z, 0-9, '-', '_' and '.', never the thing itself.",
    ),
    "alias_that_is_a_password": (
        (DB, DB + f", password: §*{SECRET}"),
        "an alias (*name) has no anchor (&name) before it.",
    ),
    "broken_line_with_a_password": ((NAME, f"name: Site\n    password§: {SECRET}: x"), None),
    "tag_that_is_a_password": ((NAME, f"name: §!{SECRET} x"), "tags (words with !) are not read here."),
}


@pytest.mark.parametrize(("edit", "message"), ROWS.values(), ids=ROWS.keys())
def test_a_secret_is_refused_and_never_repeated(edit: tuple[str, str], message: str | None) -> None:
    text, ((line, column),) = marked(spoilt(edit))
    found = complaints(text)
    assert found
    assert not any(SECRET in complaint or "AKIA" in complaint or "ghp_" in complaint for complaint in found)
    if message:
        assert found == [f"city.yaml:{line}:{column}: {message}"]


def test_the_error_itself_holds_nothing_of_the_secret() -> None:
    """Not even where a traceback would print it: the chain behind the error is pydantic's, which quotes its input."""
    with pytest.raises(InventoryError) as caught:
        read(spoilt((DB, DB + f", password: {SECRET}"), ("name: Site", "name: 5")))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["trade_secret", "tokens", "password_hashes"])
def test_a_data_class_may_be_about_secrets(name: str) -> None:
    assert complaints(spoilt(("  open:", f"  {name}:"))) == []


@pytest.mark.parametrize("escape", ["\\e[2J", "\\0", "\\u202e", "\\u2028", "\\x9b", "\\ud800", "\\r"])
def test_an_invisible_character_is_refused_and_shown_harmlessly(escape: str) -> None:
    text, ((line, column),) = marked(spoilt((NAME, f'name: §"Site{escape}"')))
    assert complaints(text) == [f"city.yaml:{line}:{column}: an invisible character stands in this text."]


def test_an_invisible_character_in_a_key_is_shown_as_its_escape() -> None:
    text, ((line, column),) = marked(spoilt((NAME, 'name: Site\n    §"a\\e[2J": x')))
    assert complaints(text) == [f"city.yaml:{line}:{column}: an invisible character stands in the key 'a\\x1b[2J'."]


def test_a_long_word_is_cut_where_it_is_repeated() -> None:
    (found,) = complaints(spoilt(("department: it", f"department: {'x' * 5000}")))
    assert len(found) < 150
