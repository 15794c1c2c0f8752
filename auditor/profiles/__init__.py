"""Published guidelines as data: what each of them asks of an endpoint, and whether that was seen. Grades nothing."""

from __future__ import annotations

from auditor.profiles.measuring import Measured, Row, measure
from auditor.profiles.reading import profile_names, read_profile
from auditor.profiles.rules import Fit, Profile

__all__ = ["Fit", "Measured", "Profile", "Row", "measure", "profile_names", "read_profile"]
