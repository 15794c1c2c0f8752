"""Where a store lies: --store, $AUDITOR_STORE, else the user's state directory. Opens nothing."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from auditor.records import dataclass
from auditor.store.errors import StoreUnusable

ADVICE = "Write a file's path, or postgresql://user@host/database."
VARIABLE = "AUDITOR_STORE"
OPTIONS = frozenset({"host", "sslmode", "sslrootcert"})  # of a URL; see server.py


@dataclass(frozen=True, slots=True)
class Address:
    """A file, or the URL of a PostgreSQL database. `str()` is what may be printed."""

    file: Path | None = None
    url: str = ""

    def __str__(self) -> str:
        return str(self.file) if self.file else _without_password(self.url)


def address(option: str | None) -> Address:
    """`option`: what --store says; None: not given. Raises StoreUnusable, without repeating a password."""
    if option is not None:
        return _read(option, is_public=True)
    said = os.environ.get(VARIABLE)
    return _read(said, is_public=False) if said else Address(file=_state_folder() / "store.db")


def _read(text: str, *, is_public: bool) -> Address:
    """`is_public`: it stands in the list of processes."""
    if "\0" in text:
        raise StoreUnusable("The store's name cannot be read.", ADVICE)
    if "://" not in text:
        return _file(text)
    parts = _split(text)
    if parts.scheme == "sqlite":
        return _file(text.partition("://")[2].removeprefix("/"))
    if parts.scheme not in {"postgresql", "postgres"}:
        raise StoreUnusable(f"A store cannot lie at {parts.scheme}://.", ADVICE)
    asked = parse_qs(parts.query, keep_blank_values=True)
    if is_public and (parts.password is not None or "password" in asked):
        raise StoreUnusable(
            "--store holds a password, which every user of this machine can read in the list of processes.",
            f"Set ${VARIABLE} or $PGPASSWORD instead.",
        )
    if asked.keys() - OPTIONS:
        raise StoreUnusable(
            f"The store's URL may ask for {', '.join(sorted(OPTIONS))}, and asks for something else.", "Leave it out."
        )
    return Address(url=text)


def _split(text: str) -> SplitResult:
    """Raises StoreUnusable: also where a special character of a password would be taken for the URL's own."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise StoreUnusable("The store's URL cannot be read.", ADVICE) from error
    if parts.scheme != "sqlite" and ("#" in text or "@" in parts.path + parts.query):
        raise StoreUnusable(
            "The store's URL cannot be read: a special character stands in it as it is.",
            "Write # as %23, / as %2F, ? as %3F and @ as %40 in a user's name or a password.",
        )
    return parts


def _file(text: str) -> Address:
    if not text.strip():
        raise StoreUnusable("The store's name is empty.", ADVICE)
    if text == ":memory:":
        raise StoreUnusable("A store in memory keeps nothing.", ADVICE)
    return Address(file=Path(text))


def _state_folder() -> Path:
    said = os.environ.get("XDG_STATE_HOME", "")
    if Path(said).is_absolute():  # the XDG rules: anything else is to be ignored
        return Path(said) / "auditor"
    try:
        return Path.home() / ".local" / "state" / "auditor"
    except RuntimeError as error:
        raise StoreUnusable("There is no home folder to keep the store in.", "Name a file with --store.") from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=f"{parts.username or ''}@{parts.netloc.rpartition('@')[2]}").geturl()
