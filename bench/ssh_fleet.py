"""A fleet of sshd, 20 ms away: what looking at it costs beside a bare loop of paramiko, and hostile servers in it.

The bare loop is what anybody would write: as many threads, for each host a connection with its key pinned, one login,
one exec of the same script, read to its end. Each round is a process of its own; ours and theirs take turns, and the
middle one counts. As root: `python -m bench.ssh_fleet` runs in a network namespace of its own.
"""

from __future__ import annotations

import argparse
import base64
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

import paramiko

from auditor import plugins
from auditor.engine import WORKERS, Threads
from auditor.model import Asset, Reason
from auditor.observe import observe
from auditor.probe import Seen, Unseen
from auditor.probes.server import ServerProbe, collection_script
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.ssh_replay import RECORDED_MARKER
from bench.delay_line import delay_line
from bench.figures import Figure, at_most, show
from bench.ssh_hostile import hostile_servers
from tests.rig.openssh import start_sshd

APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
HOSTS, ROUNDS, RTT_MS = 200, 3, 20
PORT = 2222
DEADLINE_S = 60.0  # of one host: the default
HOSTILE = 20
CPU_GOAL, WALL_GOAL, DEADLINES_GOAL, RSS_GOAL = 1.5, 1.2, 1.5, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Of one process. `good_s`: until the last good host was seen; `seen`: how many of them were."""

    wall_s: float
    cpu_s: float
    good_s: float
    seen: int
    rss_mib: float
    connections: int = 0


def figures(hosts: int, rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        sshd = held.enter_context(start_sshd(Path(folder) / "sshd", extra=fleet(Path(folder), hosts)))
        settings = Path(folder) / "settings.json"
        plan = {
            "hosts": hosts,
            "identity": str(sshd.identity),
            "host_key": sshd.host_keys["ed25519"],
            "user": sshd.user,
        }
        settings.write_text(json.dumps(plan))
        held.enter_context(delay_line(RTT_MS))
        taken: dict[str, list[Round]] = {"bare": [], "ours": [], "hostile": []}
        for _ in range(rounds):
            for name, rows in taken.items():
                rows.append(_round(name, settings))
    yield from _compared(hosts, **taken)


def fleet(folder: Path, hosts: int) -> str:
    """One sshd stands for all of them. It answers with a recording: two hundred times the script on this one machine
    would measure nothing but that."""
    recording = files("auditor.rig").joinpath("recordings", "luks.txt").read_bytes()
    found = RECORDED_MARKER.search(recording)
    assert found
    (folder / "recording").write_bytes(recording)
    answer = folder / "answer.sh"
    answer.write_text(
        f'cat > /dev/null; exec sed "s/{found[1].decode()}/${{SSH_ORIGINAL_COMMAND##* }}/g" {folder / "recording"}\n'
    )
    return f"MaxStartups {hosts * 2}\nListenAddress 0.0.0.0:{PORT}\nForceCommand /bin/sh {answer}"


def _compared(hosts: int, bare: list[Round], ours: list[Round], hostile: list[Round]) -> Iterator[Figure]:
    def middle(rows: list[Round], value: Callable[[Round], float]) -> float:
        return statistics.median(map(value, rows))

    cpu, cpu_bare = (middle(rows, lambda one: one.cpu_s) / hosts for rows in (ours, bare))
    wall, wall_bare = (middle(rows, lambda one: one.wall_s) for rows in (ours, bare))
    seen = min(one.seen for one in (*bare, *ours, *hostile))
    yield Figure(f"ssh: hosts seen, of {hosts}, in the worst round", str(seen), f"{hosts}", met=seen == hosts)
    yield at_most("ssh: connections per host", max(one.connections for one in ours) / hosts, 1, digits=2)
    yield Figure("ssh: client CPU per host, ours / bare", f"{cpu * 1000:.1f} / {cpu_bare * 1000:.1f} ms")
    yield at_most("ssh: client CPU ÷ bare paramiko", cpu / cpu_bare, CPU_GOAL, digits=2)
    yield Figure(f"ssh: wall of {hosts} hosts at {RTT_MS} ms, ours / bare", f"{wall:.1f} / {wall_bare:.1f} s")
    yield at_most("ssh: wall ÷ the bare loop", wall / wall_bare, WALL_GOAL, digits=2)
    more = (middle(hostile, lambda one: one.good_s) - middle(ours, lambda one: one.good_s)) / DEADLINE_S
    yield at_most(f"ssh: good hosts later for {HOSTILE} hostile ones, in deadlines", more, DEADLINES_GOAL, digits=2)
    rss = max(one.rss_mib for one in hostile)
    yield at_most("ssh: peak RSS with hostile ones", rss, RSS_GOAL, " MiB")
    yield Figure(
        "ssh: peak RSS, ours / bare", " / ".join(f"{max(r.rss_mib for r in x):.0f}" for x in (ours, bare)) + " MiB"
    )


def _round(name: str, settings: Path) -> Round:
    with ExitStack() as held:
        others = held.enter_context(hostile_servers(HOSTILE, settings)) if name == "hostile" else ()
        command = [sys.executable, "-m", "bench.ssh_fleet", "--one", name, "--settings", str(settings), *others]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    row = Round(**json.loads(done.stdout))
    print(f"{name}: {row}", file=sys.stderr, flush=True)
    return row


# --- one round, in a process of its own ------------------------------------------------------------------------------


def one(name: str, settings: Path, others: list[str]) -> Round:
    """Loading what either of them needs is done before the clock runs: a fleet is looked at by one process."""
    plan = json.loads(settings.read_text())
    places = [(f"127.0.1.{number}", PORT) for number in range(1, plan["hosts"] + 1)]
    parts = replace(plugins.load(), probes=(ServerProbe(),))
    started, cpu = time.perf_counter(), time.process_time()
    seen, connections = bare(places, plan) if name == "bare" else ours(places, plan, others, parts)
    wall, used = time.perf_counter() - started, time.process_time() - cpu
    return Round(
        wall_s=wall,
        cpu_s=used,
        good_s=max((moment - started for moment in seen), default=0.0),
        seen=len(seen),
        rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        connections=connections,
    )


def ours(
    places: list[tuple[str, int]], plan: dict[str, str], others: list[str], parts: plugins.Parts
) -> tuple[list[float], int]:
    """When each good host was seen, and how many connections that took."""
    good = [_asset(f"{host}:{port}", plan) for host, port in places]
    bad = [_asset(f"hostile{port}.example:22", plan) for port in others]
    lead = {(f"hostile{port}.example", 22): (Target("127.0.0.1", int(port)),) for port in others}
    limits = Limits(shell_s=DEADLINE_S, host_s=2 * DEADLINE_S)
    identity = Path(plan["identity"])
    reaches = Reaches(Access(identity_file=identity, use_agent=False, limits=limits, connect_to=lead))
    names, seen = {asset.id for asset in good}, list[float]()
    for look in observe(_among(bad, good), parts, reaches, engine=Threads()):
        if look.asset.id in names and all(map(_is_answered, look.sights)):
            seen.append(time.perf_counter())
    return seen, sum(reaches.connections_to(host) for host, _ in places)


def _is_answered(sight: Seen | Unseen) -> bool:
    """Root's facts are not asked here."""
    return isinstance(sight, Seen) or sight.reason is Reason.LEFT_OUT


