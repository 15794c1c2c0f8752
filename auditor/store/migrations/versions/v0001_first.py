"""The first store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIGEST = sa.LargeBinary(32)


def upgrade() -> None:
    for name in ("document", "facts", "sight", "state"):
        _kept_once(name)
    op.create_table(
        "run",
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
        sa.Column("as_of", sa.BigInteger),
        sa.Column("complete", sa.Boolean),
        sa.Column("whole", sa.Boolean),
        sa.Column("interrupted", sa.Boolean),
        sa.Column("pruned", sa.Boolean, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("rubric", sa.Text, nullable=False),
        sa.Column("inventory", sa.String(64), nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("asked", sa.Integer, sa.ForeignKey("document.no"), nullable=False),
        sa.Column("rules", sa.Integer, sa.ForeignKey("document.no"), nullable=False),
        sa.Column("report", DIGEST),
        sa.Column("sensitive_at_b", sa.Integer),
        sa.Column("sensitive_systems", sa.Integer),
        sa.Column("short", sa.Integer, sa.ForeignKey("document.no")),
        sa.Column("discovered", sa.BigInteger),
    )
    op.create_table(
        "asset",
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "look",
        sa.Column("run", sa.Integer, sa.ForeignKey("run.no"), primary_key=True),
        sa.Column("asset", sa.Integer, sa.ForeignKey("asset.no"), primary_key=True),
        sa.Column("turn", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("sight", sa.Integer, nullable=False),
        sa.Column("times", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "place",
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("asset", sa.Integer, sa.ForeignKey("asset.no"), nullable=False),
        sa.Column("check", sa.Text, nullable=False),
        sa.Column("locus", sa.Text, nullable=False),
        sa.UniqueConstraint("asset", "check", "locus"),
    )
    op.create_table(
        "change",
        sa.Column("place", sa.Integer, sa.ForeignKey("place.no"), primary_key=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("run.no"), primary_key=True),
        sa.Column("state", sa.Integer, sa.ForeignKey("state.no")),
        sqlite_with_rowid=False,
    )
    op.create_index("change_of_run", "change", ["run"])
    op.create_table(
        "letter",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("run.no"), primary_key=True),
        sa.Column("measured", sa.SmallInteger),
        sa.Column("at_worst", sa.SmallInteger),
        sa.Column("accepted", sa.SmallInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("letter_of_run", "letter", ["run"])
    op.create_table(
        "memory",
        sa.Column("asset", sa.Integer, sa.ForeignKey("asset.no"), primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "carried",
        sa.Column("run", sa.Integer, sa.ForeignKey("run.no"), primary_key=True),
        sa.Column("asset", sa.Integer, sa.ForeignKey("asset.no"), primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _kept_once(name: str) -> None:
    """A table of things that are kept once, under their digest."""
    op.create_table(
        name,
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("sha256", DIGEST, nullable=False, unique=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
