"""`python -m tests.vm.record GUEST...`: what the program's own script reads there, to be judged without a guest.

One file a guest, with root's helper: what a plain user sees is the same without the sections of the helper.
"""

from __future__ import annotations

import sys

from auditor.model import Asset, Tier
from auditor.probes.server import helper_script
from auditor.reach import Reaches
from tests.vm.guests import AT, RECORDINGS, Guest, patient_script, running

WHOLE = b" END privileged rc=0\n"


def read(guest: Guest, user: str) -> bytes:
    """The answer as it came, with the marker of that run in it. Raises RuntimeError where the helper did not end."""
    address = f"ssh://{user}@127.0.0.1:{guest.port}"
    asset = Asset(id="guest", kind="server", address=address, system="", tiers=frozenset(Tier))
    text = Reaches(guest.access).of(asset).shell(patient_script(privileged=True)).whole().text
    if WHOLE not in text:
        raise RuntimeError(f"{guest.name}: root's helper did not end")
    return text


def record(name: str) -> None:
    with running(name) as guest:
        guest.run("root", f"cat >{AT} && chown 0:0 {AT} && chmod 755 {AT}", helper_script())
        (RECORDINGS / f"{name}.txt").write_bytes(read(guest, "auditor"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(name)
