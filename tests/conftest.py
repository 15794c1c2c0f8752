"""What every test relies on: Hypothesis draws the same examples on every machine, and no clock judges a slow one."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, database=None)
settings.register_profile("thorough", max_examples=2_000, deadline=None)  # HYPOTHESIS_PROFILE=thorough make test
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
