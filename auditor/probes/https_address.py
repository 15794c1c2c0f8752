"""Where the HTTPS of a web address is."""

from __future__ import annotations

from urllib.parse import urlsplit

HTTPS = 443


def https_of(address: str) -> tuple[str, int]:
    """Host and HTTPS port of a URL. For one that begins with http:// it is 443: is there HTTPS beside it?"""
    url = urlsplit(address)
    port = url.port if url.scheme == "https" else None
    return url.hostname or "", port or HTTPS
