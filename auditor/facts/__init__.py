"""What was seen: frozen, typed, plain values. Probes make them, checks read them, nothing else joins the two."""

from auditor.facts.base import Facts, Plain, target_text
from auditor.facts.declared import ClassValue, Declared, Registered

__all__ = ["ClassValue", "Declared", "Facts", "Plain", "Registered", "target_text"]
