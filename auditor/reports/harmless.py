"""Text that a target chose, made harmless for the medium that shows it."""

from __future__ import annotations

import re
import unicodedata

# Cc: control characters and terminal escapes. Cf: direction overrides, zero-width and other invisible format marks.
# Cs, Co, Cn: code points that stand for nothing. Zl, Zp: line breaks that a terminal may or may not obey.
UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def for_terminal(text: str) -> str:
    """One line without control or invisible characters; each is shown as its code point, so that nothing is hidden."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in UNSHOWN:
        return character
    return " " if character in "\n\t" else f"<U+{ord(character):04X}>"


def for_markdown(text: str) -> str:
    """A table cell: no markup, no link, no HTML and no new column can come of it."""
    text = for_terminal(text)
    for character in "\\`*_{}[]()<>#+!|~":
        text = text.replace(character, "\\" + character)
    return text.replace("://", ":\u2060//")  # a word joiner keeps a viewer from making a link of a target's text


# What a spreadsheet takes for the beginning of a formula, in all its widths; and the places where a cell begins: at its
# start, and after a semicolon, which divides cells wherever the comma is the decimal mark.
FORMULA = re.compile(r"(?P<start>^|;)(?='|[\s\"]*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])")

ORDINARY = re.compile("[A-Za-z0-9][ -:<-~]*|")  # most cells: nothing to look into


def for_csv(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what might begin one.

    What begins with an apostrophe gets one more, so that taking one away gives the text again.
    """
    return text if ORDINARY.fullmatch(text) else FORMULA.sub(r"\g<start>'", for_terminal(text))


def for_code(text: str) -> str:
    """A Markdown code span, in a table cell too: no mention, reference, link or markup can come of it. "" for nothing.

    What would end the span or the cell is shown as its code point.
    """
    shown = for_terminal(text).strip().replace("`", "<U+0060>").replace("|", "<U+007C>")
    return f"`{shown}`" if shown else ""
