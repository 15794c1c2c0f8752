"""What can go wrong with a store, in one sentence. A database's own words may name a host, never a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from auditor.errors import InternalError, UsageError

KEPT = "What was kept until then stands; mend it, then go on with `auditor run --resume`."


class StoreUnusable(UsageError):
    """A store that cannot be used: nothing was probed."""


class NoRunYet(UsageError):
    """A store in which no run has ended."""

    def __init__(self) -> None:
        super().__init__("The store holds no finished run yet.", "Make one: `auditor run`.")


class StoreBroken(InternalError):
    """A store that failed while it was used."""


class StoreDamaged(StoreBroken):
    """Something in it is missing, or is not what was kept. To try again changes nothing."""


@contextmanager
def said_plainly(where: str) -> Iterator[None]:
    """Turn a database's error into StoreBroken. Errors of other things pass, a full disk for the report among them."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy

    try:
        yield
    except SQLAlchemyError as error:
        raise broken(where, error) from error


def broken(where: str, error: Exception) -> StoreBroken:
    return StoreBroken(f"The store {where} failed: {first_line(error)}.", KEPT)


def first_line(error: Exception) -> str:
    """The database's own reason, without the statement and its values."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    reason = getattr(error, "orig", None)
    if reason is None:
        return type(error).__name__
    if getattr(reason, "sqlite_errorname", "") == "SQLITE_IOERR_SHMSIZE":
        return "there is no room left beside it"  # SQLite says no more than "disk I/O error"
    return _server_said(reason) or (str(reason).splitlines() or [type(reason).__name__])[0].rstrip(".")


def _server_said(error: BaseException | None) -> str:
    """PostgreSQL's own message (field M of its answer); "" where it gave none.

    Where it closes the connection at once, pg8000 stumbles over its own good-bye and says no more than "network error":
    what the server said stands behind that.
    """
    while error is not None:
        if error.args and isinstance(error.args[0], dict):
            return " ".join(str(error.args[0].get("M", "")).split())
        error = error.__cause__ or error.__context__
    return ""
