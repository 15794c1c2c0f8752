"""Reads what the program of the deep environment prints: one line of JSON for each test that it played to its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from auditor.facts.base import target_text
from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.records import dataclass

SCHEMA = "auditor/deep-tls/1"
VERSIONS = {
    "SSL_3_0": TlsVersion.SSL3,
    "TLS_1_0": TlsVersion.TLS10,
    "TLS_1_1": TlsVersion.TLS11,
    "TLS_1_2": TlsVersion.TLS12,
}
VERSION_DECLINED = "version_declined"  # no word of the program: our own hellos settled it
MOST_HANDSHAKES = 100  # within one connection: no program of ours asks for so many


class Attack(StrEnum):
    """An attack by the name that the program knows, in the order in which it is played."""

    HEARTBLEED = "heartbleed"
    CCS = "ccs"
    RENEGOTIATION = "renegotiation"
    TICKETBLEED = "ticketbleed"
    PADDING = "padding"
    ROBOT = "robot"


# Words of conversations in which nothing was learned, and why.
LESSONS: Mapping[str, Reason] = MappingProxyType(
    {
        "silent": Reason.TIMEOUT,
        "stalled": Reason.TIMEOUT,
        "cut": Reason.CLOSED,
        "hung_up": Reason.CLOSED,
        "reset": Reason.RESET,
        "not_tls": Reason.NOT_TLS,
        "broken_off": Reason.TLS_FAILED,
        "unfinished": Reason.TLS_FAILED,
        "swallowed": Reason.TLS_FAILED,
        "talked": Reason.TLS_FAILED,
        "client_certificate": Reason.NO_CREDENTIAL,
        "no_rsa": Reason.MALFORMED,
        "odd_id": Reason.MALFORMED,
        "deadline": Reason.DEADLINE,
        "budget": Reason.BUDGET,
        **{
            f"unopened {reason.word}": reason for reason in Reason
        },  # the connection could not be made, or not brought to TLS
    }
)
TOLD = (
    "leaked",
    "decrypted",
    "alert",
    "ignored",
    "closed",
    "accepted",
    "limited",
    "waited",
    "data",
    "echoed",
    "no_ticket",
    "declined",
)
WORDS = frozenset({*TOLD, *LESSONS, "open", "flight", "refused", "other_version"})
FLAWS = ("WRONG_MAC", "WRONG_PADDING", "NO_ROOM", "ALL_PADDING", "EMPTY_WRONG_MAC")
PAYLOADS = ("VALID", "WRONG_FIRST_TWO_BYTES", "WRONG_POSITION_00", "NO_00_IN_THE_MIDDLE", "WRONG_VERSION_NUMBER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One connection of the program: the version it asked for, its word for what came, and what belongs to the word.

    `without_ccs`: the record alone. `flaw`: what is wrong with the record. `payload`, `finished`: which secret in which
    flow. `accepted` of `asked` further handshakes; `is_bound`: by RFC 5746.
    """

    version: TlsVersion
    answer: str
    alert: int | None = None
    without_ccs: bool = False
    flaw: str = ""
    payload: str = ""
    finished: bool = False
    accepted: int = 0
    asked: int = 0
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """What the program says of one test: its own name and version, and its conversations in order."""

    tool: str
    conversations: tuple[Conversation, ...]


def parse_lines(raw: bytes) -> dict[Attack, Played]:
    """The tests that were played to their end. A line of another shape than the program writes is none."""
    found: dict[Attack, Played] = {}
    for line in raw.split(b"\n"):
        try:
            document: object = json.loads(line)
        except (ValueError, RecursionError):
            continue
        match document:
            case {"schema": str(schema), "tool": str(tool), "test": str(test), "conversations": list(rows)} if (
                schema == SCHEMA and tool and rows and test in tuple(Attack)
            ):
                read = [_conversation(row) for row in rows]
                known = tuple(one for one in read if one is not None)
                if len(known) == len(rows):
                    found.setdefault(Attack(test), Played(target_text(tool, 80), known))
    return found


def _conversation(row: object) -> Conversation | None:
    """None for a row of another shape than the program writes, or with a word that it does not know."""
    match row:
        case {"version": str(version), "answer": str(answer), **more} if version in VERSIONS and answer in WORDS:
            payload = more.get("payload", "")
            flaw = more.get("flaw", "")
            if (payload and payload not in PAYLOADS) or (flaw and flaw not in FLAWS):
                return None
            return Conversation(
                version=VERSIONS[version],
                answer=answer,
                alert=_number(more.get("alert"), 255),
                without_ccs=more.get("without_ccs") is True,
                flaw=str(flaw),
                payload=str(payload),
                finished=more.get("finished") is True,
                accepted=_number(more.get("accepted"), MOST_HANDSHAKES) or 0,
                asked=_number(more.get("asked"), MOST_HANDSHAKES) or 0,
                is_bound=more.get("secure") is True,
            )
    return None


def _number(value: object, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None
