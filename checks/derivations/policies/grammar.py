"""A policy's text → its statements, or a refusal. Pure; concludes nothing. Of buckets, access points and keys alike.

Grammar: IAM User Guide, "Grammar of the IAM JSON policy language". A document that this module does not understand to
the last word is refused: nobody may conclude health from a policy that was half read.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from functools import lru_cache

from auditor.facts import target_text
from auditor.records import dataclass

ORDINARY = 20_480  # characters: S3 takes no longer policy. What a stranger's server says beyond that is not held ready
PATTERN_LIMIT = 1_000  # actions and resources in a document; every Deny is compared with every Allow
DOCUMENT = frozenset({"Version", "Id", "Statement"})
ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_TESTS = (
    "string(not)?(equals(ignorecase)?|like)",
    "numeric(not)?equals",
    "numeric(less|greater)than(equals)?",
    "date(not)?equals",
    "date(less|greater)than(equals)?",
    "(not)?ipaddress",
    "arn(not)?(equals|like)",
    "bool|binaryequals|null",
)
OPERATOR = re.compile(rf"(?:(foranyvalue|forallvalues):)?({'|'.join(_TESTS)})(ifexists)?")


class PolicyRefused(ValueError):
    """The document is not a policy that can be judged; the text says why."""


class Whom(Enum):
    """How a statement names principals."""

    EVERYBODY = "everybody"  # "*" or {"AWS": "*"}
    NAMED = "named"
    ALL_BUT = "all_but"  # NotPrincipal
    NOBODY_NAMED = "nobody_named"  # neither element


@dataclass(frozen=True, slots=True)
class Test:
    """One condition: `operator` without its qualifier and suffix, all names lower case, values as written."""

    qualifier: str  # "", "foranyvalue", "forallvalues"
    operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals`: (type, value) pairs. Patterns keep their wildcards; `all_but_*`: a Not element."""

    name: str  # "statement 2 (PublicRead)"
    allows: bool
    whom: Whom
    principals: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    all_but_actions: bool
    resources: tuple[str, ...]
    all_but_resources: bool
    tests: tuple[Test, ...]


def parse_policy(text: str) -> tuple[Statement, ...]:
    """The statements in order. Raises PolicyRefused.

    Several derivations ask of one bucket's policy, one right after the other: it is read once.
    """
    return _read_lately(text) if len(text) <= ORDINARY else _read(text)


def _read(text: str) -> tuple[Statement, ...]:
    try:
        document = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise PolicyRefused("the policy is not JSON, names a key twice, or is nested without end") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise PolicyRefused("the policy has no Statement")
    if not document.keys() <= DOCUMENT:  # a server that reads keys in any case would find a second Statement there
        raise PolicyRefused("the policy has an element that is not in the grammar")
    rows = document["Statement"]
    rows = rows if isinstance(rows, list) else [rows]  # one statement may stand alone
    if not rows:
        raise PolicyRefused("the policy has no Statement")
    statements = tuple(_statement(number, row) for number, row in enumerate(rows, 1))
    if sum(len(one.actions) + len(one.resources) for one in statements) > PATTERN_LIMIT:
        raise PolicyRefused(f"the policy has more than {PATTERN_LIMIT} actions and resources")
    return statements


_read_lately = lru_cache(maxsize=8)(_read)


def _statement(number: int, row: object) -> Statement:
    if not isinstance(row, dict) or not row.keys() <= ELEMENTS:
        raise PolicyRefused(f"statement {number} has an element that is not in the grammar")
    sid = row.get("Sid")
    whom, principals = _principals(number, row)
    actions, all_but_actions = _patterns(number, row, "Action")
    resources, all_but_resources = _patterns(number, row, "Resource")
    return Statement(
        name=f"statement {number} ({target_text(sid)})" if isinstance(sid, str) and sid else f"statement {number}",
        allows=_allows(number, row),
        whom=whom,
        principals=principals,
        actions=tuple(action.lower() for action in actions),
        all_but_actions=all_but_actions,
        resources=resources,
        all_but_resources=all_but_resources,
        tests=_tests(number, row.get("Condition", {})),
    )


def _allows(number: int, row: dict[str, object]) -> bool:
    effect = row.get("Effect")
    if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
        raise PolicyRefused(f"statement {number} neither allows nor denies")
    return effect.lower() == "allow"


def _principals(number: int, row: dict[str, object]) -> tuple[Whom, tuple[tuple[str, str], ...]]:
    if "Principal" in row and "NotPrincipal" in row:
        raise PolicyRefused(f"statement {number} has both Principal and NotPrincipal")
    if "NotPrincipal" in row:
        return Whom.ALL_BUT, _named(number, row["NotPrincipal"])
    if "Principal" not in row:
        return Whom.NOBODY_NAMED, ()
    named = _named(number, row["Principal"])
    return (Whom.EVERYBODY if ("AWS", "*") in named else Whom.NAMED), named


def _named(number: int, value: object) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, dict) or not value:
        raise PolicyRefused(f"statement {number} names its principals in a way that is not in the grammar")
    pairs = tuple((str(kind), one) for kind, values in value.items() for one in _strings(number, values))
    if any(kind not in ("AWS", "Service", "Federated", "CanonicalUser") for kind, _ in pairs):
        raise PolicyRefused(f"statement {number} names a kind of principal that is not in the grammar")
    return pairs


def _patterns(number: int, row: dict[str, object], element: str) -> tuple[tuple[str, ...], bool]:
    present = [name for name in (element, f"Not{element}") if name in row]
    if len(present) != 1:
        raise PolicyRefused(f"statement {number} needs one of {element} and Not{element}")
    return _strings(number, row[present[0]]), present[0] != element


def _tests(number: int, condition: object) -> tuple[Test, ...]:
    if not isinstance(condition, dict):
        raise PolicyRefused(f"statement {number} has a condition that is not in the grammar")
    tests = tuple(
        _test(number, operator, key, values)
        for operator, keys in condition.items()
        for key, values in _keys(number, keys).items()
    )
    if len({(one.qualifier, one.operator, one.if_exists, one.key) for one in tests}) < len(tests):
        raise PolicyRefused(f"statement {number} asks the same of a key twice, in other capitals: readers differ here")
    return tests


def _keys(number: int, keys: object) -> dict[str, object]:
    if not isinstance(keys, dict) or not keys:
        raise PolicyRefused(f"statement {number} has a condition without a key")
    return keys


def _test(number: int, operator: str, key: str, values: object) -> Test:
    found = OPERATOR.fullmatch(operator.lower())
    if not found:
        raise PolicyRefused(f"statement {number} has a condition operator that is not in the grammar")
    return Test(
        qualifier=found.group(1) or "",
        operator=found.group(2),
        if_exists=bool(found[found.re.groups]),
        key=key.lower(),
        values=_strings(number, values, scalars=True),
    )


def _strings(number: int, value: object, *, scalars: bool = False) -> tuple[str, ...]:
    """One text or a list of some. `scalars`: condition values may be numbers and booleans too, kept as JSON writes."""
    values = value if isinstance(value, list) else [value]
    allowed = (str, bool, int, float) if scalars else (str,)
    if not values or not all(isinstance(one, allowed) for one in values):
        raise PolicyRefused(f"statement {number} has an empty list, or a value that is not in the grammar")
    return tuple(one if isinstance(one, str) else json.dumps(one) for one in values)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; keys twice are refused, since readers differ in which one counts."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise PolicyRefused("the policy names a key twice")
    return made


_JSON = json.JSONDecoder(object_pairs_hook=_once_each)
