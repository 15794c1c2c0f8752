"""What is known of a check, and of a finding of a kept run, gathered so that it can be told.

rule.py        a check: where its rule stands, what it caps, what it rests on
case.py        one kept run, judged again, and the places of it that somebody asks about
facts.py       what a finding was judged from, as it lies in the store
now.py         what the run's own look said where something else stands
letters.py     what a finding does to the letters
finding.py     all of it, of one finding

Looks at nothing and changes nothing.
"""

from __future__ import annotations

from auditor.explaining.case import Asked, Case, unknown
from auditor.explaining.finding import explain
from auditor.explaining.rule import rule_of

__all__ = ["Asked", "Case", "explain", "rule_of", "unknown"]
