"""Text that a target chose, made harmless for the medium that shows it."""

from __future__ import annotations

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
