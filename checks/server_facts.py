"""What the audit of a server could read: the row that every report of a server has, with the script that was run."""

from __future__ import annotations

from auditor.check import LOW, check, failed, passed
from auditor.facts.linux_server import ServerSources
from auditor.facts.server import Section, SectionState
from auditor.model import Evidence, Verdict
from checks.counted import counted

# crypttab is root's own on many systems, ZFS, bcache and lsblk are not everywhere: that is shown, and no fault.
MAY_BE_CLOSED = frozenset({"crypttab"})
BROKEN = (SectionState.DENIED, SectionState.FAILED, SectionState.TIMED_OUT, SectionState.TRUNCATED)


@check("server-facts-incomplete", reads=ServerSources, severity=LOW, effort=1, controls=("NIST SP 800-53r5 CA-7",))
def server_facts_incomplete(facts: ServerSources) -> Verdict:
    """Part of what the audit asks a server for could not be read.

    Why: What was not read is not known to be good. Checks that need it say so one by one; this row names the sources.
    Fix: Log in as the audit's user and run what the row names. A file or tool that is denied: grant it to that user, or
        install the helper for root's facts (`docs/servers.md`). One that fails or hangs: see to it on the server.
    """
    broken = [one for one in facts.sections if one.state in BROKEN and one.name not in MAY_BE_CLOSED]
    helper = f"helper sha256:{facts.helper}" if facts.helper else "not read"
    about = (
        Evidence("script that was run", f"sha256:{facts.script}", "the script of this release"),
        Evidence("root's facts", helper, "where the inventory grants them"),
        Evidence("virtualisation", facts.virtualisation or "not told", "for information"),
    )
    others = [
        one for one in facts.sections if one.state in (SectionState.ABSENT, SectionState.DENIED) and one not in broken
    ]
    absent = Evidence("not there, or closed", ", ".join(one.name for one in others) or "nothing", "for information")
    if broken:
        return failed(
            f"{counted(len(broken), 'source could', 'sources could')} not be read.", *map(_row, broken), *about, absent
        )
    return passed("Every source that is there was read to its end.", *about, absent)


def _row(section: Section) -> Evidence:
    return Evidence(f"section {section.name}", section.state.value, "read to its end")


CHECKS = (server_facts_incomplete,)
