"""Command-line targets → assets: a URL, host[:port], ssh://[user@]host[:port], s3://bucket."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from auditor.errors import UsageError
from auditor.model import Asset, Sensitivity, Tier

KINDS = {"https": "web", "http": "web", "ssh": "server", "s3": "bucket"}
ADVICE = "Write https://host, host:port, ssh://user@host or s3://bucket."
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
    return Asset(id=text, kind=kind, address=address, system="", tiers=tiers, sensitivity=sensitivity)


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise UsageError("A target is not an address that can be read.", f"{ADVICE} {BRACKETS}") from error
    if port == 0:
        raise UsageError("A target is not an address that can be read.", f"{ADVICE} {BRACKETS}")
    if parts.scheme not in KINDS:
        raise UsageError(f"{parts.scheme}:// is not a kind of target.", ADVICE)
    return parts
