"""Asking a storage service one thing after another, within bounds: an answer, a documented "none", or a reason."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Limits
from auditor.reach.s3_errors import TRANSIENT, reason_of_error
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

NO_ANSWER_BYTES = 0  # the access's own limit
_NO_CREDENTIAL = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    ConfigParseError,
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9+/=_-]{1,128}")  # what providers give; of anything else nothing is kept
_PARSER_STUMBLES = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave. `value` None: the server said, by the documented code, that nothing is configured."""

    value: Mapping[str, object] | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One reading call. `absent`: the one error code that is documented to mean "not configured".

    `region` "": that of the profile. `most_bytes` 0: as long as any answer may be.
    """

    service: str
    method: str
    parameters: Mapping[str, object]
    absent: str = ""
    region: str = ""
    most_bytes: int = NO_ANSWER_BYTES


class Allowance:
    """Exchanges, retries and seconds for what belongs together. Its clock starts with the first exchange."""

    def __init__(self, limits: Limits, name: str, *, calls: int, retries: int) -> None:
        self._limits = limits
        self._name = name
        self._calls = calls
        self._retries = self._all_retries = retries
        self._until: float | None = None
        self._operation_until = 0.0
        self.spent = 0
        self.most_bytes = limits.body_bytes

    def begin(self, most_bytes: int = NO_ANSWER_BYTES) -> None:
        """A new operation: all its exchanges share one deadline."""
        now = time.monotonic()
        self._until = self._until or now + self._limits.host_s
        if now >= self._until:
            raise Unreachable(Reason.DEADLINE, f"{self._name} was given {self._limits.host_s:g} s")
        self._operation_until = min(now + self._limits.operation_s, self._until)
        self.most_bytes = most_bytes or self._limits.body_bytes

    def spend(self) -> float:
        """One exchange; its deadline. Raises Unreachable(BUDGET)."""
        if self.spent >= self._calls:
            raise Unreachable(Reason.BUDGET, f"{self._name} was given {self._calls} calls")
        self.spent += 1
        return self._operation_until

    def retry(self) -> bool:
        """May a question be asked again? Waits first, longer each time."""
        if not self._retries:
            return False
        left = (self._until or 0.0) - time.monotonic()
        pause = self._limits.pause_s * 2 ** (self._all_retries - self._retries)
        self._retries -= 1
        if pause >= left:
            return False
        time.sleep(pause)
        return True


def ask_patiently(storage: Storage, profile: str | None, question: Question, allowance: Allowance, name: str) -> Answer:
    """Ask, and ask again where that may help. `name`: whom the messages name. Raises Unreachable."""
    while True:
        try:
            return _once(storage, profile, question, allowance, f"{name} {question.method}")
        except Unreachable as failure:
            if failure.reason not in TRANSIENT or not allowance.retry():
                raise


def _once(storage: Storage, profile: str | None, question: Question, allowance: Allowance, where: str) -> Answer:
    try:
        raw = storage.answer(profile, question, allowance)
    except ClientError as error:
        return _absent_or_raise(error, question.absent, where)
    except _NO_CREDENTIAL as error:
        raise Unreachable(Reason.NO_CREDENTIAL, f"{where}; {_advice(profile, error)}") from error
    except BotoCoreError as error:
        raise Unreachable(Reason.MALFORMED, f"{where} ({type(error).__name__})") from error
    except _PARSER_STUMBLES as error:  # the SDK's parsers have no error of their own for hostile nesting
        raise Unreachable(Reason.MALFORMED, f"{where} ({type(error).__name__})") from error
    return Answer(raw, request_id_of(raw))


def _advice(profile: str | None, error: Exception) -> str:
    if profile:
        return f"the AWS files hold no usable profile {profile!r}"
    if isinstance(error, ProfileNotFound):
        named = error.kwargs.get("profile", "")
        return f"the AWS files hold no profile {named!r}, which the environment names (AWS_PROFILE)"
    return "set AWS_PROFILE to a profile with keys, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def _absent_or_raise(error: ClientError, absent: str, where: str) -> Answer:
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    if absent and code == absent:
        return Answer(None, request_id_of(error.response))
    status = int(metadata.get("HTTPStatusCode", 0))
    raise Unreachable(reason_of_error(code, status), f"{where} ({code or status})") from error


def request_id_of(raw: object) -> str:
    """The id under which the provider's support finds the call; "" where the server gave none, or no such thing."""
    metadata = raw.get("ResponseMetadata", {}) if isinstance(raw, Mapping) else {}
    headers = metadata.get("HTTPHeaders", {})
    said = str(metadata.get("RequestId") or headers.get("x-amz-request-id", ""))
    return said if _REQUEST_ID.fullmatch(said) else ""
