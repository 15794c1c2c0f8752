"""Policy and lists after the public access blocks: what closes, what does not, and what leaves the question open."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from auditor.derive import Undecided
from auditor.facts import Facts
from auditor.facts.storage import BlockLevel, Grantee, Ownership, PartState, ServerKind
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_exposure import AclState, PolicyState
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_exposure import acl_exposure
from tests.derivations.bucket_facts import (
    ABSENT,
    HIDDEN,
    OPEN,
    SHUT,
    acl,
    allow,
    block,
    deny,
    document,
    exposure,
    hidden,
    rows,
    when,
)
from tests.derivations.storage_samples import promise

PUBLIC = document(allow())


NO_SWITCH = BlockLevel(state=PartState.NO_SWITCH)
EVERYBODY = (Grantee.ALL_USERS, "READ")


@pytest.mark.parametrize(
    ("bucket", "account", "state"),
    [
        (OPEN, OPEN, PolicyState.PUBLIC),
        (ABSENT, ABSENT, PolicyState.PUBLIC),
        (SHUT, OPEN, PolicyState.RESTRICTED),
        (OPEN, SHUT, PolicyState.RESTRICTED),
        (SHUT, HIDDEN, PolicyState.RESTRICTED),
        (HIDDEN, SHUT, PolicyState.RESTRICTED),
        (BlockLevel(state=PartState.SET, block_policy=True, block_acls=True), ABSENT, PolicyState.PUBLIC),
        (BlockLevel(state=PartState.SET, ignore_acls=True), ABSENT, PolicyState.PUBLIC),
    ],
)
def test_restriction_at_either_level_holds_a_public_policy_back(
    bucket: BlockLevel, account: BlockLevel, state: PolicyState
) -> None:
    assert exposure(PUBLIC, block(bucket, account)).state is state


@pytest.mark.parametrize(("bucket", "account"), [(HIDDEN, OPEN), (OPEN, HIDDEN), (HIDDEN, ABSENT), (ABSENT, HIDDEN)])
def test_a_level_that_was_not_seen_may_be_the_one_that_restricts(bucket: BlockLevel, account: BlockLevel) -> None:
    with pytest.raises(Undecided) as undecided:
        exposure(PUBLIC, block(bucket, account))
    assert undecided.value.reason is Reason.ACCESS_DENIED


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, PolicyState.NO_POLICY),
        (document(allow(Principal={"AWS": "123456789012"})), PolicyState.NOT_PUBLIC),
        (document(allow(), deny()), PolicyState.GUARDED),
    ],
)
def test_without_a_free_public_statement_no_block_is_needed(text: str | None, state: PolicyState) -> None:
    for bucket, account in product((OPEN, ABSENT, SHUT, HIDDEN), (OPEN, ABSENT, SHUT)):
        assert exposure(text, block(bucket, account)).state is state


def test_stored_restriction_of_a_compatible_server_settles_nothing() -> None:
    held = block(SHUT, NO_SWITCH, ServerKind.COMPATIBLE)
    with pytest.raises(Undecided):
        exposure(PUBLIC, held)
    with pytest.raises(Undecided):
        exposure(PUBLIC, held, promise(Keeps.SOME_RELEASES))
    assert exposure(PUBLIC, held, promise(Keeps.YES)).state is PolicyState.RESTRICTED
    assert exposure(PUBLIC, held, promise(Keeps.NO)).state is PolicyState.PUBLIC
    bare = block(NO_SWITCH, NO_SWITCH, ServerKind.COMPATIBLE)
    found = exposure(PUBLIC, bare)
    assert found.state is PolicyState.PUBLIC


def test_a_deny_that_ceph_passes_by_keeps_nobody_out_of_a_compatible_server() -> None:
    bare, keeps = block(NO_SWITCH, NO_SWITCH, ServerKind.COMPATIBLE), promise(Keeps.YES)
    for operator, key in (("StringNotEquals", "aws:PrincipalOrgID"), ("ArnNotLike", "aws:PrincipalArn")):
        value = "o-ours" if key == "aws:PrincipalOrgID" else "arn:aws:iam::123456789012:role/*"
        text = document(allow(), deny(**when(operator, key, value)))
        assert exposure(text).state is PolicyState.GUARDED
        with pytest.raises(Undecided) as undecided:
            exposure(text, bare, keeps)
        assert undecided.value.reason is Reason.NOT_OBSERVED
        guarded = document(allow(), deny(**when(f"{operator}IfExists", key, value)))
        assert exposure(guarded, bare, keeps).state is PolicyState.GUARDED
    near = deny(**when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24"))
    assert exposure(document(allow(), near), bare, keeps).state is PolicyState.GUARDED
    unsure = deny(Action="s3:GetObject", **when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))
    both = document(allow(), allow(Sid="Free", Action="s3:PutObject"), unsure)
    assert [one.where for one in exposure(both, bare, keeps).grants] == ["policy statement 2 (Free)"]


@pytest.mark.parametrize("text", ["{", "{}", '{"Statement": []}', document(allow(Effect="Perhaps"))])
def test_malformed_policy_is_undecided(text: str) -> None:
    for bucket in (OPEN, ABSENT, SHUT):
        with pytest.raises(Undecided) as undecided:
            exposure(text, block(bucket))
        assert undecided.value.reason is Reason.MALFORMED


def test_one_free_statement_counts_whatever_else_is_guarded() -> None:
    text = document(allow(), allow(Sid="Free", Action="s3:PutObject"), deny(Action="s3:GetObject"))
    found = exposure(text, block())
    assert found.state is PolicyState.PUBLIC
    assert [grant.where for grant in found.grants] == ["policy statement 2 (Free)"]


@pytest.mark.parametrize(
    ("ownership", "bucket", "account", "state"),
    [
        (Ownership.ENFORCED, ABSENT, ABSENT, AclState.LISTS_OFF),
        (Ownership.ENFORCED, HIDDEN, ABSENT, AclState.LISTS_OFF),
        (Ownership.WRITER, SHUT, ABSENT, AclState.IGNORED),
        (Ownership.PREFERRED, HIDDEN, SHUT, AclState.IGNORED),
        (Ownership.UNSEEN, SHUT, HIDDEN, AclState.IGNORED),
        (Ownership.WRITER, ABSENT, ABSENT, AclState.PUBLIC),
        (Ownership.NOT_SET, OPEN, OPEN, AclState.PUBLIC),
        (Ownership.PREFERRED, BlockLevel(state=PartState.SET, block_acls=True), ABSENT, AclState.PUBLIC),
    ],
)
def test_lists_count_unless_they_are_off_or_ignored(
    ownership: Ownership, bucket: BlockLevel, account: BlockLevel, state: AclState
) -> None:
    assert acl_exposure.derive(rows(acl(ownership, EVERYBODY), block(bucket, account))).state is state


def test_hidden_list_does_not_matter_where_lists_are_ignored() -> None:
    denied = acl(Ownership.WRITER, hidden=Reason.ACCESS_DENIED)
    assert acl_exposure.derive(rows(denied, block(SHUT))).state is AclState.IGNORED


VOID = {
    "lists off, kept": (AclState.LISTS_OFF, Ownership.ENFORCED, OPEN, promise(Keeps.YES)),
    "public grants ignored, kept": (AclState.IGNORED, Ownership.WRITER, SHUT, promise(Keeps.YES)),
    "both, and only the block is kept": (
        AclState.IGNORED,
        Ownership.ENFORCED,
        SHUT,
        promise(Keeps.UNKNOWN, ignore_acls=Keeps.YES),
    ),
    "both, neither kept": (None, Ownership.ENFORCED, SHUT, promise(Keeps.NO)),
    "lists off, and only the block is kept": (None, Ownership.ENFORCED, OPEN, promise(Keeps.NO, ignore_acls=Keeps.YES)),
    "ignored, by some releases": (None, Ownership.WRITER, SHUT, promise(Keeps.SOME_RELEASES)),
    "ignored, by nobody knows whom": (None, Ownership.WRITER, SHUT, hidden(ServerPromise)),
}


@pytest.mark.parametrize(("wanted", "ownership", "bucket", "said"), VOID.values(), ids=VOID)
def test_objects_have_lists_that_a_compatible_server_may_go_on_obeying(
    wanted: AclState | None, ownership: Ownership, bucket: BlockLevel, said: ServerPromise | Unseen
) -> None:
    clean = replace(acl(Ownership.WRITER), server=ServerKind.COMPATIBLE, ownership=ownership)
    made = rows(clean, block(bucket, BlockLevel(state=PartState.NO_SWITCH), ServerKind.COMPATIBLE), said)
    if wanted is None:
        with pytest.raises(Undecided):
            acl_exposure.derive(made)
    else:
        assert acl_exposure.derive(made).state is wanted


UNDECIDED = {
    "clean list, but objects have their own": (acl(Ownership.WRITER, (Grantee.ACCOUNT, "FULL_CONTROL")), block()),
    "empty list": (acl(Ownership.NOT_SET), block()),
    "hidden list": (acl(Ownership.WRITER, hidden=Reason.THROTTLED), block()),
    "hidden ownership": (acl(Ownership.UNSEEN, EVERYBODY), block()),
    "hidden block of the bucket": (acl(Ownership.WRITER, EVERYBODY), block(HIDDEN, OPEN)),
    "hidden block of the account": (acl(Ownership.WRITER, EVERYBODY), block(OPEN, HIDDEN)),
    "log delivery only": (acl(Ownership.WRITER, (Grantee.OTHER_GROUP, "WRITE")), block()),
}


@pytest.mark.parametrize("row", UNDECIDED.values(), ids=UNDECIDED)
def test_lists_that_may_count_settle_nothing_unless_a_public_grant_is_proven(row: tuple[Facts, Facts]) -> None:
    with pytest.raises(Undecided):
        acl_exposure.derive(rows(*row))


@pytest.mark.parametrize("who", [Grantee.ALL_USERS, Grantee.AUTHENTICATED_USERS])
def test_anybody_with_an_account_is_the_public(who: Grantee) -> None:
    found = acl_exposure.derive(rows(acl(Ownership.WRITER, (who, "READ_ACP")), block()))
    assert found.state is AclState.PUBLIC


def test_closing_a_level_never_opens() -> None:
    """SHUT instead of anything else never makes a closed bucket public, at either level."""
    rank = {PolicyState.RESTRICTED: 0, PolicyState.PUBLIC: 2, None: 1}

    def state(bucket: BlockLevel, account: BlockLevel) -> int:
        try:
            return rank[exposure(PUBLIC, block(bucket, account)).state]
        except Undecided:
            return rank[None]

    for bucket, account in product((OPEN, ABSENT, HIDDEN), (OPEN, ABSENT)):
        assert state(SHUT, account) <= state(bucket, account)
        assert state(bucket, SHUT) <= state(bucket, account)
