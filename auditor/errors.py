"""The errors that end a command. Each knows its exit code and what to do.

AuditorError
├── UsageError            2  a command line, inventory or rubric that cannot be used; nothing was probed
├── InternalError         4  a bug of ours, or a plug-in that may not be loaded
└── Unreachable              something could not be seen; probes turn it into `Unseen`, it never ends a command
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `--help` needs the errors, and none of the nouns
    from auditor.model import Reason


class AuditorError(Exception):
    """One sentence that says what is wrong, and one that says what to do."""

    exit_code = 4
    speaker = "auditor: "  # stands before the message; empty where every line says itself where it belongs

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class UsageError(AuditorError):
    exit_code = 2


class InternalError(AuditorError):
    exit_code = 4


class Unreachable(AuditorError):
    """What was tried and why it did not work. `detail` names the address; it never holds a secret."""

    exit_code = 3

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{detail}: {reason.phrase}.")
        self.reason = reason
        self.detail = detail

    def to_keep(self) -> Unreachable:
        """The same without the calls that led to it, which may come to hold what is to hold it: a ring of objects."""
        return Unreachable(self.reason, self.detail)
