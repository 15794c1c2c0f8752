"""JSON that says what it would say as YAML → plain values."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from auditor.inventory.ordinary_words import NUMBER, NotOrdinary, refuse
from auditor.inventory.tree import Plain

# Backslashes that both read alike: JSON joins two surrogates, YAML keeps them apart.
ESCAPED = re.compile(r"[^\\]*(?:\\(?:[\"\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})[^\\]*)*")
LOOSE_KEY = re.compile(r"\"[ \n]*\n[ \n]*:")  # YAML wants the colon in the line of its key
LONGEST_KEY = 100  # characters; YAML's bound is 1,024 with all that is escaped
DEEPEST = 12  # the parser counts further


def read_json(text: str) -> dict[str, Plain]:
    """The document. Raises NotOrdinary."""
    if not ESCAPED.fullmatch(text) or LOOSE_KEY.search(text):
        refuse()
    try:
        grown = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotOrdinary from error
    if not isinstance(grown, dict) or not grown or not _is_shallow(grown, DEEPEST):
        refuse()
    return grown


def _is_shallow(grown: Plain, deepest: int) -> bool:
    inner = grown.values() if isinstance(grown, dict) else grown if isinstance(grown, list) else ()
    return deepest > 0 and all(_is_shallow(one, deepest - 1) for one in inner if isinstance(one, dict | list))


def _keys(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    grown = dict(pairs)
    if len(grown) < len(pairs) or any(len(key) > LONGEST_KEY for key in grown):
        refuse()
    return grown


def _number(text: str) -> int:
    return int(text) if NUMBER.fullmatch(text) else refuse()


def _refuse(_: str) -> NoReturn:
    refuse()


_DECODER = json.JSONDecoder(object_pairs_hook=_keys, parse_int=_number, parse_float=_refuse, parse_constant=_refuse)
