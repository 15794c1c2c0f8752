"""Where a store lies, and what is never printed of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.store import Address, StoreUnusable, address

PASSWORD = "s3cret-of-the-city"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUDITOR_STORE", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("said", "file"),
    [
        ("city.db", "city.db"),
        ("/var/lib/auditor/city.db", "/var/lib/auditor/city.db"),
        ("sqlite:///city.db", "city.db"),
        ("sqlite:////var/lib/city.db", "/var/lib/city.db"),
        ("sqlite://city.db", "city.db"),
        ("sqlite:////var/a?b#c@d.db", "/var/a?b#c@d.db"),
        ("what?is=this.db", "what?is=this.db"),
        ("tûr.db", "tûr.db"),
        ("a\udcffb.db", "a\udcffb.db"),
    ],
)
def test_a_file(said: str, file: str) -> None:
    assert address(said) == Address(file=Path(file))
    assert str(address(said)) == str(Path(file))


@pytest.mark.parametrize(
    "said",
    ["postgresql://city@db.example/audit", "postgres://city@[::1]:5433/audit", "postgresql:///audit?host=/run/p"],
)
def test_a_database(said: str) -> None:
    assert address(said) == Address(url=said)
    assert str(address(said)) == said


def test_what_is_not_said_lies_in_the_environment_else_in_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert address(None).file == tmp_path / ".local" / "state" / "auditor" / "store.db"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert address(None).file == Path("/state/auditor/store.db")
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    assert address(None).file == tmp_path / ".local" / "state" / "auditor" / "store.db"
    monkeypatch.setenv("AUDITOR_STORE", "city.db")
    assert address(None).file == Path("city.db")
    assert address("other.db").file == Path("other.db")
    monkeypatch.setenv("AUDITOR_STORE", "")
    assert address(None).file == tmp_path / ".local" / "state" / "auditor" / "store.db"


@pytest.mark.parametrize("said", ["", "  ", "sqlite://", "sqlite:///", ":memory:", "sqlite:///:memory:", "a\0b"])
def test_no_file(said: str) -> None:
    with pytest.raises(StoreUnusable):
        address(said)


@pytest.mark.parametrize(
    "said",
    [
        f"postgresql://city:{PASSWORD}@db.example/audit",
        f"postgresql://db.example/audit?password={PASSWORD}",
        f"postgresql://city@db.example/audit?user=x&password={PASSWORD}",
        f"postgresql://city:{PASSWORD}/x@db.example/audit",
        f"postgresql://city:{PASSWORD}#x@db.example/audit",
        f"postgresql://city:12?{PASSWORD}@db.example/audit",
        f"postgresql://city:x@{PASSWORD}@db.example/audit",
        f"mysql://city:{PASSWORD}@db.example/audit",
        f"postgresql+psycopg://city:{PASSWORD}@db.example/audit",
        f"postgresql://city:{PASSWORD}@[::1/audit",
        f"://city:{PASSWORD}@db.example/audit",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(StoreUnusable) as refused:
        address(said)
    assert PASSWORD not in str(refused.value)


def test_a_password_in_the_environment_is_used_and_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://city:{PASSWORD}@db.example:5433/audit"
    monkeypatch.setenv("AUDITOR_STORE", url)
    assert address(None).url == url
    assert str(address(None)) == "postgresql://city@db.example:5433/audit"


@pytest.mark.parametrize("said", [f"postgresql://c:{PASSWORD}/x@h/d", f"postgresql://h/d?password={PASSWORD}"])
def test_what_cannot_be_read_is_refused_there_too(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("AUDITOR_STORE", said)
    with pytest.raises(StoreUnusable) as refused:
        address(None)
    assert PASSWORD not in str(refused.value)


@given(st.text(max_size=30))
def test_anything_is_an_address_or_refused_in_a_sentence(said: str) -> None:
    for text in (said, f"postgresql://{said}", f"sqlite://{said}"):
        try:
            found = address(text)
        except StoreUnusable as error:
            assert error.message.endswith(".")  # noqa: PT017 - either is right
        else:
            assert (found.file is None) != (not found.url)
            str(found)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=8, max_size=20))
def test_no_password_is_ever_shown(password: str) -> None:
    secret = f"zq{password}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITOR_STORE", f"postgresql://city:{secret}@db.example/audit")
        try:
            assert secret not in str(address(None))
        except StoreUnusable as error:
            assert secret not in str(error)  # noqa: PT017 - either is right
