"""What the actions of a statement let somebody do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from auditor.facts.storage_exposure import CHANGES, AccessClass
from checks.derivations.policies.grammar import Statement
from checks.derivations.policies.patterns import matches

Examples = Mapping[AccessClass, tuple[str, ...]]

# Actions that stand for a class (Service Authorization Reference, Amazon S3).
S3: Examples = {
    AccessClass.READ: ("getobject", "getobjectversion", "getobjecttorrent", "getobjectacl", "getobjecttagging"),
    AccessClass.LIST: ("listbucket", "listbucketversions", "listbucketmultipartuploads", "listmultipartuploadparts"),
    AccessClass.WRITE: (
        "putobject",
        "putobjectacl",
        "putobjectversionacl",
        "putobjecttagging",
        "putobjectretention",
        "putobjectlegalhold",
        "deleteobject",
        "deleteobjectversion",
        "deleteobjecttagging",
        "restoreobject",
        "replicateobject",
        "replicatedelete",
        "abortmultipartupload",
        "bypassgovernanceretention",
        "updateobjectencryption",
        "objectowneroverridetobucketowner",
    ),
    AccessClass.ADMIN: (
        "putbucketpolicy",
        "putbucketacl",
        "putbucketpublicaccessblock",
        "putbucketownershipcontrols",
        "putbucketversioning",
        "putbucketlogging",
        "putbucketnotification",
        "putbucketwebsite",
        "putbuckettagging",
        "putbucketcors",
        "putbucketobjectlockconfiguration",
        "putencryptionconfiguration",
        "putlifecycleconfiguration",
        "putreplicationconfiguration",
        "putinventoryconfiguration",
        "deletebucket",
        "deletebucketpolicy",
        "deletebucketwebsite",
    ),
}
# Verbs that change something: an action that is not listed above and starts so is not harmless.
CHANGING = ("put", "delete", "create", "update", "replicate", "restore", "bypass", "abort", "initiate")
# What a key policy can give (Service Authorization Reference, AWS Key Management Service).
KMS: Examples = {
    AccessClass.READ: ("decrypt", "reencryptfrom", "derivesharedsecret"),
    AccessClass.LIST: ("listgrants", "listkeypolicies", "getkeypolicy"),
    AccessClass.WRITE: ("encrypt", "generatedatakey", "generatedatakeywithoutplaintext", "reencryptto", "sign"),
    AccessClass.ADMIN: (
        "putkeypolicy",
        "creategrant",
        "retiregrant",
        "revokegrant",
        "disablekey",
        "enablekey",
        "schedulekeydeletion",
        "cancelkeydeletion",
        "deleteimportedkeymaterial",
        "importkeymaterial",
        "disablekeyrotation",
        "enablekeyrotation",
        "updatealias",
        "replicatekey",
    ),
}
SERVICES: Mapping[str, Examples] = {"s3": S3, "kms": KMS}


def access_of(statement: Statement, service: str) -> frozenset[AccessClass]:
    """What the statement's actions let somebody do. NotAction leaves every class open that it does not close whole."""
    return frozenset(AccessClass) if statement.all_but_actions else _classes(statement.actions, service)


@lru_cache(maxsize=256)  # thousands of buckets share a few lists of actions
def _classes(actions: tuple[str, ...], service: str) -> frozenset[AccessClass]:
    found = {
        name
        for name, examples in SERVICES[service].items()
        if any(matches(pattern, f"{service}:{action}") for action in examples for pattern in actions)
    }
    if not found & CHANGES and any(_verb(action).startswith(CHANGING) for action in actions):
        found.add(AccessClass.WRITE)
    return frozenset(found) or frozenset({AccessClass.OTHER})


def _verb(action: str) -> str:
    return action.partition(":")[2]
