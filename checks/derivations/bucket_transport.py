"""How far a bucket's policy refuses requests without TLS: the union of its Deny statements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from enum import Enum

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.storage import BucketPolicy, ServerKind
from auditor.facts.storage_effect import ServerPromise
from auditor.facts.storage_exposure import Coverage, TlsOnlyRule
from auditor.model import Reason
from auditor.records import dataclass
from checks.derivations.policies.actions import S3
from checks.derivations.policies.grammar import PolicyRefused, Statement, Test, Whom, parse_policy
from checks.derivations.policies.patterns import covers, matches
from checks.derivations.s3_servers import why_not_kept
from checks.derivations.weighing import needed

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
EVERYTHING = "s3:*"
KEYS = frozenset({"aws:securetransport", "s3:tlsversion"})
AREAS = {"the bucket itself": "", "its objects": "/*"}
PLAIN_BOOL = (
    'its Deny tests aws:SecureTransport with "Bool" alone, which a server that leaves the key out of plain HTTP '
    'requests (Ceph does) never matches; "BoolIfExists" works everywhere'
)


class Form(Enum):
    """How a test asks whether TLS is missing."""

    EVERYWHERE = "everywhere"  # works whether or not the server knows the key
    WITH_KEY = "with key"  # works where the key is always present: AWS
    WITHOUT_KEY = "without key"  # works where the key is present with TLS only: Ceph


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One Deny that asks for TLS, or that denies whatever one asks with (`form` None)."""

    form: Form | None
    areas: frozenset[str]  # the areas that it reaches whole, for every principal and under no further condition
    actions: tuple[str, ...]
    all_but_actions: bool
    flaws: tuple[str, ...]  # why not everything is covered


@derive_from_places(reads=(BucketPolicy, ServerPromise), yields=TlsOnlyRule)
def tls_only(rows: Rows) -> TlsOnlyRule:
    """What the policy refuses, where the server is known to do what its policies say."""
    policy = needed(rows, BucketPolicy)
    found = coverage_of(policy)
    if policy.server is ServerKind.AWS or found.coverage is not Coverage.FULL:
        return found
    not_kept = why_not_kept(rows)
    return _rule(policy, Coverage.NONE, (not_kept,)) if not_kept else found


def coverage_of(policy: BucketPolicy) -> TlsOnlyRule:
    """By what the policy says: full only if every action by everybody on bucket and objects is denied without TLS.

    Statements add up, action by action and area by area. A form counts where it is known to work. On Ceph 16.2 a plain
    `Bool` never matched, since the key is absent without TLS; a server that always sets the key is deaf to `Null`. So a
    compatible server needs `BoolIfExists`, or both.
    """
    if policy.document is None:
        return _rule(policy, Coverage.NONE, ("there is no policy",))
    try:
        statements = parse_policy(policy.document)
    except PolicyRefused as refusal:
        raise Undecided(Reason.MALFORMED, f"policy of s3://{policy.bucket}: {refusal}") from refusal
    refusals = [one for one in (_refusal(row, policy) for row in statements if not row.allows) if one is not None]
    on_aws = policy.server is ServerKind.AWS
    left = {area: _left(area, refusals, on_aws=on_aws) for area in AREAS}
    if not any(left.values()):
        return _rule(policy, Coverage.FULL, ())
    working = [one for one in refusals if one.form is not None and _works(one.form, on_aws=on_aws)]
    if not working:
        asks = any(one.form is not None for one in refusals)
        why = PLAIN_BOOL if asks else next(_odd_forms(statements), "no statement denies requests without TLS")
        return _rule(policy, Coverage.NONE, (why,))
    flaws = tuple(flaw for one in working for flaw in one.flaws)
    return _rule(policy, Coverage.PARTIAL, tuple(f"{left[area]} {area}" for area in AREAS if left[area]) + flaws)


def _odd_forms(statements: Iterable[Statement]) -> Iterator[str]:
    """Deny statements that speak of TLS in a form that is not known to work."""
    for row in statements:
        for test in row.tests if not row.allows else ():
            if test.key in KEYS and _form_of(test) is None:
                yield f"{row.name} tests {test.key} in a form that is not known to deny every request without TLS"


def _rule(policy: BucketPolicy, coverage: Coverage, left: tuple[str, ...]) -> TlsOnlyRule:
    return TlsOnlyRule(observed_at=policy.observed_at, coverage=coverage, left=left)


