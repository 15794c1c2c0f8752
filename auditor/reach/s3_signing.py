"""AWS's Signature Version 4 of a question without a body: byte for byte what the SDK's own signer says. Opens nothing.

The SDK builds and takes apart a request several times on its way to a signature, and works the key of the day out anew
for each: a fifth of what a call took (decision 0031). A test compares the two.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256

from auditor.records import dataclass

ALGORITHM = "AWS4-HMAC-SHA256"
NOTHING = sha256(b"").hexdigest()  # the digest of the body that there is not
MOST_KEYS = 64  # a run has few profiles, regions and days


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """Never shown. `token` None or "": it lasts."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A GET without a body. `query`: in canonical form. `headers`: those beside `Host`, in lower case."""

    host: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]


class Signer:
    """Safe between threads. Keeps the keys of the day, and nothing that it signed."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str, str, str], bytes] = {}
        self._moment = (-1, "")  # the last second that something was signed in, in words

    def headers(
        self, credential: Credential, region: str, service: str, asked: Unsigned, now: float
    ) -> list[tuple[str, str]]:
        """All headers of the question but `Host`. `now`: seconds since 1970."""
        moment = self._in_words(int(now))
        added = [("x-amz-content-sha256", NOTHING), ("x-amz-date", moment)]
        if credential.token:
            added.append(("x-amz-security-token", credential.token))
        sent = [*asked.headers, *added]
        names, canonical = _canonical(asked, sent)
        scope = f"{moment[:8]}/{region}/{service}/aws4_request"
        told = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = self._key(credential.secret_key, moment[:8], region, service)
        signature = hmac.digest(key, told.encode(), "sha256").hex()
        who = f"{ALGORITHM} Credential={credential.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        return [*sent, ("authorization", who)]

    def _in_words(self, second: int) -> str:
        last, words = self._moment
        if last != second:
            words = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._moment = second, words
        return words

    def _key(self, secret: str, day: str, region: str, service: str) -> bytes:
        named = (secret, day, region, service)
        key = self._keys.get(named)
        if key is None:
            key = f"AWS4{secret}".encode()
            for part in (day, region, service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            if len(self._keys) >= MOST_KEYS:
                self._keys.clear()
            self._keys[named] = key
        return key


def _canonical(asked: Unsigned, sent: list[tuple[str, str]]) -> tuple[str, str]:
    """The names of the signed headers, and the canonical request."""
    signed = sorted([("host", asked.host), *sent])
    names = ";".join([name for name, _ in signed])
    lines = "".join([f"{name}:{' '.join(value.split())}\n" for name, value in signed])
    return names, f"GET\n{asked.path}\n{asked.query}\n{lines}\n{names}\n{NOTHING}"
