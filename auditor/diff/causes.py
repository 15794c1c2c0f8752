"""Why letters may have moved although nothing out there changed: differences between the runs themselves."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.past import KeptRun


def causes_of(before: KeptRun, after: KeptRun) -> tuple[str, ...]:
    """One plain sentence for each."""
    return tuple(_causes(before, after))


def _causes(before: KeptRun, after: KeptRun) -> Iterator[str]:
    if before.as_of > after.as_of:
        yield "The first run is the later one: everything reads backwards."
    if before.tool != after.tool:
        yield f"The auditor is another version ({before.tool} -> {after.tool}), and its checks may be others."
    elif before.method != after.method:
        yield "The installed checks, or their versions, are others."
    if before.rubric != after.rubric:
        yield f"The rubric is another one ({before.rubric} -> {after.rubric})."
    if before.inventory != after.inventory:
        yield "The inventory was changed, and with it perhaps what is asked, waived or attested."
    if not before.whole:
        yield "The earlier run looked at a part of the inventory; what it left out is not compared."
    if not after.whole:
        yield "The later run looked at a part of the inventory; what it left out is not compared."
