"""A text → a tree: at once where it is JSON, else by the YAML parser.

The parser is also who says where a value stands. It is loaded, and reads the text, when somebody has something to
complain of.
"""

from __future__ import annotations

from auditor.inventory.json_text import read_json
from auditor.inventory.tree import Survey, Tree


def plant(file: str, text: str, needs: str) -> Tree:
    """Read one document. What cannot be read at all leaves `plain` None and one complaint.

    `needs`: what an empty file is told to hold, as words.
    """
    plain = read_json(text)
    if plain is None:
        return _parsed(file, text, needs)
    return Tree(file, plain, Survey(lambda: _parsed(file, text, needs).survey.places))


def _parsed(file: str, text: str, needs: str) -> Tree:
    from auditor.inventory.parsing import parse  # noqa: PLC0415 - heavy, see above

    return parse(file, text, needs)
