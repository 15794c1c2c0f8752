"""The only place that resolves names and opens connections: fence, resolver, limits, budgets, credentials.

A `Reach` is what the probes of one asset may touch. Libraries that connect (socket, requests, paramiko, boto3) are
imported in this package alone; each by the module that needs it, when it is needed.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.late import one_at_a_time
from auditor.model import Asset, Reason, Sampling, Tier
from auditor.reach.access import Access, Limits, Target, read_connect_to, read_nameserver
from auditor.reach.budget import HostBudget
from auditor.reach.company import Company, Side
from auditor.reach.exchange import Exchange
from auditor.reach.exports import ExportFile, read_export
from auditor.reach.fence import Fence
from auditor.reach.gate import Gate
from auditor.reach.guessing import no_guessing
from auditor.reach.jumps import Jumps
from auditor.reach.logins import Logins
from auditor.reach.resolve import Endpoint, host_key
from auditor.reach.shelf import Shelf
from auditor.reach.silence import Silences
from auditor.reach.stream import Stream
from auditor.reach.switchboard import Step, Switchboard
from auditor.reach.terms import Terms
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.aws_disks import DiskCalls
    from auditor.reach.aws_macie import MacieCalls
    from auditor.reach.dns import Aliases, Caa
    from auditor.reach.enrolment import KeyToEnrol
    from auditor.reach.http import HttpAnswer
    from auditor.reach.s3 import BucketCalls, Storage
    from auditor.reach.s3_account import AccountCalls
    from auditor.reach.s3_lists import ListReader
    from auditor.reach.s3_named import KnownBucket
    from auditor.reach.s3_objects import ObjectReader
    from auditor.reach.s3_old import ObjectCalls
    from auditor.reach.s3_stranger import Stranger
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
    "read_connect_to",
    "read_nameserver",
]

T = TypeVar("T")

SHARED = 0  # stands for the port where a host that many assets need has a budget of its own
SHARED_S, SHARED_CONNECTIONS = 86_400.0, 5_000
ANSWERS_IN_DOUBT = frozenset({403, 429})  # as whoever asks too much at once is told (RFC 6585 section 4)
GRACE_S = 2.0  # a program of the deep environment keeps the time itself; it is killed when it does not


@dataclass(frozen=True, slots=True)
class _Way:
    """What happens on every connection before it is handed out. `patience`: how many times the usual seconds."""

    go: Callable[[Stream], None]
    port: int
    patience: float
    alone: threading.Lock = field(default_factory=threading.Lock)


class Reaches:
    """All of a run: one budget per host, one `Reach` per asset."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._budgets: dict[tuple[str, int | None], HostBudget] = {}
        self._of_host: dict[str, list[HostBudget]] = {}
        self.silences = Silences()
        self._storage: Storage | None = None
        self.shelf = Shelf()
        self.switchboard = Switchboard()
        self.logins = Logins()
        self.jumps = Jumps()
        self._lock = threading.Lock()

    def of(self, asset: Asset) -> Reach:
        return Reach(self.access, asset, self)

    def storage(self) -> Storage:
        """Sessions and clients of the storage SDK, made when the first bucket is looked at."""
        from auditor.reach.s3 import Storage  # noqa: PLC0415 - half a second that only buckets pay

        with self._lock:
            if self._storage is None:
                self._storage = Storage(self.access)
            return self._storage

    def budget(self, host: str, port: int | None = None) -> HostBudget:
        """Of a host; or of one port of it that is a service of its own (`Reach.through`)."""
        return self._kept(host, port, f"{host}:{port}" if port else host, self.access.limits)

    def shared_budget(self, host: str) -> HostBudget:
        """Of a host that many assets of the run need (`Endpoint.is_shared`): its time is not that of one host."""
        limits = replace(self.access.limits, host_s=SHARED_S, connections_per_host=SHARED_CONNECTIONS)
        return self._kept(host, SHARED, host, limits)

    def _kept(self, host: str, port: int | None, label: str, limits: Limits) -> HostBudget:
        name = host_key(host)
        with self._lock:
            if (name, port) not in self._budgets:
                self._budgets[name, port] = HostBudget(label, limits)
                self._of_host.setdefault(name, []).append(self._budgets[name, port])
            return self._budgets[name, port]

    def connections_to(self, host: str) -> int:
        """Connections opened to a host so far, at all its ports."""
        with self._lock:
            return sum(budget.connections for budget in self._of_host.get(host_key(host), ()))

    @property
    def connections(self) -> int:
        """Connections opened so far, over all hosts."""
        with self._lock:
            return sum(budget.connections for budget in self._budgets.values())


