"""Findings and a rubric → letters. Every level is a minimum of caps: no averages, points or ratios. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

from auditor.caps import Cap, Caps, Steps
from auditor.model import (
    Asset,
    Basis,
    CityGrade,
    Counts,
    Finding,
    Grade,
    Letter,
    Letters,
    NextLetter,
    Outcome,
    Sensitivity,
    Standing,
    Step,
    StepKind,
    System,
    Tier,
)
from auditor.records import dataclass
from auditor.rubric import Rubric

NOT_GRADED = Letters(Letter.NG, Letter.NG, Letter.NG)
FULL_TIERS = frozenset({Tier.DEEP, Tier.ONLINE})  # without both nobody gets an A+
GRADES = tuple(letter for letter in sorted(Letter) if letter is not Letter.NG)
NOT_ANSWERED = tuple(standing for standing in Standing if not standing.is_answer)
CERTAIN = frozenset({StepKind.FIX, StepKind.ASK})  # steps after which nothing new can come to light


@dataclass(frozen=True, slots=True)
class Held:
    """A grade with all its caps: what a level above needs of the level below."""

    grade: Grade
    caps: Caps


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the search for assets that no inventory lists came to. `at` None: nobody ever looked."""

    unclaimed: int = 0
    at: datetime | None = None


@cache
def letters_of(measured: Letter, at_worst: Letter, accepted: Letter) -> Letters:
    """The three of them, made once: a large city has a hundred thousand caps."""
    return Letters(measured, at_worst, accepted)


BEST = letters_of(Letter.A_PLUS, Letter.A_PLUS, Letter.A_PLUS)


def lowest(letters: Iterable[Letters]) -> Letters:
    """The minimum, letter by letter; the best there is for none."""
    given = [BEST, *letters]
    return letters_of(
        min([one.measured for one in given]), min([one.at_worst for one in given]), min([one.accepted for one in given])
    )


def cap_of(finding: Finding, sensitivity: Sensitivity, rubric: Rubric) -> Letters:
    """What one finding allows at best: measured, at worst, and with accepted risks."""
    told = finding.basis is Basis.DECLARED
    if finding.outcome is Outcome.NOT_APPLICABLE or (
        finding.outcome is Outcome.PASS and not told and finding.standing is not Standing.STALE
    ):
        return BEST  # most findings
    failure = rubric.cap_of_failure(finding.severity, sensitivity)
    measured, at_worst = Letter.A_PLUS, Letter.A_PLUS
    if finding.outcome is Outcome.FAIL and not told:
        measured = at_worst = failure
    elif finding.outcome in (Outcome.UNKNOWN, Outcome.FAIL):  # a failure that nobody saw counts like an unknown
        measured, at_worst = rubric.cap_of_unknown(finding.severity, sensitivity), failure
    elif finding.outcome is Outcome.PASS:
        if told:
            measured = at_worst = rubric.cap_of_attested_pass(finding.severity, sensitivity)
        if finding.standing is Standing.STALE and finding.attestation is None:
            at_worst = min(at_worst, failure)
    return letters_of(measured, at_worst, Letter.A_PLUS if finding.waiver else measured)


def grade_asset(
    asset: Asset,
    sensitivity: Sensitivity,
    findings: Sequence[Finding],
    effort_of: Callable[[str], int],
    rubric: Rubric,
) -> Held:
    """`findings`: the settled, attested, waived findings of this asset alone."""
    caps = [
        Cap(letters, _step_of(finding, effort_of(finding.check)))
        for finding in findings
        if (letters := cap_of(finding, sensitivity, rubric)) is not BEST
    ]
    if not asset.tiers >= FULL_TIERS:
        caps.append(Cap(Letters(Letter.A, Letter.A, Letter.A), Step(StepKind.ASK, asset.id)))
    if not any(map(_is_known, findings)):
        efforts = [effort_of(finding.check) for finding in findings]
        effort = min((*efforts, *(cap.step.effort for cap in caps)), default=1)
        caps.append(Cap(NOT_GRADED, Step(StepKind.SEE, asset.id, effort=effort)))
    return _held(asset.id, Caps(caps), _count(findings))


def _is_known(finding: Finding) -> bool:
    """Did somebody see, or say in earnest, how it stands?"""
    told = finding.outcome is Outcome.NOT_APPLICABLE and finding.attestation is not None
    return told or finding.outcome in (Outcome.PASS, Outcome.FAIL)


def grade_system(system: System, assets: Iterable[Held]) -> Held:
    """The worst asset; a system without assets is not graded."""
    return _worst_of(system.id, assets)


def grade_department(department: str, systems: Iterable[Held]) -> Held:
    """The worst system: the head is accountable for each."""
    return _worst_of(department, systems)


