"""Alembic runs this: migrations over the connection that `store.versions` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from auditor.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
