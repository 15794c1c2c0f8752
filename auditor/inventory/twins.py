"""Two things under one name: the one that is trusted less is complained of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from auditor.inventory.complaints import quoted
from auditor.inventory.tree import Plain, Trail
from auditor.inventory.whole import Whole

Sentence = Callable[[str, str], str]  # the name and the line of the first → what is wrong with the second


def refuse_twins(whole: Whole, named: Iterable[tuple[Trail, Plain]], sentence: Sentence) -> None:
    """Complain of every name that stood before. `named`: in the order of the files; what is no text is passed over."""
    first: dict[str, Trail] = {}
    for path, name in named:
        if not isinstance(name, str) or not name:
            continue
        if name in first:
            whole.complain_of(path, sentence(name, whole.line_of(first[name], path)))
        else:
            first[name] = path


def a_second(noun: str) -> Sentence:
    return lambda name, line: f"the {noun} {quoted(name)} stands already in {line}."
