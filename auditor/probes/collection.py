"""The framed answer of the collection script, cut into its sections. Knows no content of any section."""

from __future__ import annotations

import re
from collections.abc import Iterable

from auditor.facts.server import SectionState
from auditor.records import dataclass

SECTION_LIMIT = 1_048_576  # bytes; the script cuts there too
SECTION_NAME = re.compile(rb"[a-z0-9_]{1,32}")
STATES = {
    b"0": SectionState.SEEN,
    b"ran": SectionState.SEEN,  # older collections say so
    b"126": SectionState.DENIED,
    b"denied": SectionState.DENIED,
    b"127": SectionState.ABSENT,
    b"absent": SectionState.ABSENT,
    b"124": SectionState.TIMED_OUT,  # timeout(1)
}


@dataclass(frozen=True, slots=True)
class Collected:
    """One section: how its reading ended, and what was read (empty unless SEEN or TRUNCATED)."""

    state: SectionState
    body: bytes = b""

    @property
    def lines(self) -> tuple[bytes, ...]:
        """Its whole lines that hold something: the last one of a truncated section may be half a line."""
        lines = self.body.split(b"\n")
        whole = lines[:-1] if self.state is SectionState.TRUNCATED else lines
        return tuple(line for line in whole if line.strip())


def sections(output: bytes, marker: str) -> dict[str, Collected]:
    """Cut a script's output at the lines `MARKER BEGIN name` and `MARKER END name rc=…`.

    What comes before the first frame (a login's greeting) is dropped. A section without its END line is TRUNCATED;
    one that comes twice is FAILED, since only one of the two can be the script's.
    """
    found: dict[str, Collected] = {}
    for name, section in _frames(output, marker.encode()):
        found[name] = Collected(SectionState.FAILED) if name in found else section
    return found


def _frames(output: bytes, marker: bytes) -> Iterable[tuple[str, Collected]]:
    """Only lines that begin with the marker are looked at one by one: there are a thousand others."""
    name, start = b"", 0
    for line in re.finditer(rb"^%b[^\n]*" % re.escape(marker), output, re.MULTILINE):
        verb, subject, code = _frame_line(line[0], marker)
        if not verb:
            continue
        if name:
            ended = verb == b"END" and subject == name
            state = STATES.get(code, SectionState.FAILED) if ended else None
            yield name.decode(), _collected(output[start : line.start() - 1], state)
        name, start = (subject if verb == b"BEGIN" else b""), line.end() + 1
    if name:
        yield name.decode(), _collected(output[start:], None)


def _frame_line(line: bytes, marker: bytes) -> tuple[bytes, bytes, bytes]:
    """(BEGIN, name, ""), (END, name, code) or (DONE, "", ""); empty strings for any other line."""
    words = line.rstrip(b"\r").split(b" ")
    if words[0] != marker:
        return b"", b"", b""
    match words[1:]:
        case [b"BEGIN", name] if SECTION_NAME.fullmatch(name):
            return b"BEGIN", name, b""
        case [b"END", name, code] if code.startswith(b"rc="):
            return b"END", name, code.removeprefix(b"rc=")
        case [b"DONE"]:
            return b"DONE", b"", b""
    return b"", b"", b""


def _collected(content: bytes, state: SectionState | None) -> Collected:
    """`state` None: the section's END never came."""
    if state is None or len(content) > SECTION_LIMIT:
        return Collected(SectionState.TRUNCATED, content[:SECTION_LIMIT])
    return Collected(state, content if state is SectionState.SEEN else b"")
