"""Ours beside Prowler and ScoutSuite: one S3 server (moto), 200 buckets of 20 kinds, one run each, each a process.

The others are installed into environments of their own under build/ (with uv), or named:

    python -m bench.s3_peers [--buckets 200] [--prowler BIN/prowler] [--scout BIN/scout] [--verdicts FILE]

It wants root: it goes into a network namespace of its own first, so that nothing can leave. All ask over TLS: ours by
the names of AWS, theirs by the one address that they are given (`--plain`: theirs over HTTP). Python's byte code is
made beforehand, as an installation does: `uv` leaves it out unless it is told, and with PYTHONDONTWRITEBYTECODE set it
would be made anew at each start. `--verdicts` writes what each said of each kind of bucket, as Markdown.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.config import Config

from auditor.rig.authority import Authority
from auditor.rig.s3 import ACCESS_KEY, SECRET_KEY, s3_server
from auditor.rig.web import server_context
from bench.figures import Figure, show
from bench.s3_archetypes import ACCOUNT, ARCHETYPES, buckets, plant
from bench.s3_front import Front, front

INSIDE = "AUDITOR_BENCH_INSIDE"
BUILD = Path(__file__).parents[1] / "build" / "s3-peers"
REGION = "us-east-1"
PEERS = {"prowler": "prowler==5.46.0", "scout": "ScoutSuite==5.14.0"}
SERVICES = ("sts", "kms", f"{ACCOUNT}.s3-control")
Verdicts = Mapping[str, Mapping[str, str]]  # bucket → question → word


@dataclass(frozen=True)
class Cost:
    """What one process took. `asked`: requests that reached the server."""

    cpu_s: float
    wall_s: float
    rss_mib: float
    asked: int


@dataclass(frozen=True)
class Question:
    """One question, and the ids under which each answers it."""

    name: str
    ours: tuple[str, ...]
    prowler: tuple[str, ...]
    scout: tuple[str, ...]


QUESTIONS = (
    Question(
        "public by policy",
        ("bucket-public-policy",),
        ("s3_bucket_policy_public_write_access", "s3_bucket_public_access"),
        (
            "s3-bucket-world-policy-star",
            "s3-bucket-world-Get-policy",
            "s3-bucket-AllUsers-policy",
            "s3-bucket-world-policy-arbitrary",
        ),
    ),
    Question(
        "public by list",
        ("bucket-public-acl",),
        ("s3_bucket_public_list_acl",),
        ("s3-bucket-AllUsers-read", "s3-bucket-AuthenticatedUsers-read"),
    ),
    Question(
        "TLS only",
        ("bucket-plain-http",),
        ("s3_bucket_secure_transport_policy",),
        ("s3-bucket-allowing-cleartext",),
    ),
    Question("the city's own key", ("bucket-key-foreign", "bucket-no-customer-key"), ("s3_bucket_kms_encryption",), ()),
    Question("other accounts", ("bucket-shared-outside",), ("s3_bucket_cross_account_access",), ()),
)


def main() -> int:
    options = _options()
    if os.environ.get(INSIDE) != "1":
        for ours in ("auditor", "checks"):
            compileall.compile_dir(Path(__file__).parents[1] / ours, quiet=1)
        tools = {name: getattr(options, name) or _installed(name) for name in PEERS}
        again = [sys.executable, "-m", "bench.s3_peers", *sys.argv[1:]]
        again += [word for name, path in tools.items() for word in (f"--{name}", str(path))]
        command = ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh", *again]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode
    return show(_figures(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.s3_peers")
    parser.add_argument("--buckets", type=int, default=200)
    parser.add_argument("--prowler", type=Path)
    parser.add_argument("--scout", type=Path)
    parser.add_argument("--verdicts", type=Path)
    parser.add_argument("--only", choices=("ours", *PEERS), action="append")
    parser.add_argument("--without", action="append", default=[], help="a kind of bucket that is left out, like a18")
    parser.add_argument("--skip-denied", action="store_true")
    parser.add_argument("--plain", action="store_true", help="the others ask over plain HTTP")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _installed(name: str) -> Path:
    """A peer in an environment of its own, made where it is not there yet."""
    folder = BUILD / name
    if not (folder / "bin" / name).exists():
        subprocess.run(["uv", "venv", "-q", str(folder)], check=True)
        install = ["uv", "pip", "install", "-q", "--compile-bytecode", "--python", str(folder / "bin/python")]
        subprocess.run([*install, PEERS[name]], check=True)
    return folder / "bin" / name


def _figures(options: argparse.Namespace) -> Iterator[Figure]:
    names = {name: one for name, one in buckets(options.buckets).items() if one.name not in options.without}
    root = Authority.root()
    hosts = [f"{bucket}.{place}.amazonaws.com" for bucket in names for place in ("s3", f"s3.{REGION}")]
    leaf = root.leaf(
        f"*.s3.{REGION}.amazonaws.com", "*.s3.amazonaws.com", "s3.amazonaws.com", *_hosts(), addresses=["127.0.0.1"]
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        behind = stack.enter_context(s3_server())
        _plant_all(behind, names)
        (folder / "root.pem").write_bytes(root.pem)
        aws = stack.enter_context(front(behind, server_context(leaf.write(folder / "leaf.pem"))))
        theirs = stack.enter_context(front(behind)) if options.plain else aws
        _write_inventory(folder, names)
        port = aws.server_address[1]
        lines = [f"{host}:443 127.0.0.1:{port}" for host in (*hosts, "s3.amazonaws.com", *_hosts())]
        (folder / "connect-to").write_text("\n".join(lines))
        said: dict[str, Verdicts] = {}
        costs: dict[str, Cost] = {}
        runs: tuple[tuple[str, Callable[[], tuple[Cost, Verdicts]]], ...] = (
            ("ours", lambda: _ours(folder, aws)),
            ("prowler", lambda: _prowler(options.prowler, folder, theirs)),
            ("scout", lambda: _scout(options.scout, folder, theirs)),
        )
        asked = [(name, run) for name, run in runs if name in (options.only or ("ours", *PEERS))]
        for name, run in asked:
            costs[name], said[name] = run()
        yield from _costs(costs, len(names))
        if options.verdicts:
            options.verdicts.write_text(_table(said, names), encoding="utf-8")
        theirs.deny = aws.deny = True
        denied = {} if options.skip_denied else {name: run()[1] for name, run in asked}
        yield from _denied(denied, list(names))


def _hosts() -> list[str]:
    return [f"{service}.{REGION}.amazonaws.com" for service in ("s3", *SERVICES)] + ["sts.amazonaws.com"]


def _plant_all(url: str, names: Mapping[str, Any]) -> None:
    session = Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION)
    client = session.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}))
    for name, one in names.items():
        plant(client, name, one)
    client.close()


def _write_inventory(folder: Path, names: Mapping[str, Any]) -> None:
    assets = [{"id": name, "kind": "bucket", "name": name, "account": ACCOUNT} for name in names]
    said = {
        "schema": "inventory/v1",
        "organisation": {"id": "elm", "name": "Elm", "timezone": "UTC"},
        "scope": {"aws_accounts": [ACCOUNT], "aws_organisations": ["o-a1b2c3d4e5"]},
        "data_classes": {"record": {"tier": "confidential"}},
        "departments": [{"id": "it", "name": "Computing"}],
        "systems": [
            {
                "id": "s3",
                "name": "Storage",
                "department": "it",
                "owner": "it",
                "data_classes": ["record"],
                "assets": assets,
            }
        ],
    }
    (folder / "inventory.yaml").write_text(json.dumps(said))


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **more,
    }


def _run(command: Sequence[str], folder: Path, server: Front, **more: str) -> Cost:
    before, began = server.asked, time.monotonic()
    with (folder / "printed").open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(**more), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, server.asked - before)


def _ours(folder: Path, server: Front) -> tuple[Cost, Verdicts]:
    out = folder / "ours"
    shutil.rmtree(out, ignore_errors=True)
    words = [sys.executable, "-m", "auditor", "run", "inventory.yaml", "-q", "--out", str(out)]
    words += ["--store", str(out / "store"), "--connect-to", "connect-to", "--ca-file", "root.pem", "--exit-zero"]
    out.mkdir()
    cost = _run(words, folder, server, PYTHONPATH=str(Path(__file__).parents[1]))
    report = json.loads((out / "report.json").read_text())
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for row in report["findings"]:
        said[row["asset"].rpartition("/")[2]][row["check"]] = row["outcome"]
    return cost, said


def _leading_to(server: Front, folder: Path) -> dict[str, str]:
    """What leads the others' SDK to the server, and has it trust the certificate."""
    scheme = "https" if server.is_tls else "http"
    return {
        "AWS_ENDPOINT_URL": f"{scheme}://127.0.0.1:{server.server_address[1]}",
        "AWS_CA_BUNDLE": str(folder / "root.pem"),
    }


