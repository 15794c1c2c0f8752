"""Whether two entries name the same person or role, however they are spelt."""

from __future__ import annotations

import unicodedata

DROPPED = ".'`\u2019\u00b4"  # C.I.O. is the CIO, and O'Neil is ONeil; all other punctuation parts words


def same_person(one: str, other: str) -> bool:
    """Do both name one person? Case, accents, width, spaces, punctuation and the order of words make no difference.

    Names without any letter or digit name nobody, and nobody is the same everywhere. Letters of another script that
    look alike (Cyrillic a), titles and initials are not seen through: that is for whoever reads the waiver.
    """
    mine, theirs = _words(one), _words(other)
    return sorted(mine) == sorted(theirs) or "".join(mine) == "".join(theirs)


def _words(name: str) -> list[str]:
    """The words of a name as they are compared: NFKD, folded (Unicode 3.13), letters and digits alone."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(map(_compared, spread)).split()


def _compared(letter: str) -> str:
    """A letter itself, nothing for what only decorates or is invisible, a space for what parts words."""
    if letter.isalnum():
        return letter
    decorates = letter in DROPPED or unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf", "Lm")
    return "" if decorates else " "
