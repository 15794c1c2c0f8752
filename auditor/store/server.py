"""The URL of a PostgreSQL database → connections to it. What is not loopback is spoken to over verified TLS."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from auditor.store.address import Address
from auditor.store.errors import StoreUnusable, broken

if TYPE_CHECKING:
    from sqlalchemy import Engine

PORT = 5432
MODES = ("verify-full", "disable")


def server_engine(where: Address) -> Engine:
    """postgresql://user@host:port/database; ?host=/folder for a Unix socket; the password from $PGPASSWORD.

    Raises StoreUnusable. Connects to nothing yet.
    """
    from sqlalchemy import URL, create_engine  # noqa: PLC0415 - heavy

    parts = urlsplit(where.url)
    asked = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    folder, host = _place(asked.get("host", ""), parts.hostname or "localhost")
    try:
        port = parts.port or PORT
    except ValueError as error:
        raise StoreUnusable(
            "The store's URL has no usable port.", "Write postgresql://user@host:5432/database."
        ) from error
    user = unquote(parts.username or "") or os.environ.get("PGUSER") or os.environ.get("USER")
    if not user:
        raise StoreUnusable("The store's URL names no user.", "Write postgresql://user@host/database.")
    target = URL.create(
        "postgresql+pg8000",
        username=user,
        host=None if folder else host,
        port=None if folder else port,
        database=unquote(parts.path.removeprefix("/")) or None,
        query={"unix_sock": f"{folder}/.s.PGSQL.{port}"} if folder else {},
    )
    given = {
        "ssl_context": False if folder else tls_context(host, asked),
        # Not None: pg8000 would stumble over it where one is wanted, and say nothing of a password.
        "password": unquote(parts.password) if parts.password else os.environ.get("PGPASSWORD", ""),
    }
    try:
        # Everything that one transaction reads is of one instant, as it is with a file.
        engine = create_engine(target, connect_args=given, isolation_level="REPEATABLE READ")
    except ModuleNotFoundError as error:
        raise StoreUnusable(
            "A store in PostgreSQL needs pg8000, which is not installed.",
            "Install it with: pip install 'encryption-compliance-auditor[postgresql]'",
        ) from error
    engine.dialect.use_insertmanyvalues_wo_returning = True  # many rows a statement; pg8000 sends one after the other
    _tell_what_breaks(engine, where)
    return engine


def _tell_what_breaks(engine: Engine, where: Address) -> None:
    """pg8000 hands on some errors of the network as they are. And nobody wants to read how a dead connection ends."""
    from sqlalchemy import ExceptionContext, event  # noqa: PLC0415 - heavy

    @event.listens_for(engine, "handle_error", retval=True)
    def plainly(context: ExceptionContext) -> Exception | None:
        error = context.original_exception
        if not isinstance(error, OSError):
            return None
        context.is_disconnect = True
        return broken(str(where), error)

    logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


def _place(asked: str, host: str) -> tuple[str, str]:
    """The folder of a Unix socket, or a host: as with PostgreSQL's own programs, what begins with / is a folder."""
    if asked.startswith("/"):
        return asked.rstrip("/"), ""
    return "", asked or host


def tls_context(host: str, asked: Mapping[str, str]) -> ssl.SSLContext | bool | None:
    """False: none. None: if the server offers it, unverified (loopback). Raises StoreUnusable for unreadable roots."""
    mode = asked.get("sslmode") or ("" if _is_loopback(host) and "sslrootcert" not in asked else "verify-full")
    if mode == "disable":
        return False
    if not mode:
        return None
    if mode != "verify-full":
        raise StoreUnusable(f"The store's URL may say sslmode={' or '.join(MODES)}.", "Choose one of them.")
    try:
        return ssl.create_default_context(cafile=asked.get("sslrootcert"))
    except OSError as error:
        raise StoreUnusable(
            "The file of sslrootcert in the store's URL cannot be used.", "Name a PEM file of trusted roots."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
