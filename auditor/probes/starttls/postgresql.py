"""PostgreSQL's way to TLS ("Frontend/Backend Protocol", section "SSL Session Encryption"): SSLRequest, one byte."""

from __future__ import annotations

from auditor.facts.starttls import PortSoftware
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, not_spoken, put_off, too_early

SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)


class PostgresqlDialogue:
    """Which logins are taken without TLS depends on who comes from where (pg_hba.conf); nobody tells before a login."""

    def __init__(self) -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None

    def talk(self) -> Talk:
        answer = yield SSL_REQUEST
        self.software = PortSoftware.POSTGRESQL if answer[:1] in (b"N", b"S") else None
        match answer[:1]:
            case b"N":
                return NoTls("SSLRequest is answered with N")
            case b"E":
                raise put_off("SSLRequest is answered with an error")
            case b"S" if len(answer) > 1:
                raise too_early()
            case b"S":
                return Ready()
        raise not_spoken("an answer that is none to SSLRequest")
