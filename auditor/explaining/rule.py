"""A check: where its rule stands, what it caps, and the way from what is looked at to what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auditor.check import Check
from auditor.codec import type_name
from auditor.derive import RunDerivation
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.model import Sensitivity
from auditor.plugins import Parts
from auditor.reports.explanation.nouns import Rule, Source
from auditor.rubric import Rubric


def rule_of(check: Check[Any], parts: Parts, rubric: Rubric) -> Rule:
    file, line = _place_of(check)
    return Rule(
        check=check,
        distribution=str(parts.origins[check.id]),
        file=file,
        line=line,
        rubric=rubric.version,
        caps_open=rubric.cap_of_failure(check.severity, Sensitivity.PUBLIC),
        caps_sensitive=rubric.cap_of_failure(check.severity, Sensitivity.CONFIDENTIAL),
        unseen_open=rubric.cap_of_unknown(check.severity, Sensitivity.PUBLIC),
        unseen_sensitive=rubric.cap_of_unknown(check.severity, Sensitivity.CONFIDENTIAL),
        fresh=rubric.fresh[check.tier],
        failure_ends_after=rubric.failure_ends_after,
        sources=tuple(dict.fromkeys(_sources(check.reads, parts))),
    )


def _place_of(check: Check[Any]) -> tuple[str, int | None]:
    """The rule's file, below the folder that its distribution is installed in, and its first line."""
    module = check.judge.__module__.replace(".", "/")
    try:
        judge = inspect.unwrap(check.judge)
        is_package = Path(inspect.getfile(judge)).name == "__init__.py"
        return f"{module}/__init__.py" if is_package else f"{module}.py", inspect.getsourcelines(judge)[1]
    except (OSError, TypeError):  # a plug-in without source
        return f"{module}.py", None


def _sources(facts_type: type[Facts], parts: Parts) -> Iterator[Source]:
    """How facts of a type come about: the derivation that yields them, then each of its inputs; or the probes."""
    name = type_name(facts_type)
    if facts_type is Declared:
        yield Source(facts=name, by="the inventory")
    for derivation in parts.derivations:
        if derivation.yields is facts_type:
            yield Source(facts=name, by=derivation.source, reads=tuple(map(type_name, derivation.reads)))
            for read in derivation.reads:
                yield from _sources(read, parts)
    for probe in parts.probes:
        if facts_type in probe.yields:
            yield Source(facts=name, by=type(probe).__name__, kind=probe.kind, tier=probe.tier.value)


def rests_on(facts_type: type[Facts], parts: Parts) -> frozenset[type[Facts]]:
    """The facts types that are looked at, and kept, to conclude one; `Declared` too."""
    found = frozenset({facts_type} & {Declared, *parts.facts_types})
    for derivation in parts.derivations:
        if derivation.yields is facts_type:
            found = found.union(*(rests_on(read, parts) for read in derivation.reads))
    return found


def rests_on_all_assets(facts_type: type[Facts], parts: Parts) -> bool:
    """Does it take facts of the whole run to conclude this one?"""
    return any(
        isinstance(derivation, RunDerivation) or any(rests_on_all_assets(read, parts) for read in derivation.reads)
        for derivation in parts.derivations
        if derivation.yields is facts_type
    )
