"""Each way to get one entry wrong: one complaint, exactly where it stands."""

from __future__ import annotations

import pytest

from tests.inventory.bad_entry_keys import KEYS, MISSING, SORTS
from tests.inventory.bad_entry_values import FORMATS, LOCATORS, WHOLE
from tests.inventory.writing import complaints, located, marked, spoilt

ROWS = {**KEYS, **MISSING, **SORTS, **FORMATS, **LOCATORS, **WHOLE}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_each_bad_entry_is_one_complaint_where_it_stands(row: list[tuple[str, str] | str]) -> None:
    edits = [edit for edit in row if isinstance(edit, tuple)]
    messages = tuple(message for message in row if isinstance(message, str))
    text, places = marked(spoilt(*edits))
    assert complaints(text) == located(places, messages)


def test_the_sound_inventory_has_no_complaint() -> None:
    assert complaints(spoilt()) == []
