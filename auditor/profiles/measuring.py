"""A profile and what was seen of one asset → how it stands to every rule. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import cast

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.model import Finding, Outcome
from auditor.probe import Seen, Unseen
from auditor.profiles.rules import Checks, Fit, OfFacts, Profile, Rule, Said
from auditor.records import dataclass

BY_OUTCOME = {
    Outcome.PASS: Fit.MEETS,
    Outcome.FAIL: Fit.MISSES,
    Outcome.UNKNOWN: Fit.UNSEEN,
    Outcome.NOT_APPLICABLE: Fit.MOOT,
}
WORST_FIRST = tuple(Fit)
NOT_LOOKED = "it was not looked at"


@dataclass(frozen=True, slots=True)
class Row:
    """One rule. `seen`: what decided, with its place; `is_announced`: the rule is not in force yet.

    `was_asked`: somebody looked, in vain or not, at something that it is about.
    """

    rule: Rule
    fit: Fit
    seen: tuple[str, ...]
    is_announced: bool
    was_asked: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """All rules of a profile, for one asset."""

    profile: Profile
    asset: str
    rows: tuple[Row, ...]

    def of(self, fit: Fit) -> tuple[Row, ...]:
        """The rules in force that came out like this."""
        return tuple(row for row in self.rows if row.fit is fit and not row.is_announced)


def measure(
    profile: Profile, asset: str, sights: Sequence[Seen | Unseen], findings: Sequence[Finding], day: date
) -> Measured:
    """`sights` and `findings`: of this asset. The worst place decides; a place that was not seen meets nothing."""
    rows = []
    for rule in profile.rules:
        said = list(_said(rule, sights, findings))
        fit = min((one.fit for _, one in said), key=WORST_FIRST.index, default=Fit.UNSEEN)
        seen = dict.fromkeys(f"{locus}: {one.seen}" if locus else one.seen for locus, one in said if one.fit is fit)
        announced = rule.starts is not None and rule.starts > day
        rows.append(Row(rule, fit, tuple(seen) or (NOT_LOOKED,), announced, _was_asked(rule, said, findings)))
    return Measured(profile, asset, tuple(rows))


def _was_asked(rule: Rule, said: Sequence[tuple[str, Said]], findings: Iterable[Finding]) -> bool:
    if isinstance(rule.ask, Checks):
        return any(finding.check in rule.ask.ids for finding in findings)
    return bool(said)


def _said(rule: Rule, sights: Sequence[Seen | Unseen], findings: Sequence[Finding]) -> Iterator[tuple[str, Said]]:
    if isinstance(rule.ask, Checks):
        yield from _by_checks(rule.ask, findings)
        return
    for sight in sights:
        kind = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
        if kind is rule.ask.reads:
            yield sight.locus, _judged(rule.ask, sight)
        elif kind is CertificateVariant and rule.ask.reads is CertificateSeen:
            yield from _of_variant(rule.ask, sight)


def _of_variant(ask: OfFacts, sight: Seen | Unseen) -> Iterator[tuple[str, Said]]:
    """The certificate for clients of one key type is as good as any: all of them have to keep a rule."""
    if isinstance(sight, Unseen):
        yield sight.locus, _judged(ask, sight)
    elif isinstance(sight.facts, CertificateVariant) and sight.facts.seen and not sight.facts.is_usual:
        yield sight.locus, _judged(ask, Seen(sight.facts.seen, sight.locus))


def _by_checks(ask: Checks, findings: Iterable[Finding]) -> Iterator[tuple[str, Said]]:
    asked = set()
    for finding in findings:
        if finding.check in ask.ids:
            asked.add(finding.check)
            yield _of_check(finding)
    for name in sorted(set(ask.ids) - asked):
        yield "", Said(Fit.UNSEEN, f"{name} was not asked")


def _of_check(finding: Finding) -> tuple[str, Said]:
    """What passes says so once, whatever the number of its places."""
    fit = BY_OUTCOME[finding.outcome]
    if fit is Fit.MEETS:
        return "", Said(fit, f"{finding.check} passes")
    return finding.locus, Said(fit, f"{finding.check}: {finding.summary_here.rstrip('.')}")


def _judged(ask: OfFacts, sight: Seen | Unseen) -> Said:
    if isinstance(sight, Unseen):
        return Said(Fit.UNSEEN, sight.reason.phrase)
    judge = cast("Callable[[Facts], Said]", ask.judge)  # `reads` is the type that it takes
    return judge(sight.facts)