def _among(bad: list[Asset], good: list[Asset]) -> Iterator[Asset]:
    """The hostile ones evenly spread, the first of them first."""
    every = len(good) // max(1, len(bad)) or 1
    for number, asset in enumerate(good):
        if number % every == 0:
            yield from bad[number // every : number // every + 1]
        yield asset


def _asset(place: str, plan: dict[str, str]) -> Asset:
    address = f"ssh://{plan['user']}@{place}"
    return Asset(id=place, kind="server", address=address, system="bench", host_key=plan["host_key"])


def bare(places: list[tuple[str, int]], plan: dict[str, str]) -> tuple[list[float], int]:
    script = collection_script()
    kind, key = plan["host_key"].split()
    pinned = paramiko.PKey.from_type_string(kind, base64.b64decode(key))
    seen, lock = list[float](), threading.Lock()

    def look(place: tuple[str, int]) -> None:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.get_host_keys().add(f"[{place[0]}]:{place[1]}", kind, pinned)
        client.connect(
            *place, username=plan["user"], key_filename=plan["identity"], allow_agent=False, look_for_keys=False
        )
        try:
            stdin, stdout, _ = client.exec_command("/bin/sh -s 0123456789abcdef")
            stdin.write(script)
            stdin.channel.shutdown_write()
            text = stdout.read()
            if stdout.channel.recv_exit_status() == 0 and text.rstrip().endswith(b"DONE"):
                with lock:
                    seen.append(time.perf_counter())
        finally:
            client.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(look, places))
    return seen, len(places)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--one", choices=["ours", "bare", "hostile"])
    parser.add_argument("--settings", type=Path)
    parser.add_argument("others", nargs="*")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(asdict(one(given.one, given.settings, given.others))))
        return 0
    if not given.inside:
        words = [*sys.argv[1:], "--inside"]
        return subprocess.run([*APART, sys.executable, "-m", "bench.ssh_fleet", *words], check=False).returncode
    return show(figures(given.hosts, given.rounds))


if __name__ == "__main__":
    sys.exit(main())
