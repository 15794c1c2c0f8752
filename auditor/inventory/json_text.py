"""JSON → the plain values that the YAML parser would read from it, by the standard library: a hundred times as fast.

Programs write inventories as JSON, and those are the large ones. What JSON and YAML read alike is read here; all else
is left to the parser, and so is whatever may be wrong: nothing here knows where a value stands, and nothing complains.
A law holds what is read here against what the parser reads.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from auditor.inventory.tree import MAX_VALUES, Plain

# What the parser refuses, or reads as something else than a letter, beside the line feed and the space.
STRANGE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# Backslashes that both read alike: JSON joins two surrogates, YAML keeps them apart.
ESCAPED = re.compile(r"[^\\]*(?:\\(?:[\"\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})[^\\]*)*")
LOOSE_KEY = re.compile(r"\"[ \n]*\n[ \n]*:")  # YAML wants the colon in the line of its key
NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
LONGEST_KEY = 100  # characters; YAML's bound is 1,024 with all that is escaped
DEEPEST = 12  # lists and mappings in one another; the parser counts further


class NotAlike(ValueError):
    """The parser has to look at this text."""


def read_json(text: str) -> dict[str, Plain] | None:
    """The document; None where the parser has to look at it."""
    usual = text.replace("\r\n", "\n")
    if not usual.lstrip(" \n").startswith("{") or STRANGE.search(usual) or LOOSE_KEY.search(usual):
        return None
    # Each value but the whole has a colon, a comma or a bracket for itself before it.
    if 1 + sum(map(usual.count, ":,[")) > MAX_VALUES or not ESCAPED.fullmatch(usual):
        return None
    try:
        grown = _DECODER.decode(usual)
    except (ValueError, RecursionError):
        return None
    return grown if isinstance(grown, dict) and grown and _is_shallow(grown, DEEPEST) else None


def _is_shallow(grown: Plain, deepest: int) -> bool:
    inner = grown.values() if isinstance(grown, dict) else grown if isinstance(grown, list) else ()
    return deepest > 0 and all(_is_shallow(one, deepest - 1) for one in inner if isinstance(one, dict | list))


def _keys(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    grown = dict(pairs)
    if len(grown) < len(pairs) or any(len(key) > LONGEST_KEY for key in grown):
        raise NotAlike
    return grown


def _number(text: str) -> int:
    return int(text) if NUMBER.fullmatch(text) else _refuse(text)


def _refuse(_: str) -> NoReturn:
    raise NotAlike


_DECODER = json.JSONDecoder(object_pairs_hook=_keys, parse_int=_number, parse_float=_refuse, parse_constant=_refuse)
