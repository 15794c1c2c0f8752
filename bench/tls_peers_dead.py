"""Hosts that take a connection and never say anything useful: when does our scan end, and what does it leave behind?

Goal: a reason for every type of facts within 15 seconds, and neither a thread nor a socket left. sslyze took 56 seconds
for the silent one and never ended with the dripping one, with its own timeouts of 5 seconds, when it was measured last.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from auditor.facts.base import Facts
from auditor.model import Asset, Tier
from auditor.observe import observe
from auditor.probe import Unseen
from auditor.reach import Access, Reaches, Target
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip, Hang, Reply
from auditor.together import Probes
from bench.figures import Figure, show
from bench.tls_peers_ours import Chosen

HOST = "host.example"
MOST_S = 15.0
HELD_S = 1.0  # a thread that is about to end, and a socket that it closes, get this long
# The beginning of a ServerHello in a record of a length that is allowed: nothing is wrong with it but its pace.
HOSTS: Mapping[str, Reply] = {
    "silent": Hang(),
    "dripping": Drip(data=bytes.fromhex("160303400002003ffc0303") + bytes(4096), every_s=2.0),
}
MODES = {
    "tls": "the TLS probe alone",
    "same": "the TLS probe and the certificate",
    "nightly": "every nightly web probe",
}


def figures() -> Iterator[Figure]:
    """Each look in a process of its own, all at once: they do nothing but wait."""
    command = [sys.executable, "-m", "bench.tls_peers_dead"]
    looks = [
        subprocess.Popen([*command, mode, name], stdout=subprocess.PIPE, text=True) for mode in MODES for name in HOSTS
    ]
    for look in looks:
        printed, _ = look.communicate()
        yield Figure(**json.loads(printed))


def figure(label: str, reply: Reply, probes: Probes) -> Figure:
    """One look at a host whose every port answers so."""
    asset = Asset(id="web", kind="web", address=f"https://{HOST}/", system="bench")
    with Listener(lambda connection, _: reply.play(connection)) as server:
        places = {(HOST, port): (Target("127.0.0.1", server.port),) for port in (443, 80)}
        threads, began = set(threading.enumerate()), time.monotonic()
        (look,) = observe([asset], probes, Reaches(Access(connect_to=places)), tiers=frozenset({Tier.NIGHTLY}))
        seconds = time.monotonic() - began
        left = left_behind(threads, server.port)
    wanted = {kind for probe in probes.probes_for(asset) for kind in probe.yields}
    without = wanted - _with_reason(look.sights)
    words = f"{seconds:.1f} s, {server.connections} connections, {left} left behind"
    if without:
        words += f", no reason for {', '.join(sorted(kind.__name__ for kind in without))}"
    met = seconds <= MOST_S and not left and not without
    return Figure(label, words, f"a reason within {MOST_S:g} s, 0 threads and sockets left", met=met)


def _with_reason(sights: tuple[object, ...]) -> set[type[Facts]]:
    return {one.facts_type for one in sights if isinstance(one, Unseen)}


def left_behind(threads: set[threading.Thread], port: int) -> int:
    """Threads of ours that were not there before, and sockets of ours that still lead to the server."""
    until = time.monotonic() + HELD_S
    while (left := _threads(threads) + _sockets_to(port)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _threads(before: set[threading.Thread]) -> int:
    """The listener's own threads are named after its connections."""
    return sum(not thread.name.startswith("connection-") for thread in set(threading.enumerate()) - before)


def _sockets_to(port: int) -> int:
    """Sockets of this process whose far end is `port`, by the kernel's table (proc(5), /proc/net/tcp)."""
    ours = {str(Path(entry).readlink()) for entry in Path("/proc/self/fd").iterdir() if _is_socket(entry)}
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[2].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in ours for row in rows)


def _is_socket(entry: Path) -> bool:
    try:
        return entry.is_socket()
    except OSError:  # the descriptor that lists the folder is gone by now
        return False


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in MODES:
        mode, name = sys.argv[1:]
        print(json.dumps(asdict(figure(f"{name} host, {MODES[mode]}", HOSTS[name], Chosen(mode)))))
    else:
        sys.exit(show(figures()))
