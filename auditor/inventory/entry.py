"""What every mapping of an inventory file keeps, whatever it says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """A mapping of the file. Keys that nobody reads are refused, never skipped."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
