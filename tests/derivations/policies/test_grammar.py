"""Documents that are not understood to the last word are refused, and nothing crashes on any of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.derivations.policies import grammar
from checks.derivations.policies.grammar import PolicyRefused, parse_policy
from checks.derivations.policies.grants import grants_of
from tests.derivations.bucket_facts import allow, document, when

REFUSED = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "a text": '"*"',
    "null": "null",
    "no statement": '{"Version": "2012-10-17"}',
    "empty statements": '{"Statement": []}',
    "statement is a number": '{"Statement": 5}',
    "statement is a text": '{"Statement": ["Allow"]}',
    "key twice": '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Principal": "*", "Action": "*"}}',
    "statements twice": '{"Statement": {"Effect": "Allow"}, "Statement": []}',
    "unknown element": document(allow(Principle="*")),
    "no effect": document(allow(Effect=None)),
    "unknown effect": document(allow(Effect="Permit")),
    "both principals": document(allow(NotPrincipal="*")),
    "principal is a name": document(allow(Principal="everybody")),
    "principal is nothing": document(allow(Principal={})),
    "principal of no kind": document(allow(Principal={"User": "x"})),
    "principal is not an ARN": document(allow(Principal={"AWS": "clerk"})),
    "no principal in the list": document(allow(Principal={"AWS": []})),
    "no action": document(allow(Action=None)),
    "two kinds of action": document(allow(NotAction="s3:*")),
    "action is a number": document(allow(Action=5)),
    "empty actions": document(allow(Action=[])),
    "no resource": document(allow(Resource=None)),
    "condition is a text": document(allow(Condition="x")),
    "operator without keys": document(allow(Condition={"StringEquals": {}})),
    "operator over a text": document(allow(Condition={"StringEquals": "x"})),
    "key without values": document(allow(Condition={"StringEquals": {"aws:SourceVpc": []}})),
    "key over an object": document(allow(Condition={"StringEquals": {"aws:SourceVpc": {}}})),
    "key twice in other capitals": document(
        allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1", "AWS:SourceVPC": "vpc-2"}})
    ),
    "operator twice in other capitals": document(
        allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}, "stringequals": {"aws:SourceVpc": "vpc-2"}})
    ),
    "unknown operator": document(allow(**when("StringMatches", "aws:SourceVpc", "vpc-1"))),
    "unknown qualifier": document(allow(**when("ForSomeValues:StringEquals", "aws:SourceVpc", "vpc-1"))),
    "nested without end": '{"Statement":' + "[" * 60_000,
    "too many patterns": document(allow(Action=[f"s3:Get{n}" for n in range(1_001)])),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_policy_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(PolicyRefused):
        grants_of(parse_policy(text))


# JSON that looks like a policy here and there, of any depth: what a hostile server may send.
WORDS = st.sampled_from(
    (
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "AWS",
        "*",
        "Action",
        "s3:*",
        "Resource",
        "Condition",
        "Bool",
        "\ud800",
    )
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
LIKE_A_STATEMENT = st.fixed_dictionaries(
    dict.fromkeys(("Effect", "Action", "Resource"), ANY_JSON),
    optional=dict.fromkeys(("Sid", "Principal", "NotPrincipal", "Condition", "NotAction"), ANY_JSON),
)


@given(
    st.text(max_size=200) | ANY_JSON.map(json.dumps) | LIKE_A_STATEMENT.map(lambda one: json.dumps({"Statement": one}))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        grants_of(parse_policy(text))
    except PolicyRefused:
        return


def test_a_document_is_read_once_for_all_that_asks_and_a_very_long_one_is_not_held_ready() -> None:
    short = document(allow(Sid="Ours"))
    long = document(allow(Sid="Ours", Resource=["arn:aws:s3:::b/" + "x" * grammar.ORDINARY]))
    assert parse_policy(short) is parse_policy(short)
    assert parse_policy(short) == grammar._read(short)
    assert parse_policy(long) == parse_policy(long)
    assert parse_policy(long) is not parse_policy(long)


def test_what_was_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(PolicyRefused):
            parse_policy(REFUSED["statements twice"])
