"""The tests by name, and the order in which they are played: what they learn of the hello serves the next."""

from __future__ import annotations

import ipaddress
import json
import signal
import sys
import time

from . import early_ccs, heartbleed, padding, renegotiation, robot, ticketbleed
from .session import Session, Target

SCHEMA = "auditor/deep-tls/1"
TESTS = {
    "heartbleed": heartbleed.interview,
    "ccs": early_ccs.interview,
    "renegotiation": renegotiation.interview,
    "ticketbleed": ticketbleed.interview,
    "padding": padding.interview,
    "robot": robot.interview,
}


def main(arguments: list[str]) -> None:
    address, port, server_name, seconds, *asked = arguments
    signal.alarm(int(float(seconds)) + 10)  # should the parent be gone, nobody else would end this process
    from sslyze.__version__ import __version__  # noqa: PLC0415 - only the deep environment has it

    name = "" if _is_address(server_name) else server_name.encode("idna").decode("ascii")
    session = Session(Target(address, int(port), name, time.monotonic() + float(seconds)))
    for test, interview in TESTS.items():
        if test in asked or not asked:
            rows = [row.shape() for row in interview(session)]
            line = {"schema": SCHEMA, "tool": f"sslyze {__version__}", "test": test, "conversations": rows}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
