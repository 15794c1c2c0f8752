"""What keeping costs a run, as a share of its CPU: of a second night, when everything is known already.

Looking is measured with the real probes against a listener of the rig that plays many hosts; judging, reporting and
keeping with the same facts, simulated for 2,000 assets (`simulated_web`). Each is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, at_most, show

LOOKED_AT, SIMULATED = 100, 2_000
GOAL = 20.0  # percent


def figures() -> Iterator[Figure]:
    looking = measured("looking", LOOKED_AT)["looking"] / LOOKED_AT
    found = measured("nights", SIMULATED)
    judging, keeping = found["judging"] / SIMULATED, (found["kept"] - found["judging"]) / SIMULATED
    share = 100 * keeping / (looking + judging + keeping)
    yield Figure("keeping: looking at a web service", f"{1000 * looking:.1f} ms of CPU")
    yield Figure("keeping: judging and reporting it", f"{1000 * judging:.1f} ms of CPU")
    yield Figure("keeping: keeping it, on a second night", f"{1000 * keeping:.1f} ms of CPU")
    yield at_most("keeping: share of the run", share, GOAL, " %", digits=1)


def measured(what: str, assets: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.keeping", what, str(assets), folder]
        return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))


def looking(assets: int, folder: Path) -> dict[str, float]:
    """CPU seconds of this process for looking at so many hosts; another process plays them."""
    from auditor import plugins
    from auditor.model import Asset
    from auditor.observe import observe
    from auditor.probe import Unseen
    from auditor.reach import Access, Reaches, read_connect_to

    command = [sys.executable, "-m", "bench.keeping", "serve", str(assets), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        server.stdout.readline()
        access = Access(connect_to=read_connect_to(folder / "connect-to"), ca_file=folder / "roots.pem")
        targets = [
            Asset(id=f"s/{name}", kind="web", address=f"https://{name}.city.example/", system="s")
            for name in range(assets)
        ]
        parts, before = plugins.load(), _cpu()
        looks = list(observe(targets, parts, Reaches(access)))
        used = _cpu() - before
        server.communicate()
    if any(isinstance(sight, Unseen) for look in looks for sight in look.sights):
        raise RuntimeError("the rig was not seen whole")
    return {"looking": used}


def serve(assets: int, folder: Path) -> None:
    """Play many hosts with one listener for HTTPS and one for HTTP, until standard input ends."""
    from auditor.rig.authority import Authority
    from auditor.rig.web import Site, server_context, web_listener

    root = Authority.root()
    (folder / "roots.pem").write_bytes(root.pem)
    leaf = root.intermediate().leaf("*.city.example").write(folder / "leaf.pem")
    redirects = {"*": (301, "https://city.example/")}
    hsts = Site(hsts="max-age=31536000")
    with web_listener(hsts, server_context(leaf)) as https, web_listener(Site(redirects=redirects)) as http:
        places = [
            f"{name}.city.example:{port} 127.0.0.1:{listener.port}\n"
            for name in range(assets)
            for port, listener in ((443, https), (80, http))
        ]
        (folder / "connect-to").write_text("".join(places))
        print("ready", flush=True)
        sys.stdin.read()


def two_nights(assets: int, folder: Path) -> dict[str, float]:
    """CPU seconds of a night that keeps nothing, and of a second night that is kept."""
    from bench.years import Village

    village = Village(assets, folder)
    village.unkept_night()
    before = _cpu()
    village.unkept_night()
    judging = _cpu() - before
    village.night()
    before = _cpu()
    village.night()
    return {"judging": judging, "kept": _cpu() - before}


def _cpu() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["looking", assets, folder]:
            print(json.dumps(looking(int(assets), Path(folder))))
        case ["serve", assets, folder]:
            serve(int(assets), Path(folder))
        case ["nights", assets, folder]:
            print(json.dumps(two_nights(int(assets), Path(folder))))
        case _:
            sys.exit(show(figures()))