def _prowler(program: Path, folder: Path, server: Front) -> tuple[Cost, Verdicts]:
    out = folder / "prowler"
    shutil.rmtree(out, ignore_errors=True)
    words = [str(program), "aws", "-s", "s3", "--region", REGION, "-M", "csv", "-o", str(out), "--no-banner"]
    cost = _run(words, folder, server, **_leading_to(server, folder))
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for path in out.glob("*.csv"):
        with path.open(newline="") as rows:
            for row in csv.DictReader(rows, delimiter=";"):
                bucket = (row.get("RESOURCE_NAME") or row.get("RESOURCE_ID") or "").rpartition(":")[2]
                said[bucket][row["CHECK_ID"]] = row["STATUS"].lower()
    return cost, said


def _scout(program: Path, folder: Path, server: Front) -> tuple[Cost, Verdicts]:
    out = folder / "scout"
    shutil.rmtree(out, ignore_errors=True)
    words = [str(program), "aws", "--services", "s3", "--regions", REGION, "--no-browser", "--report-dir", str(out)]
    cost = _run(words, folder, server, **_leading_to(server, folder))
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for path in out.rglob("scoutsuite_results*.js"):
        service = json.loads(path.read_text().partition("\n")[2])["services"]["s3"]
        ids = {key: bucket["name"] for key, bucket in service.get("buckets", {}).items()}
        for rule, finding in service.get("findings", {}).items():
            flagged = {ids.get(part) for item in finding.get("items", []) for part in item.split(".")}
            for bucket in ids.values():
                said[bucket][rule] = "fail" if bucket in flagged else "pass"
    return cost, said


