"""Which storage server answers, and what is known of its way with settings. Pure; knows no network.

On AWS a setting is kept; elsewhere it is so only as far as the register of known servers says. A server that the
register does not know keeps nothing that anybody could rely on.
"""

from __future__ import annotations

import re

from auditor.derive import Rows, Undecided, derive
from auditor.facts.storage import ServerKind
from auditor.facts.storage_effect import BucketServer, Keeps, ServerPromise
from auditor.model import Reason
from auditor.probe import Unseen
from auditor.registers import S3Server, s3_servers
from checks.derivations.weighing import told


@derive(reads=(BucketServer,), yields=ServerPromise)
def server_promise(facts: BucketServer) -> ServerPromise:
    """The first row of the register whose patterns all fit."""
    if facts.server is ServerKind.AWS:
        return ServerPromise(
            observed_at=facts.observed_at,
            server=facts.server,
            name="Amazon S3",
            own_key=Keeps.YES,
            named_key=Keeps.YES,
            restrict_public=Keeps.YES,
            ignore_acls=Keeps.YES,
            no_acls=Keeps.YES,
            expiry=Keeps.YES,
            policies=Keeps.YES,
            source="Amazon S3 User Guide",
        )
    known = next((row for row in s3_servers() if _is(row, facts)), None)
    keeps = known.keeps if known else {}
    return ServerPromise(
        observed_at=facts.observed_at,
        server=facts.server,
        name=known.name if known else "",
        own_key=Keeps(keeps.get("own_key", Keeps.UNKNOWN)),
        named_key=Keeps(keeps.get("named_key", Keeps.UNKNOWN)),
        restrict_public=Keeps(keeps.get("restrict_public", Keeps.UNKNOWN)),
        ignore_acls=Keeps(keeps.get("ignore_acls", Keeps.UNKNOWN)),
        no_acls=Keeps(keeps.get("no_acls", Keeps.UNKNOWN)),
        expiry=Keeps(keeps.get("expiry", Keeps.UNKNOWN)),
        policies=Keeps(keeps.get("policies", Keeps.UNKNOWN)),
        source=known.source if known else "",
    )


def why_not_kept(rows: Rows) -> str:
    """Why what a compatible server's policies forbid may be done all the same; "" where the register says that it is
    forbidden. Raises Undecided where nobody knows."""
    promise = told(rows, ServerPromise)
    if isinstance(promise, Unseen):
        raise Undecided(Reason.NOT_OBSERVED, "which server this is, and whether it does what its policies say")
    if promise.policies is Keeps.NO:
        return f"{promise.name} stores policies and does nothing of what they say"
    if promise.policies is not Keeps.YES:
        who = promise.name or "this server"
        raise Undecided(Reason.NOT_OBSERVED, f"whether {who} does what its policies say")
    return ""


def _is(row: S3Server, facts: BucketServer) -> bool:
    seen = {
        "header": facts.header,
        "request_id": facts.request_id,
        "root": facts.root,
        "code": facts.code,
        "message": facts.message,
        "owner": facts.owner,
    }
    return all(re.fullmatch(pattern, seen[sign]) for sign, pattern in row.signs.items())


DERIVATIONS = (server_promise,)
