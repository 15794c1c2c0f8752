"""Reads lines out of pieces, for the protocols that speak in lines. Bounded in length and number."""

from __future__ import annotations

from collections.abc import Generator

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.starttls.dialogue import too_early

LONGEST = 8_192  # bytes of a line; SMTP allows 512 in an answer, IMAP recommends 8,000
MOST = 200  # lines of one dialogue


class Lines:
    """What came and was not read yet."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._count = 0

    def read(self, sending: bytes = b"") -> Generator[bytes, bytes, bytes]:
        """Send, then read one line, without its end. Raises Unreachable(TOO_LONG)."""
        while (end := self._held.find(b"\n")) < 0:
            if len(self._held) > LONGEST:
                raise Unreachable(Reason.TOO_LONG, f"a line of more than {LONGEST} bytes")
            self._held += yield sending
            sending = b""
        self._count += 1
        if end > LONGEST or self._count > MOST:
            raise Unreachable(Reason.TOO_LONG, f"more than {MOST} lines, or one of more than {LONGEST} bytes")
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return line.removesuffix(b"\r")

    def require_end(self) -> None:
        """Nothing may follow the yes to TLS in the clear: it would be read as if it came from inside. Raises."""
        if self._held:
            raise too_early()