def _costs(costs: Mapping[str, Cost], count: int) -> Iterator[Figure]:
    for name, cost in costs.items():
        words = f"{cost.cpu_s:.1f} s CPU, {cost.wall_s:.0f} s, {cost.rss_mib:.0f} MiB, {cost.asked} requests"
        yield Figure(f"{name}: {count} buckets, one run", words)
    for name in [peer for peer in PEERS if {peer, "ours"} <= costs.keys()]:
        cpu, memory = costs["ours"].cpu_s / costs[name].cpu_s, costs["ours"].rss_mib / costs[name].rss_mib
        yield Figure(f"CPU seconds, share of {name}'s", f"{cpu:.3f}", "≤ 0.1", met=cpu <= 0.1)
        goal, met = ("≤ 0.25", memory <= 0.25) if name == "prowler" else ("", None)
        yield Figure(f"memory, share of {name}'s", f"{memory:.3f}", goal, met=met)


def _denied(said: Mapping[str, Verdicts], names: Sequence[str]) -> Iterator[Figure]:
    """Every read of a bucket is refused: what each says of the questions all the same."""
    for name, verdicts in said.items():
        counts: Counter[str] = Counter()
        for question in QUESTIONS:
            ids = getattr(question, name)
            for bucket in names if ids else ():
                counts[_word(verdicts.get(bucket, {}), ids)] += 1
        words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        met = not counts["pass"] and not counts["no row"] if name == "ours" else None
        yield Figure(f"{name}: all reads denied", words, "0 pass, 0 without a row" if name == "ours" else "", met=met)


def _word(said: Mapping[str, str], ids: Sequence[str]) -> str:
    words = [said[one] for one in ids if one in said]
    order = ("fail", "unknown", "manual", "pass", "not_applicable")
    return next((word for word in order if word in words), words[0] if words else "no row")


def _table(said: Mapping[str, Verdicts], names: Mapping[str, Any]) -> str:
    rows = ["| kind | what it is | question | ours | Prowler | ScoutSuite |", "|---|---|---|---|---|---|"]
    for one in ARCHETYPES:
        bucket = next((name for name, kind in names.items() if kind is one), "")
        if not bucket:
            continue
        for question in QUESTIONS:
            words = [_word(said.get(name, {}).get(bucket, {}), getattr(question, name)) for name in ("ours", *PEERS)]
            if not {"pass", "not_applicable", "no row"}.issuperset(words):
                rows.append(f"| {one.name} | {one.what} | {question.name} | {' | '.join(words)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