def grade_city(
    city: str,
    systems: Sequence[tuple[System, Held]],
    discovery: Discovery,
    rubric: Rubric,
    as_of: datetime,
) -> CityGrade:
    """The worst system, one letter up; then the city's own caps."""
    own, words = _city_caps(discovery, rubric, as_of)
    held = [grade for _, grade in systems]
    if not held:
        own.append(Cap(NOT_GRADED, Step(StepKind.ADD, city)))
    relieved = [_relieve(grade.grade.letters) for grade in held]
    letters = lowest([*relieved, *(cap.letters for cap in own)])
    counts = sum((grade.grade.counts for grade in held), Counts())
    caps = Caps(own)
    for grade in held:
        caps.add_as(grade.caps, _relieve)
    sensitive = [grade for system, grade in systems if system.sensitivity.is_sensitive]
    spread = [grade.grade.letters.measured for grade in held]
    return CityGrade(
        grade=Grade(city, letters, counts, _held_by(letters.measured, caps), _next(letters.measured, caps)),
        distribution=tuple((letter, spread.count(letter)) for letter in sorted(Letter, reverse=True)),
        sensitive_at_b=sum(grade.grade.letters.measured >= Letter.B for grade in sensitive),
        sensitive_systems=len(sensitive),
        found_unclaimed=discovery.unclaimed,
        caps=tuple(words),
    )


def relief(letter: Letter) -> Letter:
    """What a system's letter allows the city: one weak system does not freeze the whole picture."""
    return {
        Letter.F: Letter.D,
        Letter.NG: Letter.D,
        Letter.D: Letter.C,
        Letter.C: Letter.B,
    }.get(letter, letter)


def rank(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Easiest first; each step once."""
    return tuple(
        sorted(set(steps), key=lambda step: (step.effort, step.kind.value, step.check, step.subject, step.locus))
    )


def collapse(steps: Iterable[Step]) -> tuple[tuple[str, tuple[Step, ...]], ...]:
    """Steps that one kind of change fixes, together: by check, the easiest and then the widest first."""
    groups: dict[str, list[Step]] = defaultdict(list)
    for step in rank(steps):
        groups[step.check or step.kind.value].append(step)
    ordered = sorted(groups.items(), key=lambda group: (group[1][0].effort, -len(group[1]), group[0]))
    return tuple((name, tuple(group)) for name, group in ordered)


def _worst_of(name: str, parts: Iterable[Held]) -> Held:
    """Of the parts, which may be made as they are read, only what counts here stays."""
    caps = Caps()
    counts: Counts | None = None
    for part in parts:
        caps.add_as(part.caps, _as_it_is)
        counts = part.grade.counts if counts is None else counts + part.grade.counts
    if counts is None:
        caps.add([Cap(NOT_GRADED, Step(StepKind.ADD, name))])
    return _held(name, caps, counts or Counts())


def _as_it_is(letters: Letters) -> Letters:
    return letters


def _held(name: str, caps: Caps, counts: Counts) -> Held:
    letters = lowest(caps.letters)
    measured = letters.measured
    return Held(Grade(name, letters, counts, _held_by(measured, caps), _next(measured, caps)), caps)


def _held_by(letter: Letter, caps: Caps) -> Steps:
    return caps.steps(lambda letters: letters.measured <= letter < Letter.A_PLUS)


def _next(letter: Letter, caps: Caps) -> NextLetter | None:
    """The next better grade, and every cap below it: taking those away is necessary and sufficient.

    Where nothing else stands before a better one still, it is that. What is not seen yet may hold anything.
    """
    target = next((better for better in GRADES if better > max(letter, Letter.NG)), None)
    if target is None:
        return None
    steps = caps.steps(lambda letters: letters.measured < target)
    others = lowest(letters for letters in caps.letters if letters.measured >= target)
    return NextLetter(others.measured if steps.kinds <= CERTAIN else target, steps)


def _step_of(finding: Finding, effort: int) -> Step:
    return Step(StepKind.FIX, finding.asset, finding.check, finding.locus, effort)


def _relieve(letters: Letters) -> Letters:
    return letters_of(relief(letters.measured), relief(letters.at_worst), relief(letters.accepted))


def _city_caps(discovery: Discovery, rubric: Rubric, as_of: datetime) -> tuple[list[Cap], list[str]]:
    caps: list[tuple[Letter, Step, str]] = []
    if discovery.unclaimed:
        many = discovery.unclaimed > rubric.many_unclaimed
        letter = rubric.many_unclaimed_cap if many else rubric.unclaimed_cap
        words = f"{discovery.unclaimed} found and neither claimed nor excluded: {letter} at best"
        caps.append((letter, Step(StepKind.CLAIM, ""), words))
    looked = discovery.at is not None and timedelta(0) <= as_of - discovery.at < rubric.discovery_age
    if not looked:
        letter = rubric.stale_discovery_cap
        words = f"nobody looked for unlisted assets in the last {rubric.discovery_age.days} days: {letter} at best"
        caps.append((letter, Step(StepKind.DISCOVER, ""), words))
    return [Cap(Letters(letter, letter, letter), step) for letter, step, _ in caps], [words for _, _, words in caps]


def _count(findings: Sequence[Finding]) -> Counts:
    outcomes = [finding.outcome for finding in findings]
    standings = [finding.standing for finding in findings]
    unknown = outcomes.count(Outcome.UNKNOWN)
    not_seen = sum(map(standings.count, NOT_ANSWERED))
    return Counts(
        asked=len(findings),
        answered=len(findings) - unknown - not_seen,
        unknown=unknown,
        stale=standings.count(Standing.STALE),
        attested=standings.count(Standing.ATTESTED),
        waived=sum(finding.waiver is not None for finding in findings),
        failed=outcomes.count(Outcome.FAIL),
    )
