"""A kept run, as tests of what changed between two of them make one."""

from __future__ import annotations

from datetime import datetime

from auditor.past import KeptRun


def kept(name: str, as_of: datetime, *, started: datetime | None = None, whole: bool = True) -> KeptRun:
    """A complete one. `started`: as of that instant, unless told."""
    return KeptRun(
        id=name,
        started=started or as_of,
        finished=as_of,
        as_of=as_of,
        complete=True,
        whole=whole,
        tool="1",
        rubric="1",
        inventory="i",
        method="m",
    )
