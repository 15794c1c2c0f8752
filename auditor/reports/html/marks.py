"""A letter as it is shown: its shape and colour by name, its word, and one plain sentence."""

from __future__ import annotations

from auditor.model import Letter
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """`shape` names a symbol of the template `shapes.svg.j2` and a colour of the style sheet."""

    letter: str
    shape: str
    word: str
    sentence: str


MARKS = {
    Letter.A_PLUS: Mark("A+", "top", "excellent", "Nothing is left to do, as far as we look."),
    Letter.A: Mark("A", "a", "good", "Every rule that must be kept is kept."),
    Letter.B: Mark("B", "b", "fair", "A rule that must be kept is not kept."),
    Letter.C: Mark("C", "c", "needs work", "The protection is outdated or easy to get around."),
    Letter.D: Mark("D", "d", "poor", "Sensitive data has weak protection, or something important could not be seen."),
    Letter.NG: Mark("NG", "ng", "not graded", "Nothing could be seen, so there is no grade."),
    Letter.F: Mark("F", "f", "failing", "There is no working protection, or it can be broken today."),
}
UNSEEN = "Something important could not be seen."
WEAK = "Sensitive data has weak protection."


def sentence(letter: Letter, *, is_seen: bool) -> str:
    """What a letter says. `is_seen`: a failure that was seen holds it there, and not only what could not be seen."""
    if letter in (Letter.B, Letter.C, Letter.D) and not is_seen:
        return UNSEEN
    return WEAK if letter is Letter.D else MARKS[letter].sentence
