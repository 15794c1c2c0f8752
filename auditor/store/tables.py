"""The tables of a store. The migrations make them; this is how the code names them.

Times are whole microseconds since 1970 (UTC). Digests are SHA-256, as bytes. What is long and repeats itself is kept
once, under its digest: facts, what one look saw, what a place's state says, documents. Such bodies are bytes and no
texts, as a digest is one of bytes: damage is seen by it, and not by what a database makes of a broken text.

What is pruned (sights, documents) has no foreign key from the long tables: to remove one row, the database would read
all of `look`. `auditor store check` sees to these references.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0001"  # the version that this program reads and writes; the newest of migrations/versions

metadata = MetaData()

document = Table(
    "document",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),  # zlib
)

run = Table(
    "run",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("state", String(8), nullable=False),  # open, finished
    Column("started", BigInteger, nullable=False),
    Column("finished", BigInteger),
    Column("as_of", BigInteger),
    Column("complete", Boolean),
    Column("whole", Boolean),
    Column("interrupted", Boolean),
    Column("pruned", Boolean, nullable=False),  # its looks were removed; its letters and changes stand
    Column("tool", Text, nullable=False),
    Column("rubric", Text, nullable=False),
    Column("inventory", String(64), nullable=False),
    Column("method", String(64), nullable=False),
    Column("holder", Text, nullable=False),  # who runs it: process, host, since when
    Column("asked", ForeignKey("document.no"), nullable=False),
    Column("rules", ForeignKey("document.no"), nullable=False),  # the rubric's text
    Column("report", LargeBinary(32)),  # digest of the report that it gave
    Column("sensitive_at_b", Integer),
    Column("sensitive_systems", Integer),
    Column("short", ForeignKey("document.no")),  # see auditor.short
    Column("discovered", BigInteger),  # when unlisted assets were last looked for
)

asset = Table(
    "asset",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
)

facts = Table(
    "facts",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON without the time of the sight, by zlib
)

sight = Table(
    "sight",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON: all that one look saw, facts by their digests
)

look = Table(
    "look",
    metadata,
    Column("run", ForeignKey("run.no"), primary_key=True),
    Column("asset", ForeignKey("asset.no"), primary_key=True),
    Column("turn", SmallInteger, primary_key=True, autoincrement=False),  # 1, or 2: looked at a second time
    Column("sight", Integer, nullable=False),  # sight.no
    Column("times", LargeBinary, nullable=False),  # see times.py
    sqlite_with_rowid=False,  # the key is the row: no second index for a table of many short rows
)

place = Table(
    "place",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("asset", ForeignKey("asset.no"), nullable=False),
    Column("check", Text, nullable=False),
    Column("locus", Text, nullable=False),
    UniqueConstraint("asset", "check", "locus"),
)

state = Table(
    "state",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of a `State`
)

change = Table(
    "change",
    metadata,
    Column("place", ForeignKey("place.no"), primary_key=True),
    Column("run", ForeignKey("run.no"), primary_key=True),
    Column("state", ForeignKey("state.no")),  # null: it is not there any more
    sqlite_with_rowid=False,  # the key is the row: no second index for a table of many short rows
)
Index("change_of_run", change.c.run)

letter = Table(
    "letter",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("run", ForeignKey("run.no"), primary_key=True),
    Column("measured", SmallInteger),  # null: it is not graded by that name any more
    Column("at_worst", SmallInteger),
    Column("accepted", SmallInteger),
    sqlite_with_rowid=False,  # the key is the row: no second index for a table of many short rows
)
Index("letter_of_run", letter.c.run)

memory = Table(
    "memory",
    metadata,
    Column("asset", ForeignKey("asset.no"), primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),  # digest and JSON of a `Page`
)

carried = Table(
    "carried",
    metadata,
    Column("run", ForeignKey("run.no"), primary_key=True),
    Column("asset", ForeignKey("asset.no"), primary_key=True),
    Column("entries", Integer, nullable=False),  # document.no
    sqlite_with_rowid=False,  # the key is the row: no second index for a table of many short rows
)
