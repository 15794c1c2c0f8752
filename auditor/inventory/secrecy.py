"""Finds secrets and invisible characters in an inventory, and says where without saying what."""

from __future__ import annotations

import re

from auditor.inventory.complaints import quoted
from auditor.inventory.source import BIDI
from auditor.inventory.tree import Tree

SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|pwd$|secret(?!ary)|token|api[-_ ]?key|private[-_ ]?key|access[-_ ]?key", re.IGNORECASE
)
# PEM key material; AWS access key ids (IAM user guide, "unique identifiers"); GitHub and Slack tokens.
SECRET_VALUE = re.compile(
    r"-----BEGIN |\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20}|\bxox[abprs]-[0-9A-Za-z]"
)
INVISIBLE = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff{BIDI}]")


def sweep(tree: Tree) -> None:
    """Complain of everything that may not stand in the file."""
    if not _is_anything_amiss(tree):
        return
    for path, value in tree.walk():
        key = path[-1] if path else ""
        if isinstance(key, str) and INVISIBLE.search(key):
            tree.complain_of(path, f"an invisible character stands in the key {quoted(key)}.", at_key=True)
        elif isinstance(key, str) and SECRET_KEY.search(key) and not isinstance(value, dict):
            tree.complain_of(path, f"{quoted(key)} looks like a secret: name a credential instead.", at_key=True)
        elif isinstance(value, str) and SECRET_VALUE.search(value):
            tree.complain_of(path, "a key or token stands here: take it out, and replace it where it is used.")
        elif isinstance(value, str) and INVISIBLE.search(value):
            tree.complain_of(path, "an invisible character stands in this text.")


def _is_anything_amiss(tree: Tree) -> bool:
    """In one look at all texts: none of what is looked for goes over the end of a line, or is one."""
    keys, values = tree.words()
    texts = "\n".join([value for value in values if isinstance(value, str)])
    if SECRET_VALUE.search(texts) or INVISIBLE.search(texts):
        return True
    return any(INVISIBLE.search(key) or SECRET_KEY.search(key) for key in keys)