class Reach:
    """What the probes of one asset may touch. Every failure is an `Unreachable` with its reason."""

    def __init__(self, access: Access, asset: Asset, run: Reaches) -> None:
        self.access = access
        self.asset = asset
        self.limits = access.limits
        self._run = run
        self._host = host_of(asset.address)
        self._gate = Gate(access, asset, self._host)
        self._way: _Way | None = None
        self._side: Side | None = None
        self._shared: dict[type[object], object] = {}

    def shared(self, kind: type[T]) -> T:
        """One of a kind for all probes of this look: what one of them has asked, no other need ask again.

        It must not know the reach, or the two would be a ring of objects.
        """
        if kind not in self._shared:
            self._shared[kind] = kind()
        return cast("T", self._shared[kind])

    def forget(self) -> None:
        """What was shared so far is in doubt: whoever wants it asks again."""
        self._shared.clear()

    def now(self) -> datetime:
        """The clock that `observed_at` is read from, UTC."""
        return self.access.clock()

    @property
    def shelf(self) -> Shelf:
        """What this run has fetched for all assets."""
        return self._run.shelf

    @property
    def logins(self) -> Logins:
        return self._run.logins

    @property
    def jumps(self) -> Jumps:
        return self._run.jumps

    def asked(self, tier: Tier) -> bool:
        return tier in self.asset.tiers

    def endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address behind a name, in order; all of them allowed to be dialled.

        Raises Unreachable: OUT_OF_SCOPE, DNS, PRIVATE_SPACE (a host that is not the asset's own leads into loopback,
        private or link-local space while the asset itself is not declared there; or the cloud metadata address).
        """
        return self._gate.endpoints(host, port)

    def repository(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address of a certificate authority's public repository, which a certificate names.

        It lies outside the declared scope by its nature, so it is asked in the online tier alone; what is excluded, and
        private space, are closed to it as to every stranger. Raises what `endpoints` raises.
        """
        return self._gate.repository(host, port)

    def jump_endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address of the jump host that the inventory names for the asset. Raises what `endpoints` raises."""
        return self._gate.jump(host, port)

    def beyond(self, host: str, port: int) -> tuple[str, int]:
        """What a jump host is asked to connect to: its resolver knows the name. Raises Unreachable(OUT_OF_SCOPE)."""
        return self._gate.beyond(host, port)

    @contextmanager
    def stream(
        self, endpoint: Endpoint, *, seconds: float | None = None, max_bytes: int | None = None
    ) -> Iterator[Stream]:
        """One TCP connection, inside the host's budget: closed at the end of the block, dead at the deadline.

        `seconds` count from the dialling on, a way that `through` asked for included.
        """
        self._gate.admit(endpoint)
        with self._run.silences.heard(endpoint) as chance, ExitStack() as held:
            if self._side:
                held.enter_context(self._side.connection(chance))
            if self._way:
                held.enter_context(self._way.alone)
            budget = self._budget_of(endpoint)
            held.enter_context(budget.connection())
            allowed = self._allowed_s(budget, chance.part, seconds)
            chance.had_all = allowed >= self.limits.operation_s
            stream = held.enter_context(
                Stream(endpoint, seconds=allowed, max_bytes=max_bytes or self.limits.answer_bytes)
            )
            chance.had_all = False
            if self._way:
                self._way.go(stream)
            yield stream

    def converse(self, endpoint: Endpoint, steps: Iterator[Step]) -> None:
        """Hold the exchanges of each step with one endpoint, as many at once as the host's budget has places free for.

        The next step is asked for when all exchanges of one have come to an end; an empty one is a pause before a
        retry. Each exchange is a connection as `stream` makes it, inside the same fence, budget, deadline and byte
        limit. Raises what a step raises: what went wrong stands in each exchange. Of a reach for one port: one after
        the other, the way first.
        """
        if self._way is None:
            self._run.switchboard.hold(self._terms(endpoint), steps)
            return
        for step in steps:
            for exchange in step:
                self._hold_on_the_way(endpoint, exchange)
            if not step:
                self.pause(endpoint.host)

    def exchange(self, endpoint: Endpoint, exchanges: Sequence[Exchange]) -> None:
        """Hold exchanges with one endpoint: a conversation of one step."""
        self.converse(endpoint, iter([exchanges] if exchanges else []))

    def _hold_on_the_way(self, endpoint: Endpoint, exchange: Exchange) -> None:
        try:
            with self.stream(endpoint) as stream:
                exchange.is_dialled = True
                stream.send(exchange.send)
                exchange.sent_at = time.monotonic()
                while not exchange.hear(data := stream.receive()) and data:
                    pass
                exchange.end()
        except Unreachable as error:
            exchange.end(error.to_keep())

    def _terms(self, endpoint: Endpoint) -> Terms:
        closed = None
        try:
            self._gate.admit(endpoint)
        except Unreachable as error:
            closed = error.to_keep()
        return Terms(endpoint, self._budget_of(endpoint), self._run.silences, closed, self._side)

    def _budget_of(self, endpoint: Endpoint) -> HostBudget:
        return self._run.shared_budget(endpoint.host) if endpoint.is_shared else self._budget(endpoint.host)

    def _allowed_s(self, budget: HostBudget, part: float, seconds: float | None = None) -> float:
        """Seconds for one connection, a way that `through` asked for included. `part`: see `Silences.patience`."""
        usual = seconds or self.limits.operation_s * (self._way.patience if self._way else 1.0)
        return min(usual * part, max(0.1, budget.remaining_s()))

    def through(self, go: Callable[[Stream], None], *, port: int, patience: float = 1.0) -> Reach:
        """The same reach, for one port: its every connection first goes a way of its own, and there is one at a time.

        `go` brings a fresh stream to where TLS begins (STARTTLS), or raises Unreachable. `patience`: how many times
        the seconds of an operation one connection is given. The port has a budget of its own: a host with mail,
        mailboxes and a directory runs a server for each.
        """
        other = copy.copy(self)
        other._way = _Way(go, port, patience)
        return other

    def in_company(self, side: Side) -> Reach:
        """The same reach, for a probe that looks while another one does."""
        other = copy.copy(self)
        other._side = side
        return other

    def welcome(self) -> None:
        """The host has answered: another probe may join."""
        if self._side:
            self._side.company.welcome()

    def part(self) -> None:
        """What comes is to be asked alone: another probe waits until this one is done."""
        if self._side:
            self._side.part()

    def doubt(self) -> None:
        """What was met may not be what is met alone (`company`): a failure or a no that the stream did not raise."""
        if self._side:
            self._side.doubt()

    def _budget(self, host: str) -> HostBudget:
        return self._run.budget(host, self._way.port if self._way else None)

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
        of the host's places while it runs, and its `connections` count as used beforehand: more are not opened. Raises
        what `run_program` raises, and BUDGET.
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
            return run_program(
                (str(python), "-I", str(program), *asked, *tests),  # -I: neither PYTHON* nor the user's packages
                name=f"{program.name} at {endpoint.locus}",
                seconds=allowed + GRACE_S,
                max_bytes=self.limits.answer_bytes,
                opening=opening,
            )

    def _on_the_way(self, endpoint: Endpoint, seconds: float) -> Stream:
        """A connection that has gone the way of this reach. Whoever asks has the host's place, and closes it."""
        patient = self.limits.operation_s * (self._way.patience if self._way else 1.0)
        stream = Stream(endpoint, seconds=max(0.1, min(seconds, patient)), max_bytes=self.limits.answer_bytes)
        try:
            if self._way:
                self._way.go(stream)
        except Unreachable:
            stream.close()
            raise
        return stream

    def caa(self, name: str, *, seconds: float) -> tuple[Caa, ...]:
        """The CAA records that stand at one name; () for none. Raises Unreachable: DNS, OUT_OF_SCOPE.

        A third party is asked, this machine's resolver or the operator's, so it is done in the online tier alone. The
        public DNS knows nothing of a host that the connect-to file leads elsewhere.
        """
        from auditor.reach import dns  # noqa: PLC0415 - the library is loaded for these questions only

        return dns.ask_caa(name, self._nameservers(name), seconds=seconds)

    def aliases(self, name: str, *, seconds: float) -> Aliases:
        """Where a name leads by its aliases. Asked as `caa` asks, in the same tier. Raises what that raises."""
        from auditor.reach import dns  # noqa: PLC0415 - see `caa`

        return dns.ask_aliases(name, self._nameservers(name), seconds=seconds)

    @property
    def is_led_elsewhere(self) -> bool:
        """Does the connect-to file say where the asset lies, so that the public DNS knows nothing of it?"""
        return not self.access.nameservers and any(host == self._host.lower() for host, _ in self.access.connect_to)

    def _nameservers(self, name: str) -> tuple[Target, ...]:
        from auditor.reach import dns  # noqa: PLC0415 - see `caa`

        if not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"the DNS records of {name}")
        if self.is_led_elsewhere:
            raise Unreachable(Reason.OUT_OF_SCOPE, f"the connect-to file leads elsewhere with {self._host}: its DNS")
        return self.access.nameservers or dns.system_nameservers()

    def signed_host_keys(self, name: str) -> frozenset[tuple[str, bytes]]:
        """The SSH host keys that the signed zone of a name lists, by the word of a resolver on this machine that the
        operator named; none without such a one, or where the online tier is not asked. Raises Unreachable(DNS)."""
        from auditor.reach import sshfp  # noqa: PLC0415 - the library is loaded for this question only

        nameserver = sshfp.believed(self.access.nameservers)
        if nameserver is None or not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            return frozenset()
        return sshfp.signed_fingerprints(name, nameserver, seconds=self.limits.operation_s)

    def bucket(self) -> BucketCalls:
        """The storage calls of this asset, a bucket: in scope by being declared, whatever its server is called."""
        return self._run.storage().bucket(self.asset)

    def old_objects(self) -> ObjectCalls:
        """The versions and headers of this asset's objects, a bucket's."""
        from auditor.reach.s3_old import ObjectCalls  # noqa: PLC0415 - it comes with the SDK

        return ObjectCalls(self._run.storage(), self.asset)

    def object_lists(self, bucket: str, *, owner: str, region: str = "") -> ListReader:
        """The lists of this asset's objects, a bucket's, that lie in a bucket of the account `owner`.

        Raises Unreachable(OUT_OF_SCOPE) for a bucket that the inventory excludes.
        """
        from auditor.reach.s3_lists import ListReader  # noqa: PLC0415 - it comes with the SDK

        if self.access.fence.excludes(bucket):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"s3://{bucket}")
        return ListReader(self._run.storage(), self.asset.credential, bucket, owner=owner, region=region)

    def account(self) -> AccountCalls:
        """The storage calls of the account behind this asset's credential."""
        return self._run.storage().account(self.asset.credential)

    def bucket_named(self, name: str) -> KnownBucket:
        """Is there a bucket of this name at AWS, and in which audited account? Raises Unreachable.

        A third party is asked, so it is done in the online tier alone, and with the credentials of the accounts that
        the inventory lists, never with another.
        """
        from auditor.reach.s3_named import bucket_named  # noqa: PLC0415 - as for the storage that it goes through

        if not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"s3://{name} was not asked for")
        return bucket_named(self._run.storage(), name, self.access.audited_profiles)

    def disks(self) -> DiskCalls:
        """The calls about disks of the account behind this asset's credential."""
        from auditor.reach.aws_disks import DiskCalls  # noqa: PLC0415 - as for the account that it asks

        return DiskCalls(self.account())

    def macie(self, region: str) -> MacieCalls:
        """What Amazon Macie tells in one region of buckets of the account behind this asset's credential."""
        from auditor.reach.aws_macie import MacieCalls  # noqa: PLC0415 - as for the account that it asks

        return MacieCalls(self.account(), region)

    def sampled_objects(self, sampling: Sampling) -> ObjectReader:
        """A few objects of this asset, a bucket, by a credential of their own."""
        from auditor.reach.s3_objects import ObjectReader  # noqa: PLC0415 - as for the storage that it goes through

        return ObjectReader(self._run.storage(), self.asset, sampling.credential)

    def bucket_as_stranger(self) -> Stranger:
        """Questions about this asset, a bucket, that carry no credential."""
        from auditor.reach.s3_stranger import Stranger  # noqa: PLC0415 - as for the storage that it goes through

        return Stranger(self._run.storage(), self.asset)

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

    def pause(self, host: str) -> None:
        """Wait before a retry: once, alone. Not where nobody will be waited for any more."""
        if not self._run.silences.is_hopeless(host):
            time.sleep(self._budget(host).pause_s())

    def connections(self, host: str) -> int:
        """Connections opened to a host so far; of a reach for one port, to that."""
        return self._budget(host).connections if self._way else self._run.connections_to(host)


@cache
def load_http() -> None:
    """What asks by HTTP: loading requests takes longer than --help may."""
    with one_at_a_time(), no_guessing():
        from auditor.reach import http  # noqa: F401, PLC0415 - see above


def host_of(address: str) -> str:
    """The host that an asset's address names: the unit of politeness."""
    return urlsplit(address).hostname or address
