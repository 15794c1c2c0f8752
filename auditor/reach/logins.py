"""One attempt at a login for each server and run: a refused one is not repeated, so that no account is locked."""

from __future__ import annotations

import threading

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.login import Login

REFUSALS = frozenset({Reason.AUTH_FAILED, Reason.NEEDS_HUMAN})


class Logins:
    """Of a run. Remembers refusals alone: a server that let us in may be asked again."""

    def __init__(self) -> None:
        self._refused: dict[Login, Unreachable] = {}
        self._lock = threading.Lock()

    def require(self, login: Login) -> None:
        """Raises Unreachable where this login was refused already."""
        with self._lock:
            refused = self._refused.get(login)
        if refused:
            raise Unreachable(refused.reason, f"{refused.detail}, not tried a second time")

    def note(self, login: Login, failure: Unreachable) -> None:
        if failure.reason in REFUSALS:
            with self._lock:
                self._refused.setdefault(login, failure)
