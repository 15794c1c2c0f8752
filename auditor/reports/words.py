"""The sentences that several renderers share: what a letter means, what a step asks for."""

from __future__ import annotations

from collections.abc import Container, Sequence

from auditor.grade import collapse
from auditor.model import Counts, Grade, Letter, Step, StepKind

NAMED = 2  # other checks that are named beside one that lifts nothing alone
MEANING = {
    Letter.A_PLUS: "nothing left to do, as far as we look",
    Letter.A: "every mandatory rule is kept",
    Letter.B: "a mandatory rule is missed",
    Letter.C: "outdated or easily bypassed protection",
    Letter.D: "sensitive data behind outdated protection",
    Letter.NG: "not graded: nothing could be seen",
    Letter.F: "no effective protection, or exploitable now",
}

ASKS = {
    StepKind.SEE: "make any one check visible",
    StepKind.ASK: "ask for the deep and online tiers too",
    StepKind.CLAIM: "claim or exclude what was found",
    StepKind.DISCOVER: "look for assets that no inventory lists",
    StepKind.ADD: "list an asset",
}
HOLDS = {  # the same as what holds a letter down: "still A, for …"
    StepKind.SEE: "what was not seen at all",
    StepKind.ASK: "tiers that were not asked",
    StepKind.CLAIM: "what was found and nobody claims",
    StepKind.DISCOVER: "assets that nobody looked for",
    StepKind.ADD: "an empty list",
}


def meaning(letter: Letter, *, is_seen: bool) -> str:
    """What a letter says. `is_seen`: a failure that was seen holds it there, and not only what could not be seen."""
    if letter in (Letter.B, Letter.C, Letter.D) and not is_seen:
        return "something important could not be seen"
    return MEANING[letter]


def at_worst(grade: Grade) -> str:
    """ "at worst F: 3 checks could not be seen", or "" where the letter is certain."""
    if grade.letters.at_worst == grade.letters.measured:
        return ""
    unseen = grade.counts.unknown + grade.counts.stale
    return f"at worst {grade.letters.at_worst}: {counted(unseen, 'check')} could not be seen"


def coverage(counts: Counts) -> str:
    return f"{counts.answered}/{counts.asked}"


def held_by(steps: Sequence[Step], unseen: Container[tuple[str, str, str]] = ()) -> str:
    """The names of what holds a letter down, each once, with how often: "web-hsts-missing (2)".

    `unseen`: asset, check and locus of what nobody saw. It is counted and not named: a name reads as if it failed.
    """
    seen = [step for step in steps if (step.subject, step.check, step.locus) not in unseen]
    dark, groups = len(steps) - len(seen), collapse(seen)
    named = [(group[0].check or ASKS[group[0].kind], len(group)) for _, group in groups]
    names = [name if count == 1 else f"{name} ({count})" for name, count in named]
    if dark:
        names.append(f"{counted(dark, 'check')} that {'was' if dark == 1 else 'were'} not seen")
    return ", ".join(names)


def fixed_alone(grade: Grade, check: str) -> str:
    """ "Fixed alone: B", or "Fixed alone: still F, for web-hsts-missing and 2 more"; "" where it caps nothing."""
    letter = next((one.letter for one in grade.alone if one.check == check), None)
    if letter is None:
        return ""
    if letter > grade.letters.measured:
        return f"Fixed alone: {letter}"
    others = [group[0] for name, group in collapse(grade.held_by) if name != check]
    others.sort(key=lambda step: step.kind is not StepKind.FIX)  # what can be repaired first
    named = [step.check or HOLDS[step.kind] for step in others[:NAMED]]
    more = [f"{len(others) - NAMED} more"] if len(others) > NAMED else []
    return f"Fixed alone: still {letter}, for {' and '.join([', '.join(named), *more])}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
