"""Single values as they are ordinarily written: words, numbers, texts in quotes, and lists and mappings in one line."""

from __future__ import annotations

import re
from typing import NoReturn

from auditor.inventory.tree import Plain

KEY = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
QUOTED = r"\"([^\"\\\n]*)\"|'([^'\n]*)'"
BEGINS = r"(?=[A-Za-z0-9_./(]|[^\x00-\x7f])"  # a text without quotes
ENDING = r" \n:#"  # what may end a word
ENDING_IN_BRACKETS = ENDING + r",\[\]{}?\"`\\"


def _words(ending: str) -> str:
    """Words with spaces between them; a colon stands within one only."""
    word = rf"[^{ending}]+(?::+[^{ending}]+)*"
    return rf"{BEGINS}({word}(?: +{word})*)"


WORDS = re.compile(_words(ENDING))
IN_LINE = re.compile(rf"(?:{QUOTED}|{_words(ENDING)})(?: *| +#.*)")
IN_BRACKETS = re.compile(rf" *(?:{QUOTED}|{_words(ENDING_IN_BRACKETS)}) *([,\]}}])")
NAMED = re.compile(rf" *({KEY}): +")
OPENS = re.compile(r" *([\[{])")
ENDS = re.compile(r" *([,\]}])")
REST = re.compile(r" *| +#.*")
CLOSED_BY = {"[": "]", "{": "}"}
DEEPEST = 4  # brackets in one another in one line

NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
NULLS = frozenset({"null", "Null", "NULL"})
TRUTHS = {"true": True, "false": False}
# In small letters, words that mean something else than themselves to some reader of YAML.
DOUBTFUL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class NotOrdinary(Exception):
    """The parser has to look at this file."""


def refuse() -> NoReturn:
    raise NotOrdinary


def value(text: str) -> Plain:
    """What follows a key or a dash in a line. Raises NotOrdinary."""
    if text[0] in CLOSED_BY:
        grown, end = _in_brackets(text, 0, DEEPEST)
        return grown if REST.fullmatch(text, end) else refuse()
    found = IN_LINE.fullmatch(text) or refuse()
    return _scalar(*found.group(1, 2, 3))


def _scalar(in_double: str | None, in_single: str | None, bare: str | None) -> str | int | bool:
    if bare is None:
        return in_single or "" if in_double is None else in_double
    return _word(bare)


def _word(text: str) -> str | int | bool:
    """What stands without quotes. Whatever Python's `float` does not know is text for the parser, too."""
    if text[0].isascii() and text[0].isalpha():
        if text.lower() in DOUBTFUL:
            return TRUTHS[text] if text in TRUTHS else refuse()
        return text
    if NUMBER.fullmatch(text):
        return int(text)
    try:
        float(text)
    except ValueError:
        return text
    return refuse()


def _in_brackets(text: str, begin: int, deepest: int) -> tuple[Plain, int]:
    """The list or mapping whose bracket stands there, and where it ends."""
    keys: dict[str, Plain] = {}
    items: list[Plain] = []
    is_mapping, mark, at = text[begin] == "{", ",", begin + 1
    if empty := ENDS.match(text, at):
        mark, at = empty[1], empty.end()
        if mark == ",":
            refuse()
    while mark == ",":
        key, at = _key(text, at) if is_mapping else ("", at)
        if key in keys:
            refuse()
        one, at, mark = _one(text, at, deepest)
        if is_mapping:
            keys[key] = one
        else:
            items.append(one)
    if mark != CLOSED_BY[text[begin]]:
        refuse()
    return keys if is_mapping else items, at


def _key(text: str, at: int) -> tuple[str, int]:
    found = NAMED.match(text, at) or refuse()
    return found[1] if found[1] not in NULLS else refuse(), found.end()


def _one(text: str, at: int, deepest: int) -> tuple[Plain, int, str]:
    """One value within brackets, where what follows it begins, and the mark that ends it."""
    if found := IN_BRACKETS.match(text, at):
        return _scalar(*found.group(1, 2, 3)), found.end(), found[4]
    opens = OPENS.match(text, at)
    if opens is None or deepest <= 1:
        refuse()
    grown, at = _in_brackets(text, opens.end() - 1, deepest - 1)
    ends = ENDS.match(text, at) or refuse()
    return grown, ends.end(), ends[1]
