"""What an event of the log is, and the one door through which all of them go."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import StrEnum

from auditor.records import dataclass

Value = str | int | float | bool | list["Value"] | dict[str, "Value"]

LOG = logging.getLogger("auditor")
LOG.propagate = False
LOG.addHandler(logging.NullHandler())


class What(StrEnum):
    """Everything that is ever logged (docs/logging.md)."""

    RUN_STARTED = "run-started"
    LOOKED_AT = "asset-looked-at"
    SECOND_LOOK = "second-look"
    JUDGED = "judged"
    KEPT = "kept"
    INTERRUPTED = "interrupted"
    RUN_FINISHED = "run-finished"
    ERROR = "error"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `words`: for somebody who watches; "" is for the file alone."""

    what: What
    fields: Mapping[str, Value]
    words: str = ""


def is_read() -> bool:
    """Does anybody read the log? Spares the making of events that nobody reads."""
    return LOG.isEnabledFor(logging.INFO)


def tell(what: What, words: str = "", /, **fields: Value) -> None:
    """The functions of this package call it, and nobody else: they see to it that no text of a target comes along."""
    LOG.info(Event(what, fields, words))