def _left(area: str, refusals: list[_Refusal], *, on_aws: bool) -> str:
    """Which requests to an area stay possible without TLS, in words; "" for none.

    A server that may or may not set the key is covered by two sets of statements, one for each case.
    """
    here = [one for one in refusals if area in one.areas]
    cases = (Form.WITH_KEY,) if on_aws else (Form.WITH_KEY, Form.WITHOUT_KEY)
    found = [_open_to([one for one in here if one.form in (None, Form.EVERYWHERE, case)]) for case in cases]
    return max(found, key=len)


def _open_to(refusals: list[_Refusal]) -> str:
    """What all these statements together do not deny."""
    denied = [action for one in refusals if not one.all_but_actions for action in one.actions]
    spared = [_not_covered(one.actions, denied) for one in refusals if one.all_but_actions]
    if any(covers(pattern, EVERYTHING) for pattern in denied) or () in spared:
        return ""
    classes = [name for name, examples in S3.items() if not all(_is_denied(action, refusals) for action in examples)]
    if len(classes) == len(S3):
        return "requests to"
    return f"{', '.join(sorted(classes)) or 'some'} requests to"


def _not_covered(actions: tuple[str, ...], by: list[str]) -> tuple[str, ...]:
    return tuple(action for action in actions if not any(covers(pattern, action) for pattern in by))


def _is_denied(action: str, refusals: list[_Refusal]) -> bool:
    return any(
        any(matches(pattern, f"s3:{action}") for pattern in one.actions) is not one.all_but_actions for one in refusals
    )


def _works(form: Form, *, on_aws: bool) -> bool:
    return form is Form.EVERYWHERE or (form is Form.WITH_KEY and on_aws)


def _refusal(statement: Statement, policy: BucketPolicy) -> _Refusal | None:
    """What a Deny contributes; None if it has nothing to do with TLS."""
    forms = [form for form in map(_form_of, statement.tests) if form is not None]
    if statement.tests and not forms:
        return None
    unfit = tuple(_unfit(statement))
    partitions = PARTITIONS if policy.server is ServerKind.AWS else PARTITIONS[:1]  # Ceph's buckets lie in "aws" alone
    arns = {area: [f"arn:{one}:s3:::{policy.bucket}{path}" for one in partitions] for area, path in AREAS.items()}
    areas = frozenset(area for area in AREAS if not unfit and _reaches(statement, arns[area]))
    return _Refusal(
        form=forms[0] if forms else None,
        areas=areas,
        actions=statement.actions,
        all_but_actions=statement.all_but_actions,
        flaws=tuple(f"{statement.name} {flaw}" for flaw in (*unfit, *_narrow(statement))),
    )


def _unfit(statement: Statement) -> list[str]:
    """Why a statement counts for nothing: some requests of every kind slip by it."""
    flaws = []
    if statement.whom is not Whom.EVERYBODY:
        flaws.append("denies some principals only")
    if len(statement.tests) > 1:
        flaws.append("denies under a further condition only")
    if statement.all_but_resources:
        flaws.append("leaves resources out")
    return flaws


def _narrow(statement: Statement) -> list[str]:
    if statement.all_but_actions or not any(covers(pattern, EVERYTHING) for pattern in statement.actions):
        return ["denies some actions only"]
    return []


def _reaches(statement: Statement, arns: list[str]) -> bool:
    return any(covers(pattern, arn) for pattern in statement.resources if "${" not in pattern for arn in arns)


def _form_of(test: Test) -> Form | None:
    """None: the test does not ask whether TLS is missing, or not in a form that is known to be matched."""
    values = {value.lower() for value in test.values}
    if test.qualifier or len(values) != 1:
        return None
    (value,) = values
    match (test.key, test.operator, test.if_exists):
        case ("aws:securetransport", "bool", if_exists) if value == "false":
            return Form.EVERYWHERE if if_exists else Form.WITH_KEY
        case ("aws:securetransport", "stringnotequals", True) if value == "true":
            return Form.EVERYWHERE
        case ("aws:securetransport", "null", False) if value == "true":
            return Form.WITHOUT_KEY
        case ("s3:tlsversion", "numericlessthan", True) if _is_modern(value):
            return Form.WITH_KEY  # a compatible server may not know the key at all
        case _:
            return None


def _is_modern(version: str) -> bool:
    try:
        return Decimal(version) >= Decimal("1.2")
    except InvalidOperation:
        return False


DERIVATIONS = (tls_only,)
