"""What data classes ask for: the sensitivity of what holds them, and whose the key must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.inventory.schema import DataClass, DataTier, KeyNeeded
from auditor.model import KeyNeed, Sensitivity

SENSITIVITY = {
    DataTier.PUBLIC: Sensitivity.PUBLIC,
    DataTier.INTERNAL: Sensitivity.INTERNAL,
    DataTier.CONFIDENTIAL: Sensitivity.CONFIDENTIAL,
    DataTier.RESTRICTED: Sensitivity.RESTRICTED,
}
KEY_NEEDS = {None: KeyNeed.BY_TIER, KeyNeeded.CUSTOMER: KeyNeed.CUSTOMER, KeyNeeded.OWN_STORE: KeyNeed.OWN_STORE}


def highest(names: Iterable[str] | None, classes: Mapping[str, DataClass]) -> Sensitivity | None:
    """The highest tier of these data classes; None where none is named."""
    return max((SENSITIVITY[classes[name].tier] for name in names or ()), default=None)


def strongest_need(names: Iterable[str] | None, classes: Mapping[str, DataClass]) -> KeyNeed | None:
    """The most that one of these data classes asks of a key; None where no class is named."""
    return max((KEY_NEEDS[classes[name].key] for name in names or ()), default=None)
