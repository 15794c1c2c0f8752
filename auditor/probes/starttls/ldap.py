"""LDAP's way to TLS (RFC 4511 section 4.14): one extended request. Nobody binds, nothing is searched."""

from __future__ import annotations

from auditor.errors import Unreachable
from auditor.facts.starttls import PortSoftware
from auditor.model import Reason
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, not_spoken, put_off, too_early

OID = b"1.3.6.1.4.1.1466.20037"
# SEQUENCE { messageID 1, [APPLICATION 23] { [0] OID } } (section 4.12), and an unbind with messageID 2 (section 4.3).
REQUEST = bytes.fromhex("301d02010177188016") + OID
UNBIND = bytes.fromhex("30050201024200")
SUCCESS = 0
NO = {2: "protocolError", 53: "unwillingToPerform"}  # section 4.14.2: a server without TLS says protocolError
SEQUENCE, INTEGER, ENUMERATED, EXTENDED_RESPONSE = 0x30, 0x02, 0x0A, 0x78
LONGEST = 4_096


class LdapDialogue:
    """Whether a simple bind is taken without TLS, no server tells before one is tried."""

    def __init__(self) -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None

    def talk(self) -> Talk:
        held = bytearray()
        sending = REQUEST
        while (message := _first(bytes(held))) is None:
            if len(held) > LONGEST:
                raise Unreachable(Reason.TOO_LONG, f"an answer of more than {LONGEST} bytes")
            held += yield sending
            sending = b""
        body, rest = message
        code = _result_code(body)
        if code in NO:
            return NoTls(f"StartTLS is answered with {code} ({NO[code]})", UNBIND)
        if code != SUCCESS:
            raise put_off(f"StartTLS is answered with result code {code}")
        if rest:
            raise too_early()
        return Ready()


def _result_code(body: bytes) -> int:
    """Of the LDAPMessage that answers ours. Raises Unreachable for another one, and for what is none."""
    number, rest = _of(INTEGER, body)
    if number == b"\x00":  # section 4.4: the server says something unasked, which is that it hangs up
        raise put_off("the server ends the connection (notice of disconnection)")
    if number != b"\x01":
        raise not_spoken("an answer to another question")
    response, _ = _of(EXTENDED_RESPONSE, rest)
    code, _ = _of(ENUMERATED, response)
    if not 1 <= len(code) <= 4:
        raise not_spoken("a result code that is none")
    return int.from_bytes(code)


def _first(data: bytes) -> tuple[bytes, bytes] | None:
    """The content of the first message, and what follows it; None while it is not complete."""
    if not data:
        return None
    if data[0] != SEQUENCE:
        raise not_spoken("bytes that are no LDAP message")
    header = _header(data)
    if header is None:
        return None
    start, length = header
    if length > LONGEST:
        raise Unreachable(Reason.TOO_LONG, f"a message of {length} bytes")
    return None if len(data) < start + length else (data[start : start + length], data[start + length :])


def _of(tag: int, data: bytes) -> tuple[bytes, bytes]:
    """The content of one element with this tag, and what follows. Raises Unreachable(MALFORMED)."""
    header = _header(data)
    if data[:1] != bytes([tag]) or header is None or len(data) < sum(header):
        raise not_spoken("an LDAP message with other parts, or with lengths that lie")
    start, length = header
    return data[start : start + length], data[start + length :]


def _header(data: bytes) -> tuple[int, int] | None:
    """Where the content of an element begins, and its length (X.690 section 8.1.3); None: more bytes are needed."""
    if len(data) < 2:
        return None
    if data[1] < 0x80:
        return 2, data[1]
    size = data[1] & 0x7F
    if not 1 <= size <= 4:
        raise not_spoken("an LDAP message whose length cannot be read")
    return None if len(data) < 2 + size else (2 + size, int.from_bytes(data[2 : 2 + size]))
