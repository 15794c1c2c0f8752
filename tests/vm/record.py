"""`python -m tests.vm.record GUEST...`: what the program's own script reads there, to be judged without a guest."""

from __future__ import annotations

import sys

from auditor.model import Asset, Tier
from auditor.probes.server import collection_script, helper_script
from auditor.reach import Reaches
from tests.vm.guests import AT, RECORDINGS, Guest, running


def read(guest: Guest, user: str, *, privileged: bool) -> bytes:
    """The answer as it came, with the marker of that run in it."""
    address = f"ssh://{user}@127.0.0.1:{guest.port}"
    asset = Asset(id="guest", kind="server", address=address, system="", tiers=frozenset(Tier))
    return Reaches(guest.access).of(asset).shell(collection_script(privileged=privileged)).whole().text


def record(name: str) -> None:
    with running(name) as guest:
        guest.run("root", f"cat >{AT} && chown 0:0 {AT} && chmod 755 {AT}", helper_script())
        (RECORDINGS / f"{name}.txt").write_bytes(read(guest, "audit", privileged=False))
        (RECORDINGS / f"{name}-privileged.txt").write_bytes(read(guest, "auditor", privileged=True))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(name)
