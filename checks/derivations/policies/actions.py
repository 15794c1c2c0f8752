"""What the actions of a statement let somebody do. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.facts.storage import CHANGES, AccessClass
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
    if statement.all_but_actions:
        return frozenset(AccessClass)
    examples = SERVICES[service]
    found = {name for name, of_class in examples.items() for action in of_class if _grants(statement, service, action)}
    if not found & CHANGES and any(_verb(action).startswith(CHANGING) for action in statement.actions):
        found.add(AccessClass.WRITE)
    return frozenset(found) or frozenset({AccessClass.OTHER})


def _grants(statement: Statement, service: str, action: str) -> bool:
    return any(matches(pattern, f"{service}:{action}") for pattern in statement.actions)


def _verb(action: str) -> str:
    return action.partition(":")[2]
