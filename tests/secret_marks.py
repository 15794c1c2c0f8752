"""The marked secrets of a town, and what is evidence there: where each may be written, and why."""

from __future__ import annotations

from dataclasses import dataclass

from tests.marked import Mark


def mark(word: str) -> Mark:
    """Both ends are its own, and some characters are written otherwise in URLs."""
    return Mark(f"{word}+ZQ/7={word[::-1]}")


# What opens something, or is meant for one pair of eyes: nowhere, in no form.
SECRET = {
    "AWS key id": Mark("AKIAZQ7MARKEDKEYID99"),
    "AWS secret key": mark("awssecretkey"),
    "AWS session token": Mark("FwoGZXIvZQ7/session+token" + "q9X/+" * 60 + "token+noisses=="),
    "secret of an AWS profile": mark("awsprofile"),
    "password of a proxy": mark("proxypass"),
    "password in ~/.netrc": mark("netrcpass"),
    "what SSH_ASKPASS says": mark("askpass"),
    "passphrase of a key": mark("passphrase"),
    "password in PGPASSWORD": mark("pgpassword"),
    "token in a typed target": Mark("typedZQ7-token-nekot-7QZdepyt"),
    "cookie": mark("cookie"),
    "Authorization header": mark("bearer"),
    "X-Api-Key header": mark("apikey"),
    "Server header": mark("serverheader"),
    "realm of a login": mark("realmoflogin"),
    "status line": mark("statusline"),
    "malformed header": mark("malformed"),
    "page": mark("pagebody"),
    "social security number": Mark("SSN-078-05-1120"),
    "query of a redirect": Mark("queryZQ7-redirect-tcerider-7QZyreuq"),
    "fragment of a redirect": Mark("fragmentZQ7-redirect-tcerider-7QZtnemgarf"),
    "user of a redirect": Mark("userZQ7-redirect-tcerider-7QZresu"),
    "password of a redirect": Mark("passZQ7-redirect-tcerider-7QZssap"),
    "session in a path": Mark("sessionZQ7-path-htap-7QZnoisses"),
    "address of a mailto redirect": Mark("mailtoZQ7-jane.enaj-7QZotliam"),
    "code of a redirect to an app": Mark("appcodeZQ7-edocppa"),
    "query of the address of an issuer": Mark("issuerZQ7-query-yreuq-7QZreussi"),
    "SSH version": Mark("sshversionZQ7_noisrevhss"),
    "SSH banner": mark("sshbanner"),
    "greeting of a login": mark("greeting"),
    "error output of a login": mark("erroroutput"),
    "password of a mount": Mark("mountZQ7-password-drowssap-7QZtnuom"),
    "section that nobody reads": mark("fstabsection"),
    "body of an S3 error": mark("s3errorbody"),
    "name of an S3 grantee": mark("s3grantee"),
    "header of an S3 answer": mark("s3header"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text that may be written, where, and why."""

    mark: Mark
    where: frozenset[str]
    why: str


SHOWN = frozenset({"table", "JSON", "report", "shown later", "state"})
KEPT = frozenset({"state"})
EVIDENCE = {
    "subject of a certificate": Evidence(
        Mark("subjectZQ7-certificate-7QZtcejbus"), SHOWN, "public by its nature; it says whose certificate is at fault"
    ),
    "name in a certificate": Evidence(
        Mark("namezq7-of-a-certificate-7qzeman.example"),
        SHOWN,
        "public by its nature; it says why the name does not fit",
    ),
    "HSTS header": Evidence(Mark("hstsZQ7-directive-7QZstsh-h"), SHOWN, "the fault is in its very characters"),
    "path of a redirect": Evidence(
        Mark("pathZQ7-redirect-7QZhtap-p"), SHOWN, "where content is served over http has to be found again"
    ),
    "mount": Evidence(Mark("dirZQ7-of-a-mount-7QZrid"), SHOWN, "the disk at fault has to be found again"),
    "policy": Evidence(Mark("sidZQ7-statement-7QZdis-s"), SHOWN, "the statement at fault has to be found again"),
    "condition of a policy": Evidence(
        Mark("refererZQ7-condition-7QZrerefer"), KEPT, "a policy is judged again only if it is kept whole"
    ),
    "tag": Evidence(
        Mark("tagZQ7-bucket-7QZgat-bucket"), KEPT, "kept as it was seen; no rule reads it, so nothing shows it"
    ),
    "id of an S3 grantee": Evidence(Mark("idZQ7-grantee-7QZdi-grantee"), KEPT, "whom a list lets in is what is judged"),
    "id of an S3 request": Evidence(
        Mark("reqidZQ7-call-7QZdiqer"),
        KEPT | {"shown later"},  # `auditor explain` shows the facts
        "the provider's support finds the call by it",
    ),
}


def secret(name: str) -> str:
    return SECRET[name].text


def evidence(name: str) -> str:
    return EVIDENCE[name].mark.text
