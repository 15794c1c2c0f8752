"""What is kept of every run: looks, changes, letters. SQLite by default, PostgreSQL by URL.

`opened(address(…))` gives a `Store`. The database's library is loaded then, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from auditor.store.address import Address, address
from auditor.store.errors import NoRunYet, StoreBroken, StoreDamaged, StoreUnusable

if TYPE_CHECKING:
    from auditor.store.kept import Store

__all__ = ["Address", "NoRunYet", "StoreBroken", "StoreDamaged", "StoreUnusable", "address", "opened"]


@contextmanager
def opened(where: Address, *, create: bool = False) -> Iterator[Store]:
    """A store of our version. `create`: make it where there is none.

    Raises StoreUnusable: not there, readable by others, unreachable, another program's, or of another version.
    """
    from auditor.store.kept import open_store  # noqa: PLC0415 - heavy

    with open_store(where, create=create) as store:
        yield store
