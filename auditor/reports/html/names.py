"""Where each page and each place on it lies: names that every file system takes, and no two ids share."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from markupsafe import Markup

# Lower case alone, since some file systems do not tell "A" from "a". The underscore is kept for the names below.
PLAIN = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
LONGEST = 60
# Windows opens devices under these names, whatever stands behind the first dot.
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))})
RESERVED = frozenset({"index"})


@lru_cache(4096)
def file_stem(name: str) -> str:
    """A plain id as it is; any other as what is plain of it, and a digest that tells it from all others."""
    known = DEVICES | RESERVED
    if PLAIN.fullmatch(name) and len(name) <= LONGEST and name.partition(".")[0] not in known:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    words = re.findall(r"[a-z0-9]+", name[:LONGEST].lower())
    return f"{'-'.join(words)[:LONGEST]}_{digest}"


def system_page(name: str) -> str:
    return f"systems/{file_stem(name)}.html"


def check_page(name: str) -> str:
    return f"checks/{file_stem(name)}.html"


def list_page(number: int) -> str:
    """The list of all systems, page by page; `number` begins at 1."""
    return "systems/index.html" if number == 1 else f"systems/index_{number}.html"


@lru_cache(4096)
def anchor(kind: str, name: str) -> Markup:
    """The place of a thing on its page, as the value of an `id` attribute. An asset's id is "system/asset"."""
    parts = name.split("/") if name.count("/") == 1 else [name]
    return Markup(f"{kind}-{':'.join(map(file_stem, parts))}")  # noqa: S704 - plain characters


def href(page: str, base: str, place: str = "") -> Markup:
    """A link to `page` from a page whose way to the top is `base` ("" or "../")."""
    return Markup(f"{base}{page}{'#' if place else ''}{place}")  # noqa: S704 - made of the names above
