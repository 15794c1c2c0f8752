"""Which lines of a known_hosts file speak of a server: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.host_keys import Pins, fingerprint, pins_for
from auditor.reach.login import Login

HOST = Login("audit", "db.example.org", 22)
ODD_PORT = Login("audit", "db.example.org", 2222)


def blob(kind: str = "ssh-ed25519", body: bytes = b"k" * 36) -> bytes:
    return len(kind).to_bytes(4, "big") + kind.encode() + body


def line(kind: str = "ssh-ed25519", body: bytes = b"k" * 36) -> str:
    return f"{kind} {base64.b64encode(blob(kind, body)).decode()}"


def hashed(name: str) -> str:
    salt = b"s" * 20
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def pinned(tmp_path: Path, text: str, login: Login = HOST) -> Pins:
    path = tmp_path / "known_hosts"
    path.write_text(text)
    return pins_for(None, path, login)


@pytest.mark.parametrize(
    ("names", "login", "counts"),
    [
        ("db.example.org", HOST, True),
        ("DB.Example.org,10.0.0.5", HOST, True),
        ("*.example.org", HOST, True),
        ("db?example.org", HOST, True),
        ("db.example.org", ODD_PORT, False),
        ("[db.example.org]:2222", ODD_PORT, True),
        ("[db.example.org]:2222", HOST, False),
        ("*.example.org,!db.example.org", HOST, False),
        ("!other.example.org,*.example.org", HOST, True),
        ("other.example.org", HOST, False),
        (hashed("db.example.org"), HOST, True),
        (hashed("[db.example.org]:2222"), ODD_PORT, True),
        (hashed("other.example.org"), HOST, False),
        ("|1|broken", HOST, False),
    ],
)
def test_a_line_speaks_of_the_hosts_that_it_names(tmp_path: Path, names: str, login: Login, counts: bool) -> None:
    assert bool(pinned(tmp_path, f"# comment\n\n{names} {line()} somebody\n", login)) is counts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "db.example.org\n",
        "db.example.org ssh-ed25519 %%%\n",
        f"db.example.org ssh-rsa {line().split()[1]}\n",  # the blob is of another type than the line says
        f"@unheard-of db.example.org {line()}\n",
        f"# db.example.org {line()}\n",
    ],
)
def test_a_line_that_pins_nothing_leaves_the_host_unknown(tmp_path: Path, text: str) -> None:
    assert not pinned(tmp_path, text)


def test_a_revoked_key_is_not_admitted(tmp_path: Path) -> None:
    pins = pinned(tmp_path, f"db.example.org {line()}\n@revoked * {line()}\n")
    assert not pins.admit("ssh-ed25519", blob())


def test_only_exactly_the_pinned_key_is_admitted() -> None:
    for pins in (pins_for(line(), None, HOST), pins_for(fingerprint(blob()), None, HOST)):
        assert pins.admit("ssh-ed25519", blob())
        assert not pins.admit("ssh-ed25519", blob(body=b"x" * 36))


def test_the_assets_own_pin_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(f"db.example.org {line(body=b'x' * 36)}\n")
    pins = pins_for(line(), tmp_path / "known", HOST)
    assert not pins.admit("ssh-ed25519", blob(body=b"x" * 36))


def test_exactly_the_pinned_types_are_asked_for(tmp_path: Path) -> None:
    text = f"db.example.org {line('ssh-rsa')}\ndb.example.org {line('ssh-dss')}\n"
    assert pinned(tmp_path, text).key_types() == ("ssh-rsa",)


@pytest.mark.parametrize("pin", ["", "ssh-ed25519", "ssh-ed25519 !!!!", "MD5:00:11", "ssh-rsa " + line().split()[1]])
def test_a_pin_that_cannot_be_read_admits_nobody(pin: str) -> None:
    with pytest.raises(Unreachable) as caught:
        pins_for(pin, None, HOST)
    assert caught.value.reason is Reason.HOST_KEY_UNKNOWN


def test_a_file_that_cannot_be_read_admits_nobody(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        pins_for(None, tmp_path / "missing", HOST)
    assert caught.value.reason is Reason.HOST_KEY_UNKNOWN


@given(st.text())
def test_no_text_in_a_known_hosts_file_pins_a_strangers_key(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("known") / "hosts"
    path.write_text(text, encoding="utf-8", errors="replace")
    assert not pins_for(None, path, HOST).admit("ssh-ed25519", blob())
