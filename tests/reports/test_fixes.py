"""Of a fix, the line for the server at hand; and no fix is written so that none can be picked."""

from __future__ import annotations

import pytest

from auditor import plugins
from auditor.reports.fixes import NAMES, fix_for

FIX = (
    "Name the curves. nginx: `ssl_ecdh_curve X25519;` in every block. Then reload. Apache: `Groups X25519`. "
    "HAProxy: `curves X25519`."
)


@pytest.mark.parametrize(
    ("software", "said"),
    [
        ("nginx", "Name the curves. nginx: `ssl_ecdh_curve X25519;` in every block. Then reload."),
        ("Apache", "Name the curves. Apache: `Groups X25519`."),
        ("HAProxy", "Name the curves. HAProxy: `curves X25519`."),
        ("IIS", FIX),
        (None, FIX),
    ],
)
def test_the_line_for_one_server(software: str | None, said: str) -> None:
    assert fix_for(FIX, software) == said


@pytest.mark.parametrize("text", ["", "Renew it.", "nginx: `x`", "See nginx: no line, and Apache: none."])
def test_a_fix_without_lines_stays(text: str) -> None:
    assert fix_for(text, "Apache") == text


def test_every_fix_that_names_a_server_can_be_picked_apart() -> None:
    """A line begins a sentence: else somebody's server would be told what to do for another."""
    for check in plugins.load().checks:
        for name in NAMES:
            if f"{name}: `" in check.fix:
                picked = fix_for(check.fix, name)
                others = [other for other in NAMES if other != name and f"{other}: `" in picked]
                assert f"{name}: `" in picked
                assert not others, (check.id, name, picked)
