"""What is written in the ordinary way → plain values, without the YAML parser, which takes a hundred times as long.

Ordinary is JSON, and YAML that says one thing in each line, without escapes, tags, anchors, tabs and texts of several
lines. All else is left to the parser, and so is whatever may be wrong: nothing here knows where a value stands, and
nothing complains. A law holds what is read here against what the parser reads.
"""

from __future__ import annotations

import re

from auditor.inventory.ordinary_json import read_json
from auditor.inventory.ordinary_lines import read_lines
from auditor.inventory.ordinary_words import NotOrdinary
from auditor.inventory.tree import MAX_VALUES, Plain

# What the parser refuses, or reads as something else than a letter, beside the line feed and the space.
STRANGE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
BEFORE_VALUES = (":", ",", "[", "- ")  # each value but the whole has one of them for itself before it


def read_ordinary(text: str) -> dict[str, Plain] | None:
    """The document; None where the parser has to look at it."""
    usual = text.replace("\r\n", "\n")
    if STRANGE.search(usual) or 1 + sum(map(usual.count, BEFORE_VALUES)) > MAX_VALUES:
        return None
    try:
        return read_json(usual) if usual.lstrip(" \n").startswith("{") else read_lines(usual)
    except NotOrdinary:
        return None
