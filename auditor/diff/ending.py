"""What ends by itself unless somebody acts, and on which nights it is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from auditor.model import Expiring
from auditor.past import KeptRun

MARKS = (30, 14, 7, 1, 0)  # days before its end at which it is said; 0: it has ended
SOON = timedelta(days=MARKS[0])


def ending(
    expiring: Iterable[Expiring], before: KeptRun | None, after: KeptRun, *, every: bool
) -> tuple[Expiring, ...]:
    """What came by a mark between the instants of two runs; with `every`, and in a baseline, also all that ends soon.

    Something that is first seen between two marks is said at the next one: a certificate that lives six days and is
    renewed every three would be news twice a week otherwise.
    """
    listed = (
        one
        for one in expiring
        if (before is not None and _came_by(one, before.as_of, after.as_of))
        or ((every or before is None) and after.as_of < one.at <= after.as_of + SOON)
    )
    return tuple(sorted(set(listed), key=lambda one: (one.at, one.what, one.subject, one.locus)))


def _came_by(one: Expiring, since: datetime, until: datetime) -> bool:
    return any(since < one.at - timedelta(days=mark) <= until for mark in MARKS)
