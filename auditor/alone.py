"""What a letter would be if one check alone were mended, at all its places, and all else left as it is. Pure.

The other half of the next letter: that one names everything which has to be done together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from auditor.caps import Caps
from auditor.grade import Held
from auditor.model import Alone, Grade, Letter, StepKind


def with_alone(held: Held) -> Grade:
    """The grade, and what each check would make of it alone."""
    return replace(held.grade, alone=mended_alone(held.caps))


def mended_alone(caps: Caps) -> tuple[Alone, ...]:
    """For each check that caps the measured letter, the letter were it to pass wherever it caps; by the checks' ids.

    Never lower than the letter itself. An asset of which nothing was known is graded with the first check that is
    seen to pass, so what keeps it ungraded goes with any of its checks.
    """
    lowest: dict[str, Letter] = {}
    places: dict[str, set[str]] = defaultdict(set)  # of those that are blind
    blind = {subject for _, kind, _, subjects in caps.alike if kind is StepKind.SEE for subject in subjects}
    for letters, kind, check, subjects in caps.alike:
        letter = letters.measured
        if kind is not StepKind.SEE and letter < Letter.A_PLUS:
            lowest[check] = min(letter, lowest.get(check, letter))
            if blind:
                places[check] |= blind.intersection(subjects)
    return tuple(
        Alone(check, min(_of_the_rest(lowest, check), _of_the_unseen(blind - places[check])))
        for check in sorted(lowest)
        if check
    )


def _of_the_rest(lowest: dict[str, Letter], check: str) -> Letter:
    return min((letter for other, letter in lowest.items() if other != check), default=Letter.A_PLUS)


def _of_the_unseen(blind: set[str]) -> Letter:
    return Letter.NG if blind else Letter.A_PLUS
