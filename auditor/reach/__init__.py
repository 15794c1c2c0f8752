"""The only place that resolves names and opens connections: fence, resolver, limits, budgets, credentials.

A `Reach` is what the probes of one asset may touch. Libraries that connect (socket, requests, paramiko, boto3) are
imported in this package alone; each by the module that needs it, when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.access import Access, Limits, Target, read_connect_to, read_nameserver
from auditor.reach.company import Company, Side
from auditor.reach.datagrams import Datagrams
from auditor.reach.exchange import Exchange
from auditor.reach.exports import ExportFile, read_export
from auditor.reach.fence import Fence
from auditor.reach.guessing import no_guessing
from auditor.reach.names import Names
from auditor.reach.resolve import Endpoint, host_of
from auditor.reach.run import Run
from auditor.reach.stores import Stores
from auditor.reach.stream import Stream
from auditor.reach.switchboard import Step

if TYPE_CHECKING:
    from auditor.reach.enrolment import KeyToEnrol
    from auditor.reach.http import HttpAnswer
    from auditor.reach.ssh import Visit

__all__ = [
    "Access",
    "Company",
    "Endpoint",
    "Exchange",
    "ExportFile",
    "Fence",
    "Limits",
    "Reach",
    "Reaches",
    "Side",
    "Step",
    "Stream",
    "Target",
    "host_of",
    "load_http",
    "read_connect_to",
    "read_nameserver",
]

ANSWERS_IN_DOUBT = frozenset({403, 429})  # as whoever asks too much at once is told (RFC 6585 section 4)
GRACE_S = 2.0  # a program of the deep environment keeps the time itself; it is killed when it does not


class Reaches(Run):
    """All of a run: one budget per host, one `Reach` per asset."""

    def of(self, asset: Asset) -> Reach:
        return Reach(self.access, asset, self)


class Reach(Datagrams, Names, Stores):
    """What the probes of one asset may touch. Every failure is an `Unreachable` with its reason."""

    def deep_python(self) -> Path:
        """The interpreter of the deep environment. Raises Unreachable(TOOL_ABSENT)."""
        from auditor.reach.child import deep_python  # noqa: PLC0415 - most commands start no process

        return deep_python(self.access)

    def deep_program(
        self, program: Path, endpoint: Endpoint, *, seconds: float, connections: int, tests: tuple[str, ...] = ()
    ) -> bytes:
        """Run a program of the deep environment against one endpoint and return its stdout (at most `answer_bytes`).

        The program is started with address, port, server name, seconds and the names of tests, and asks us for each of
        its connections (`door.py`); those of a reach for one port have gone their way before it gets them. It holds one
        of the host's places while it runs, and its `connections` count as used until it ends: more are not opened, and
        what was not opened is given back. Raises what `run_program` raises, and BUDGET.
        """
        from auditor.reach.child import run_program  # noqa: PLC0415 - most commands start no process

        python = self.deep_python()
        self.access.fence.require(endpoint.host)
        self._gate.admit(endpoint)
        budget = self._budget(endpoint.host)
        numbers = iter(range(connections))

        def opening(remaining: float) -> Stream:
            if next(numbers, None) is None:
                raise Unreachable(
                    Reason.BUDGET, f"{endpoint.host} was given {connections} connections of {program.name}"
                )
            return self._on_the_way(endpoint, remaining)

        with budget.connection(count=connections):
            allowed = min(seconds, max(0.1, budget.remaining_s()))
            asked = (endpoint.address, str(endpoint.port), endpoint.host, f"{allowed:g}")
            try:
                return run_program(
                    (str(python), "-I", str(program), *asked, *tests),  # -I: neither PYTHON* nor the user's packages
                    name=f"{program.name} at {endpoint.locus}",
                    seconds=allowed + GRACE_S,
                    max_bytes=self.limits.answer_bytes,
                    opening=opening,
                )
            finally:
                budget.give_back(sum(1 for _ in numbers))

    def get(
        self, endpoint: Endpoint, url: str, *, seconds: float | None = None, max_body: int | None = None
    ) -> HttpAnswer:
        """One GET of `url` at one endpoint; follows nothing. Raises what `stream` and `reach.http.get` raise."""
        load_http()
        from auditor.reach import http  # noqa: PLC0415 - see there

        header, body = self.limits.answer_bytes, max_body or self.limits.body_bytes
        with self.stream(endpoint, seconds=seconds, max_bytes=header + body) as stream:
            answer = http.get(stream, url, max_header=header, max_body=body)
        is_cut = answer.ended_early and len(answer.body) < body
        if is_cut or answer.status in ANSWERS_IN_DOUBT or answer.status >= 500:
            self.doubt()
        return answer

    def shell(self, script: bytes) -> Visit:
        """Visit the asset over SSH: one connection, and, where a key may be offered, one run of a read-only script.

        The script gets a random marker as $1 and must end with the line `MARKER DONE`. Raises Unreachable where the
        server was not spoken to at all.
        """
        from auditor.reach.ssh import visit  # noqa: PLC0415 - paramiko is loaded for servers only

        seconds = min(self.limits.shell_s, max(0.1, self._run.budget(self._host).remaining_s()))
        return visit(self, script, seconds=seconds)

    def export(self, name: str) -> tuple[ExportFile, ...]:
        """What another tool wrote, from below the inventory's folder: nothing is contacted. Raises Unreachable."""
        return read_export(self.access.exports, name)

    def keys_to_enrol(self) -> Iterator[KeyToEnrol]:
        """Every host key of the asset, a server, for a person who compares them. Raises Unreachable."""
        from auditor.reach.enrolment import keys_to_enrol  # noqa: PLC0415 - paramiko is loaded for servers only

        return keys_to_enrol(self, seconds=self.limits.shell_s)


@cache
def load_http() -> None:
    """What asks by HTTP: loading requests takes longer than --help may."""
    with no_guessing():
        from auditor.reach import http  # noqa: F401, PLC0415 - see above
