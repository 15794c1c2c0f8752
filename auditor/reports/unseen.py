"""The places of a report that nobody saw: what is dark alike is said once. Knows nothing of how it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from auditor.findings import rows_of
from auditor.model import Finding, Outcome

Places = frozenset[tuple[str, str]]  # check, locus


class Unseen:
    """Holds asset, check and locus of each finding that is unknown. `findings`: one asset after the other."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._of: dict[str, Places] = {}
        known: dict[Places, Places] = {}
        dark = (
            (asset, (check, locus))
            for asset, (check, _), state, (locus, _) in rows_of(findings)
            if state.outcome is Outcome.UNKNOWN
        )
        for asset, rows in groupby(dark, key=itemgetter(0)):
            places = frozenset(place for _, place in rows) | self._of.get(asset, frozenset())
            self._of[asset] = known.setdefault(places, places)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and key[1:] in self._of.get(key[0], ())
