"""What every mapping of an inventory file keeps, whatever it says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Entry(BaseModel):
    """A mapping of the file. Keys that nobody reads are refused, never skipped."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """pydantic's hook: what stands below an attribute describes its key."""
        from auditor.inventory.descriptions import descriptions_of  # noqa: PLC0415 - for editors alone

        made = handler(core_schema)
        keys = handler.resolve_ref_schema(made)["properties"]
        for name, text in descriptions_of(cls).items():
            key = keys[cls.model_fields[name].alias or name]
            if handler.resolve_ref_schema(key).get("description") != text:  # what is there may say the same of itself
                key["description"] = text
        return made
