"""An inventory and its parts → one document, and the digest that does not know how it was divided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import partial
from itertools import chain

from auditor.inventory.holdings import SystemEntry
from auditor.inventory.schema import Document, Part


def merged(main: Document, parts: Iterable[Part]) -> Document:
    """As if everything stood in the main file: its own entries first, then each part's in the order of the list."""
    pages: tuple[Document | Part, ...] = (main, *parts)
    return main.model_copy(
        update={
            "include": (),
            "systems": tuple(chain.from_iterable(page.systems for page in pages)),
            "waivers": tuple(chain.from_iterable(page.waivers for page in pages)),
            "attestations": tuple(chain.from_iterable(page.attestations for page in pages)),
            "retired": tuple(chain.from_iterable(page.retired for page in pages)),
        }
    )


def digest(document: Document) -> str:
    """SHA-256, in hex, over the typed content: defaults written out, keys sorted, entries in the order of their ids."""
    content = document.model_dump(mode="json", by_alias=True, exclude={"include", "systems"})
    for section in ("vendors", "classification"):
        if not content[section]:
            del content[section]  # an inventory that says nothing of it is the one that it was before it could
    for section in ("waivers", "attestations", "retired", "vendors"):
        if section in content:
            content[section].sort(key=lambda entry: (entry["id"], entry.get("kind", "")))
    content["systems"] = sorted(document.systems, key=lambda system: system.id)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=partial(_dumped, document))
    return hashlib.sha256(text.encode()).hexdigest()


def _dumped(document: Document, system: SystemEntry) -> object:
    """A system whose turn has come, so that a large city never stands there twice.

    It is the document that dumps it: what dumps a system alone would have to be made first.
    """
    alone = document.model_copy(update={"systems": (system,)})
    return alone.model_dump(mode="json", by_alias=True, include={"systems"})["systems"][0]
