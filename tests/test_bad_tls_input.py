"""What a port that misuses TLS comes to at the end of the road: a reason in time, in little memory, and no health.

Other rows stand in `test_bad_input`; those of one layer alone beside its code.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.model import Letter, Outcome
from auditor.rig.authority import Issued, self_signed
from auditor.rig.replies import Endless, Reply, Send
from auditor.rig.web import Site, server_context, web_listener
from tests.bad_input import ILL, QUICK, ROOT, WELL, YEAR, Street, speaks, street, web

REDIRECTS = Site(redirects={"*": (301, f"https://{ILL}/")})
MOST_BYTES = 4_000_000  # what the whole look may hold at once, whatever is sent
RECORD = b"\x16\x03\x03"
RANDOM = bytes(range(32))


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("street")) as made:
        made.judge(web(WELL))  # what is loaded once is not the memory of one look
        yield made


def record(body: bytes, kind: bytes = RECORD) -> bytes:
    return kind + len(body).to_bytes(2, "big") + body


def alert(code: int, level: int) -> bytes:
    return record(bytes([level, code]), b"\x15\x03\x03")


def server_hello(version: int = 0x0303, *, session: bytes = b"\x00", extensions: bytes = b"", size: int = -1) -> bytes:
    """`size`: what the message claims, where it is not the truth."""
    body = version.to_bytes(2, "big") + RANDOM + session + b"\xc0\x2f\x00" + extensions
    return record(b"\x02" + (size if size >= 0 else len(body)).to_bytes(3, "big") + body)


# A TLS 1.2 ServerHello, and a certificate that is said to have 16 MB and never ends.
HUGE_CERTIFICATE = server_hello() + record(b"\x0b\xff\xff\xff\xff\xff\xfc\xff\xff\xf9" + bytes(16_000))
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
RETRIED = record(
    b"\x02\x00\x00\x34\x03\x03" + RETRY + b"\x00\x13\x01\x00\x00\x0c" + bytes.fromhex("002b00020304003300020017")
)

# They answer every hello with a ServerHello that picks what was offered, which says something of versions and suites.
PARROTS = {"a certificate that never ends", "a retry for ever"}
SECURE = ("tls-", "certificate-")
SLOW = {"too_long", "timeout"}  # whichever limit is met first
ROWS: dict[str, tuple[Reply, set[str]]] = {
    "warnings for ever": (Endless(alert(112, 1) * 500), SLOW),
    "fatal alerts for ever": (Endless(alert(80, 2) * 500), {"tls_failed"}),
    "an alert in pieces of nothing": (Endless(record(b"", b"\x15\x03\x03") * 500), SLOW),
    "an alert of 16,000 bytes": (Send(record(b"\x02\x28" * 8_000, b"\x15\x03\x03")), {"tls_failed"}),
    "a version that was never made": (Send(server_hello(0x0309)), {"tls_failed"}),
    "a version from before SSL": (Send(server_hello(0x0000)), {"tls_failed"}),
    "a message longer than any": (Send(server_hello(size=0xFFFFFF)), {"malformed"}),
    "a message that ends too early": (Send(server_hello(size=20)), {"malformed"}),
    "a record longer than allowed": (Send(RECORD + b"\xff\xff" + bytes(60_000)), {"malformed"}),
    "a session of 255 bytes": (Send(server_hello(session=b"\xff" + bytes(255))), {"malformed"}),
    "extensions longer than their message": (Send(server_hello(extensions=b"\xff\xff\x00\x17")), {"malformed"}),
    "the same extension for ever": (
        Send(server_hello(extensions=b"\x20\x00" + b"\x00\x17\x00\x00" * 2_048)),
        {"malformed"},
    ),
    "a certificate that never ends": (Endless(HUGE_CERTIFICATE), {"malformed"}),
    "a retry for ever": (Endless(RETRIED), {"tls_failed"}),
    "SSH": (Send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), {"not_tls"}),
    "SMTP": (Send(b"220 mx.example ESMTP\r\n500 5.5.2 Error: bad syntax\r\n"), {"not_tls"}),
    "MySQL": (Send(b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(60)), {"not_tls"}),
    "HTTP/2": (Send(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)), {"not_tls"}),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_port_that_misuses_tls_has_a_reason_in_time_and_in_little_memory(neighbours: Street, name: str) -> None:
    reply, reasons = ROWS[name]
    with ExitStack() as stack:
        neighbours.lead(ILL, 443, speaks(reply)(stack))
        neighbours.lead(ILL, 80, speaks(Send(b""))(stack))
        tracemalloc.start()
        began = time.monotonic()
        judged = neighbours.judge(web(ILL))
        seconds, (_, most) = time.monotonic() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seconds < QUICK.host_s
    assert most < MOST_BYTES
    assert judged.reasons(ILL) & reasons
    passed = {check for check, outcome in judged.outcomes(ILL).items() if outcome is Outcome.PASS}
    secure = {check for check in passed if check.startswith("certificate-" if name in PARROTS else SECURE)}
    assert not secure
    assert judged.grade(ILL).letters.measured in (Letter.NG, Letter.D, Letter.F)


LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# What is shown, and whether it is little enough to be read.
PAPERS: dict[str, tuple[Callable[[], Issued], bool]] = {
    "10,000 names": (lambda: ROOT.leaf(ILL, *(f"n{number}.{ILL}" for number in range(10_000))), False),
    "a hundred in the chain": (
        lambda: ROOT.leaf(ILL).with_chain(*(self_signed("x").certificate for _ in range(99))),
        True,
    ),
    "until the year 9999": (lambda: ROOT.leaf(ILL, not_after=LAST), True),
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_certificate_out_of_all_measure_is_read_or_has_a_reason(
    neighbours: Street, name: str, tmp_path: Path
) -> None:
    made, is_read = PAPERS[name]
    tls = server_context(made().write(tmp_path / "paper.pem"))
    with web_listener(Site(hsts=YEAR), tls) as listener, web_listener(REDIRECTS) as plain:
        neighbours.lead(ILL, 443, listener.port)
        neighbours.lead(ILL, 80, plain.port)
        judged = neighbours.judge(web(ILL))
    reasons = judged.reasons(ILL)
    assert not [reason for reason in reasons if reason.endswith("_error")]
    assert bool(reasons) is not is_read
    passed = {check for check, outcome in judged.outcomes(ILL).items() if outcome is Outcome.PASS}
    assert ("certificate-wrong-name" in passed) is is_read
    assert judged.grade(ILL).letters.measured is (Letter.A if is_read else Letter.D)
