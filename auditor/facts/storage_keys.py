"""Whose keys encrypt a bucket: what the key service told of each key that the default encryption names."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.facts.storage import PartState, ServerKind
from auditor.records import dataclass

KEY_POLICY_LIMIT = 65_536  # characters; AWS allows 32 kB


def _require_reason(state: PartState, reason: str, what: str) -> None:
    if (state is PartState.UNSEEN) != bool(reason):
        raise ValueError(f"an unseen {what} has a reason, and only it has one")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation(Plain):
    """Is the key's material renewed by itself? NO_SWITCH: the provider's own key, or a kind of key that never is."""

    state: PartState
    is_enabled: bool = False
    period_days: int | None = None
    reason: str = ""  # the word of a `Reason`, for UNSEEN only
    detail: str = ""

    def __post_init__(self) -> None:
        _require_reason(self.state, self.reason, "rotation")
        if self.is_enabled and self.state is not PartState.SET:
            raise ValueError("only a rotation that was seen is enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy(Plain):
    """Who may use the key: the document, whole. NO_SWITCH: the provider's own key, whose policy nobody sets."""

    state: PartState
    document: str | None = None
    reason: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        _require_reason(self.state, self.reason, "key policy")
        if (self.state is PartState.SET) != bool(self.document and self.document.strip()):
            raise ValueError("a key policy that was seen has a document, and only it has one")
        if self.state is PartState.ABSENT:
            raise ValueError("every key has a policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrantee(Plain):
    """Whom grants let use a key: all those of one account, or of one principal whose account is not told.

    `account` "": the principal is a service of the provider's, or what is left of one that is gone.
    """

    principal: str  # the first one, by its name
    account: str = ""  # twelve digits
    operations: tuple[str, ...]  # of all its grants
    grants: int = 1  # how many

    def __post_init__(self) -> None:
        if not self.principal or self.grants < 1:
            raise ValueError("a grant is to somebody")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrants(Plain):
    """Whom else the key service lets use the key, beside its policy. SET without rows: nobody.

    NO_SWITCH: the provider's own key, on which nobody but the provider grants anything. A list that is SET and has a
    reason broke off: what came until then is told.
    """

    state: PartState
    grantees: tuple[KeyGrantee, ...] = ()
    reason: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        if self.state is not PartState.SET:
            _require_reason(self.state, self.reason, "list of grants")
        if self.state is PartState.ABSENT or (self.grantees and self.state is not PartState.SET):
            raise ValueError("grants that were seen stand in a list that was seen")


NEVER_ASKED = KeyGrants(state=PartState.UNSEEN, reason="not_observed", detail="an older version did not ask for grants")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketKey(Plain):
    """One key, as DescribeKey resolved it. `state` UNSEEN: all that is known is what `named` itself says.

    `account_from_name`: twelve digits of an ARN in `named`, "" where it is an id or an alias. An alias resolves in the
    account of whoever writes, so only the resolved `account` says whose key an alias is.
    """

    named: str  # as the default encryption has it: ARN, id or alias
    state: PartState
    arn: str = ""
    account: str = ""  # twelve digits
    manager: str = ""  # AWS, CUSTOMER
    key_state: str = ""  # Enabled, Disabled, PendingDeletion, PendingImport, …
    origin: str = ""  # AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE
    key_store: str = ""  # the custom key store that it lies in, cks-…; "": the key service's own
    external_key: str = ""  # its name in an external key store
    is_multi_region: bool | None = None
    rotation: KeyRotation
    policy: KeyPolicy
    grants: KeyGrants = NEVER_ASKED
    account_from_name: str = ""
    reason: str = ""
    detail: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        _require_reason(self.state, self.reason, "key")
        told = (self.arn, self.account, self.manager, self.key_state, self.origin)
        if not self.named or self.state not in (PartState.SET, PartState.UNSEEN):
            raise ValueError("a key that is named was told of, or not")
        if all(told) != (self.state is PartState.SET) or any(told) != all(told):
            raise ValueError("a key that was told of was told of whole, and no other was")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketKeys(Facts):
    """Each distinct key that the default encryption names. Empty: it was seen, and names none.

    (Encryption by `aws:kms` without a key's name uses the provider's own key of the account, which nobody else can.)
    """

    server: ServerKind
    keys: tuple[BucketKey, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if len({key.named for key in self.keys}) < len(self.keys):
            raise ValueError("a key is told of twice")
