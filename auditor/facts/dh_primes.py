"""Which primes of Diffie-Hellman many servers share, and what they are called. Judges nothing.

`dh_primes.txt` lists them with their sources. Whoever breaks one of 1024 bits, once, reads them all (Logjam, 2015).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from auditor.facts.tls_exchange import DhPrime


def prime_name(prime: DhPrime) -> str:
    """Its name ("RFC 3526 group 14", "built into …"); "" for one that is not in the list."""
    return _names().get(hashlib.sha256(prime.p.encode()).hexdigest(), "")


@cache
def _names() -> dict[str, str]:
    text = Path(__file__).with_name("dh_primes.txt").read_text(encoding="utf-8")
    rows = (line.split(maxsplit=2) for line in text.splitlines() if line and not line.startswith("#"))
    return {digest: name for digest, _, name in rows}
