"""What changed between two runs: which moves are news, what is about to end, and why letters may have moved.

news.py       the table: what a place was, what it is: which news, or none
compare.py    the moves of two runs, sorted by that table
ending.py     what ends by itself, and on which nights it is said
causes.py     differences between the runs themselves
json.py       the contract "auditor/diff/1"

The words are explained in docs/diff.md. Pure: the moves come in as data, and their order does not matter.
"""

from __future__ import annotations

from auditor.diff.compare import Diff, diff
from auditor.diff.news import News

__all__ = ["Diff", "News", "diff"]
