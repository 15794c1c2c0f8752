"""The list of runs: opened when looking begins, finished when its grades stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update

from auditor.errors import UsageError
from auditor.micros import instant, micros
from auditor.past import KeptRun
from auditor.records import dataclass
from auditor.store.errors import NoRunYet
from auditor.store.once import inserted, keep_document, keep_in_pieces, read_document
from auditor.store.tables import run as table

OPEN, FINISHED, LOST = "open", "finished", "lost"  # lost: killed, and what it saw cannot be read any more
NEWEST = ("last", "latest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known of a run when it begins."""

    id: str
    started: datetime
    tool: str
    rubric: str
    inventory: str
    method: str
    holder: str
    asked: bytes  # see auditor.asked
    rules: bytes  # the rubric's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is known of it when it ends."""

    finished: datetime
    as_of: datetime
    complete: bool
    whole: bool
    interrupted: bool
    report: str  # SHA-256 of its JSON report
    sensitive: tuple[int, int] | None  # systems at B or better, of how many sensitive ones
    discovered: datetime | None  # when unlisted assets were last looked for
    short: bytes  # see auditor.short


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the list."""

    no: int
    opening: Opening
    closing: Closing | None  # None: it is under way, or was killed
    pruned: bool = False

    @property
    def id(self) -> str:
        return self.opening.id

    @property
    def kept(self) -> KeptRun:
        """As others see it. Only of a finished run."""
        assert self.closing is not None  # noqa: S101 - asked by the caller; mypy cannot know
        return KeptRun(
            id=self.id,
            started=self.opening.started,
            finished=self.closing.finished,
            as_of=self.closing.as_of,
            complete=self.closing.complete,
            whole=self.closing.whole,
            tool=self.opening.tool,
            rubric=self.opening.rubric,
            inventory=self.opening.inventory,
            method=self.opening.method,
        )


def begin(connection: Connection, opening: Opening) -> Run:
    values = {
        "id": opening.id,
        "state": OPEN,
        "started": micros(opening.started),
        "pruned": False,
        "tool": opening.tool,
        "rubric": opening.rubric,
        "inventory": opening.inventory,
        "method": opening.method,
        "holder": opening.holder,
        "asked": keep_document(connection, opening.asked),
        "rules": keep_document(connection, opening.rules),
    }
    return Run(inserted(connection, table, values), opening, None)


def finish(connection: Connection, number: int, closing: Closing, short: Iterable[bytes] | None = None) -> None:
    """`short`: what the run came to in short, piece by piece; None: `closing` has it."""
    at_b, systems = closing.sensitive or (None, None)
    values = {
        "state": FINISHED,
        "finished": micros(closing.finished),
        "as_of": micros(closing.as_of),
        "complete": closing.complete,
        "whole": closing.whole,
        "interrupted": closing.interrupted,
        "report": bytes.fromhex(closing.report),
        "sensitive_at_b": at_b,
        "sensitive_systems": systems,
        "discovered": micros(closing.discovered) if closing.discovered else None,
        "short": keep_in_pieces(connection, [closing.short] if short is None else short),
    }
    connection.execute(update(table).where(table.c.no == number).values(values))


def set_aside(connection: Connection, number: int) -> None:
    """End a run that was killed and cannot be read any more: it stands in the way of no other, and counts nowhere."""
    connection.execute(update(table).where(table.c.no == number).values(state=LOST))


def finished_runs(connection: Connection, up_to: int | None = None) -> tuple[KeptRun, ...]:
    """All finished runs, oldest first; up to a number."""
    query = select(table).where(table.c.state == FINISHED).order_by(table.c.no)
    rows = connection.execute(query if up_to is None else query.where(table.c.no <= up_to))
    return tuple(_bare(row).kept for row in rows)


def open_run(connection: Connection) -> Run | None:
    """The run that has not ended: under way, or killed."""
    row = connection.execute(select(table).where(table.c.state == OPEN).order_by(table.c.no.desc()).limit(1)).first()
    return _whole(connection, row) if row else None


def open_run_id(connection: Connection) -> tuple[int, str] | None:
    """Its number and id alone: they can be read whatever became of its documents."""
    query = select(table.c.no, table.c.id).where(table.c.state == OPEN).order_by(table.c.no.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.no, row.id) if row else None


def last_run(connection: Connection, *, whole: bool = False, before: int | None = None) -> Run | None:
    """The newest finished run; with `whole`, of those that asked the whole inventory; older than `before`."""
    row = _newest(connection, whole=whole, before=before)
    return _whole(connection, row) if row else None


def last_kept(connection: Connection, *, whole: bool = False, before: int | None = None) -> KeptRun | None:
    """The same as others see it: without its documents, which of a large city are megabytes."""
    row = _newest(connection, whole=whole, before=before)
    return _bare(row).kept if row else None


def _newest(connection: Connection, *, whole: bool, before: int | None) -> Row[tuple[object, ...]] | None:
    query = select(table).where(table.c.state == FINISHED).order_by(table.c.no.desc()).limit(1)
    if whole:
        query = query.where(table.c.whole)
    if before is not None:
        query = query.where(table.c.no < before)
    return connection.execute(query).first()


def sensitive_shares(connection: Connection, up_to: int) -> tuple[tuple[datetime, int, int], ...]:
    """(instant, sensitive systems at B or better, sensitive systems) of every run of the whole city, oldest first."""
    columns = (table.c.as_of, table.c.sensitive_at_b, table.c.sensitive_systems)
    query = select(*columns).where(table.c.whole & (table.c.no <= up_to) & table.c.sensitive_systems.is_not(None))
    return tuple((instant(at), at_b, of) for at, at_b, of in connection.execute(query.order_by(table.c.no)))


def run_named(connection: Connection, name: str) -> Run:
    """A finished run by its id, the unmistakable beginning of one, or "last". Raises UsageError, NoRunYet."""
    query = select(table).where(table.c.state == FINISHED).order_by(table.c.no.desc())
    if name in NEWEST:
        rows = connection.execute(query.limit(1)).all()
    elif name.isascii() and name.isprintable() and name:  # an id is; a database may choke on anything else
        same = func.substr(table.c.id, 1, len(name)) == name  # SQLite's LIKE would not tell a from A
        rows = connection.execute(query.where(same).limit(2)).all()
    else:
        rows = []
    if not rows and name in NEWEST:
        raise NoRunYet
    if not rows:
        raise UsageError(f"The store holds no finished run {name!r}.", "List them with `auditor store runs`.")
    if len(rows) > 1:
        raise UsageError(f"Several runs begin with {name}.", "Write more of the id.")
    return _whole(connection, rows[0])


def number_of(connection: Connection, kept: KeptRun) -> int:
    """The number of a finished run. Raises UsageError where it is gone."""
    found = begun(connection, kept.id)
    if found is None:
        raise UsageError(f"The store holds no finished run {kept.id!r}.", "List them with `auditor store runs`.")
    return found[0]


def begun(connection: Connection, name: str) -> tuple[int, datetime] | None:
    """The number and the start of a finished run, by its whole id. None: there is none."""
    query = select(table.c.no, table.c.started).where((table.c.id == name) & (table.c.state == FINISHED))
    row = connection.execute(query).first()
    return (row.no, instant(row.started)) if row else None


def _whole(connection: Connection, row: Row[tuple[object, ...]]) -> Run:
    short = read_document(connection, row.short) if row.short is not None else b""
    return _read(row, read_document(connection, row.asked), read_document(connection, row.rules), short)


def _bare(row: Row[tuple[object, ...]]) -> Run:
    """Without its documents, for lists."""
    return _read(row, b"", b"", b"")


def _read(row: Row[tuple[object, ...]], asked: bytes, rules: bytes, short: bytes) -> Run:
    opening = Opening(
        id=row.id,
        started=instant(row.started),
        tool=row.tool,
        rubric=row.rubric,
        inventory=row.inventory,
        method=row.method,
        holder=row.holder,
        asked=asked,
        rules=rules,
    )
    if row.state == OPEN:
        return Run(row.no, opening, None)
    closing = Closing(
        finished=instant(row.finished),
        as_of=instant(row.as_of),
        complete=row.complete,
        whole=row.whole,
        interrupted=row.interrupted,
        report=row.report.hex(),
        sensitive=None if row.sensitive_systems is None else (row.sensitive_at_b, row.sensitive_systems),
        discovered=None if row.discovered is None else instant(row.discovered),
        short=short,
    )
    return Run(row.no, opening, closing, row.pruned)
