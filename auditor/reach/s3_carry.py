"""Carries each request of the storage SDK, or one made for it, within the bounds of its thread. Knows no bucket.

It stands in botocore's `before-send` event: what is returned there is the answer, and the SDK opens no connection.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_actions import ACTIONS
from auditor.reach.s3_answers import ERROR_HEADERS, plain_error, require_answer
from auditor.reach.s3_calls import Allowance
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_request import Request, request_of
from auditor.reach.s3_wire import Wire

NOT_SENT = b"<ErrorResponse><Error><Code>NotSent</Code></Error></ErrorResponse>"


class Carrier:
    """Safe between threads. `asked`: how many exchanges each operation took, like "s3:GetBucketPolicy"."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._now = threading.local()

    def during(self, allowance: Allowance, most_bytes: int = 0) -> _During:
        """Exchanges of this thread are paid by this allowance, while the block lasts. Raises what `begin` raises."""
        allowance.begin(most_bytes)
        return _During(self._now, allowance)

    def written(self, ask: Callable[[], object]) -> AWSPreparedRequest | None:
        """What the SDK would send where `ask` has it ask. Nothing is sent; the SDK takes it for an error."""
        written: list[AWSPreparedRequest] = []
        self._now.written = written
        try:
            with suppress(ClientError):
                ask()
        finally:
            self._now.written = None
        return written[0] if len(written) == 1 else None

    def before_send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        """botocore's event."""
        written: list[AWSPreparedRequest] | None = getattr(self._now, "written", None)
        if written is not None:
            written.append(request)
            return AWSResponse(request.url, 400, HTTPHeaders(), _Body(NOT_SENT))
        service, operation = event_name.split(".")[1:]
        body = request.body.encode() if isinstance(request.body, str) else request.body
        body = bytes(body) if isinstance(body, (bytes, bytearray)) else None
        asked = request_of(request.method, request.url, request.headers.items(), body)
        exchanged = self.exchange(f"{service.replace('-', '')}:{operation}", asked)
        return AWSResponse(
            request.url, exchanged.status, HTTPHeaders.from_pairs(exchanged.headers), _Body(exchanged.body)
        )

    def exchange(self, name: str, request: Request) -> Exchanged:
        """The answer, fit for the SDK's parser. `name`: one of `ACTIONS`. Raises Unreachable."""
        exchanged = self.raw(name, request)
        content = _harmless(name.partition(":")[2], request, exchanged)
        kept = tuple(pair for pair in exchanged.headers if pair[0].lower() not in ERROR_HEADERS)
        return replace(exchanged, headers=kept, body=content)

    def raw(self, name: str, request: Request) -> Exchanged:
        """The answer as it came. `name`: one of `ACTIONS`. Raises Unreachable."""
        if name not in ACTIONS:
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{name} is not among the calls that read")
        allowance: Allowance = self._now.allowance
        until = allowance.spend()
        with self._lock:
            self.asked[name] += 1
        return self.wire.exchange(request, until, allowance.most_bytes)


class _During:
    """Puts an allowance in the place of the one before, and takes it away again."""

    def __init__(self, now: threading.local, allowance: Allowance) -> None:
        self._now, self._allowance = now, allowance

    def __enter__(self) -> None:
        self._before = getattr(self._now, "allowance", None)
        self._now.allowance = self._allowance

    def __exit__(self, *_: object) -> None:
        self._now.allowance = self._before


def _harmless(operation: str, request: Request, exchanged: Exchanged) -> bytes:
    """The body that the SDK may parse. Raises Unreachable for an answer to another question."""
    if exchanged.status >= 300:
        return plain_error(operation, exchanged.body, exchanged.status, exchanged.headers)
    if request.wants_body:
        require_answer(operation, exchanged.body, request.host)
    return exchanged.body


class _Body:
    """Bytes that are already here, as the stream that an `AWSResponse` reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content

    def read(self, amount: int | None = None) -> bytes:
        """As the SDK reads an object's content: from where it left off."""
        end = len(self._content) if amount is None else amount
        given, self._content = self._content[:end], self._content[end:]
        return given
