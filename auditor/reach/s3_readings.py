"""What the SDK's parser makes of an answer, without having it read the same words for each bucket. Opens nothing.

Most buckets of an account answer most questions alike, byte for byte. What is read out of a body rests on the body and
the question alone; what stands in headers is read anew each time, and where the SDK's models take a value from there,
nothing is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.reach.s3_answers import require_answer, told_location
from auditor.reach.s3_instants import parsers

if TYPE_CHECKING:
    from botocore.model import ServiceModel, StructureShape

    from auditor.reach.s3_plain import Exchanged

LOCATION = "GetBucketLocation"  # the SDK's models cannot say what it answers, so neither can its parser
LONGEST = 1024  # bytes of a body that is remembered: longer ones are seldom alike
MANY = 256  # bodies; all are forgotten when there are more


class Readings:
    """Of one service. Safe between threads."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._parser = parsers().create_parser("rest-xml")
        self._known: dict[tuple[str, bytes], dict[str, object]] = {}

    def read(self, operation: str, exchanged: Exchanged, host: str) -> dict[str, object]:
        """A success. Raises Unreachable for an answer to another question, and what the SDK's parser raises."""
        key = operation, exchanged.body
        known = self._known.get(key)
        if known is None:
            require_answer(operation, exchanged.body, host)
            known = self._parsed(operation, exchanged)
            if len(exchanged.body) <= LONGEST and self._rests_on_body(operation):
                if len(self._known) >= MANY:
                    self._known.clear()
                self._known[key] = known
        headers = by_name(exchanged)
        metadata = {**metadata_of(exchanged, headers), "RequestId": headers.get("x-amzn-requestid", "")}
        return {**{name: _copied(value) for name, value in known.items()}, "ResponseMetadata": metadata}

    def _parsed(self, operation: str, exchanged: Exchanged) -> dict[str, object]:
        """Without what the SDK says of the exchange."""
        if operation == LOCATION:
            return {"LocationConstraint": told_location(exchanged.body)}
        headers = by_name(exchanged)
        told = {"status_code": exchanged.status, "headers": headers, "body": exchanged.body, "context": {}}
        parsed: dict[str, object] = self._parser.parse(told, self._shape(operation))
        del parsed["ResponseMetadata"]
        return parsed

    def _rests_on_body(self, operation: str) -> bool:
        """Is no value taken from a header or from the status?"""
        members = self._shape(operation).members.values()
        return operation == LOCATION or not any("location" in one.serialization for one in members)

    def _shape(self, operation: str) -> StructureShape:
        shape = self._model.operation_model(operation).output_shape
        assert shape is not None  # noqa: S101 - each of these questions has an answer
        return shape


def by_name(exchanged: Exchanged) -> dict[str, str]:
    """The first header of its name counts."""
    return {header.lower(): value for header, value in reversed(exchanged.headers)}


def metadata_of(exchanged: Exchanged, headers: dict[str, str]) -> dict[str, object]:
    """As the SDK tells it; the id of the request stands among the headers."""
    return {"HTTPStatusCode": exchanged.status, "HTTPHeaders": headers}


def _copied(value: object) -> object:
    """Whoever gets it may do with it what they like: what is remembered stays as it was read."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value
