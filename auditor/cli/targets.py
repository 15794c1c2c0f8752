"""Command-line targets → assets: a URL, host[:port], a TLS port, ssh://[user@]host[:port], s3://bucket."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from auditor.errors import UsageError
from auditor.facts.starttls import Spoken
from auditor.model import Asset, Sensitivity, Tier

KINDS = {"https": "web", "http": "web", "ssh": "server", "s3": "bucket"} | dict.fromkeys(Spoken, "tls")
ADVICE = "Write https://host, host:port, tls://host:port, smtp://host, ssh://user@host or s3://bucket."
TLS_AT_ONCE = {"smtps": 465, "imaps": 993, "pop3s": 995, "ldaps": 636}  # RFC 8314, IANA
MX_PORT = 25
HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
BRACKETS = "An IPv6 address needs brackets, like https://[2001:db8::1], and a port is 1 to 65535."
HALF_A_SCHEME = re.compile(rf"({'|'.join(KINDS)}):(?!\d+(/|$))", re.IGNORECASE)  # `ssh:22` is a host and its port
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")


def read_target(text: str, sensitivity: Sensitivity, tiers: frozenset[Tier]) -> Asset:
    """One target. Raises UsageError; a password in a URL is refused and not repeated.

    Query and fragment are dropped: secrets hide there, and no check reads them.
    """
    text = text.partition("#")[0].partition("?")[0]
    if "://" not in text and HALF_A_SCHEME.match(text):
        raise UsageError(f"{text!r} is not a target.", ADVICE)
    address = text if "://" in text else f"https://{text}"
    parts = _split(address)
    kind = KINDS[parts.scheme]
    if parts.password is not None or (parts.username is not None and kind != "server"):
        raise UsageError(
            "A target holds a user name or a password.", "Leave it out: credentials come from files or an agent."
        )
    pattern = BUCKET if kind == "bucket" else HOST
    if not pattern.fullmatch(parts.hostname or "") or (kind == "bucket" and parts.path not in ("", "/")):
        raise UsageError(f"{text!r} is not a target.", ADVICE)
    if kind == "tls":
        kind = _kind_of_port(parts, text)
    return Asset(id=text, kind=kind, address=address, system="", tiers=tiers, sensitivity=sensitivity)


def _kind_of_port(parts: SplitResult, text: str) -> str:
    """A mail exchanger, or any other port with TLS. Raises UsageError."""
    if parts.path not in ("", "/"):
        raise UsageError(f"{text!r} is not a target.", ADVICE)
    spoken = Spoken(parts.scheme)
    port = parts.port or spoken.usual_port
    if port is None:
        raise UsageError(f"{text!r} names no port.", "Write it with one, like tls://mail.example.org:993.")
    return "mx" if (spoken, port) == (Spoken.SMTP, MX_PORT) else "tls"


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise UsageError("A target is not an address that can be read.", f"{ADVICE} {BRACKETS}") from error
    if port == 0:
        raise UsageError("A target is not an address that can be read.", f"{ADVICE} {BRACKETS}")
    if parts.scheme in TLS_AT_ONCE:
        advice = f"TLS begins at once there: write tls://host:{TLS_AT_ONCE[parts.scheme]}."
        raise UsageError(f"{parts.scheme}:// is not a kind of target.", advice)
    if parts.scheme not in KINDS:
        raise UsageError(f"{parts.scheme}:// is not a kind of target.", ADVICE)
    return parts
