"""How far a bucket's policy refuses requests without TLS: the union of its Deny statements. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from auditor.derive import Undecided, derive
from auditor.facts.storage import BucketPolicy, Coverage, ServerKind, TlsOnlyRule
from auditor.model import Reason
from checks.derivations.policies.grammar import PolicyRefused, Statement, Test, Whom, parse_policy
from checks.derivations.policies.patterns import covers

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
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
    """One Deny that asks for TLS, or that denies everybody whatever they ask with (`form` None)."""

    form: Form | None
    areas: frozenset[str]  # covered whole: every principal, every action
    flaws: tuple[str, ...]  # why not everything is covered


@derive(reads=(BucketPolicy,), yields=TlsOnlyRule)
def tls_only(policy: BucketPolicy) -> TlsOnlyRule:
    """Full only if every action by everybody on the bucket and on its objects is denied without TLS.

    A form counts where it is known to work. On Ceph 16.2 a plain `Bool` never matched, since the key is absent
    without TLS; a server that always sets the key is deaf to `Null`. So a compatible server needs `BoolIfExists`, or
    both.
    """
    if policy.document is None:
        return _rule(policy, Coverage.NONE, ("there is no policy",))
    try:
        statements = parse_policy(policy.document)
    except PolicyRefused as refusal:
        raise Undecided(Reason.MALFORMED, f"policy of s3://{policy.bucket}: {refusal}") from refusal
    refusals = [one for one in (_refusal(row, policy) for row in statements if not row.allows) if one is not None]
    on_aws = policy.server is ServerKind.AWS
    open_areas = tuple(area for area in AREAS if not _is_covered(area, refusals, on_aws=on_aws))
    if not open_areas:
        return _rule(policy, Coverage.FULL, ())
    working = [one for one in refusals if one.form is not None and _works(one.form, on_aws=on_aws)]
    if not working:
        return _rule(policy, Coverage.NONE, (PLAIN_BOOL if refusals else "no statement denies requests without TLS",))
    flaws = tuple(flaw for one in working for flaw in one.flaws)
    return _rule(policy, Coverage.PARTIAL, tuple(f"some requests to {area}" for area in open_areas) + flaws)


def _rule(policy: BucketPolicy, coverage: Coverage, left: tuple[str, ...]) -> TlsOnlyRule:
    return TlsOnlyRule(observed_at=policy.observed_at, coverage=coverage, left=left)


def _is_covered(area: str, refusals: list[_Refusal], *, on_aws: bool) -> bool:
    forms = {one.form for one in refusals if area in one.areas}
    if None in forms or {Form.WITH_KEY, Form.WITHOUT_KEY} <= forms:
        return True
    return any(form is not None and _works(form, on_aws=on_aws) for form in forms)


def _works(form: Form, *, on_aws: bool) -> bool:
    return form is Form.EVERYWHERE or (form is Form.WITH_KEY and on_aws)


def _refusal(statement: Statement, policy: BucketPolicy) -> _Refusal | None:
    """What a Deny contributes; None if it has nothing to do with TLS."""
    forms = [form for form in map(_form_of, statement.tests) if form is not None]
    if statement.tests and not forms:
        return None
    flaws = tuple(_flaws(statement))
    areas = frozenset(area for area, path in AREAS.items() if not flaws and _reaches(statement, policy.bucket + path))
    if not forms:
        return _Refusal(None, areas, ()) if areas else None
    return _Refusal(forms[0], areas, tuple(f"{statement.name} {flaw}" for flaw in flaws))


def _flaws(statement: Statement) -> list[str]:
    flaws = []
    if statement.whom is not Whom.EVERYBODY:
        flaws.append("denies some principals only")
    if statement.all_but_actions or not any(covers(pattern, "s3:*") for pattern in statement.actions):
        flaws.append("denies some actions only")
    if len(statement.tests) > 1:
        flaws.append("denies under a further condition only")
    if statement.all_but_resources:
        flaws.append("leaves resources out")
    return flaws


def _reaches(statement: Statement, path: str) -> bool:
    arns = [f"arn:{partition}:s3:::{path}" for partition in PARTITIONS]
    return any(covers(pattern, arn) for pattern in statement.resources if "${" not in pattern for arn in arns)


def _form_of(test: Test) -> Form | None:
    """None: the test does not ask whether TLS is missing, or not in a form that is known to be matched."""
    if test.qualifier or len(test.values) != 1:
        return None
    value = test.values[0].lower()
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
