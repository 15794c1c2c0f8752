"""The city's secrets stay where they are: runs whose inputs hold marked secrets, and a search of all that was written.

Every place where a secret can stand has a mark of its own. A credential, and what only a target's visitor should read,
is found nowhere. What is evidence is found exactly where it is allowed, each with its reason; so the search is known
to find things, and a new way out of the house fails here.
"""

from __future__ import annotations

import json

import pytest

from tests.marked import Mark, as_read, everything_in
from tests.secret_marks import EVIDENCE, SECRET, secret
from tests.secret_trap import Trap, the_trap  # noqa: F401 - a fixture

TARGETS = (
    "https://www.trap.example/?token={token}#{token}",
    "https://forms.trap.example/",
    "https://old.trap.example/",
    "https://app.trap.example/",
    "ssh://audit@db.trap.example",
    "ssh://audit@odd.trap.example",
    "s3://trap-box",
)


# Whatever shows what was kept. A new command of this kind belongs here.
SHOWING = (
    ("report", "table"),
    ("report", "json"),
    ("report", "csv"),
    ("report", "html"),
    ("report", "tickets"),
    ("diff",),
    ("diff", "--json"),
    ("judge", "--json"),
    ("explain", "site/www"),
    ("explain", "site/www", "web-hsts-missing", "--json"),
    ("explain", "site/box", "bucket-public-policy"),
    ("explain", "site/db", "disk-plain"),
    ("store", "runs"),
    ("store", "check"),
    ("store", "mend"),
)


@pytest.fixture(scope="module")
def written(trap: Trap) -> dict[str, bytes]:
    """Everything that the program wrote, by place: runs and checks, told to say as much as they can."""
    inventory, token = str(trap.folder / "inventory.yaml"), secret("token in a typed target")
    targets = [target.format(token=token) for target in TARGETS]
    log = f"--log-file={trap.folder / 'logs' / 'audit.log'}"
    out = f"--out={trap.folder / 'out'}"
    table = trap.audit("run", inventory, out, "-v", log)
    document = trap.audit("run", inventory, out, "--json", "-v", log)
    typed, typed_document = trap.audit("check", *targets, "-v", log), trap.audit("check", *targets, "--json", "-v", log)
    later = [trap.show(*words) for words in SHOWING]
    every = (table, document, typed, typed_document, *later)
    for left in every:
        assert left.returncode in (0, 1, 3), (left.args, left.stderr.decode())
    found = {
        "table": table.stdout + typed.stdout,
        "JSON": document.stdout + typed_document.stdout,
        "stderr": b"".join(left.stderr for left in every),
        "log": everything_in(trap.folder / "logs"),
        "report": everything_in(trap.folder / "out"),
        "shown later": b"".join(left.stdout for left in later) + everything_in(trap.folder / "cwd"),
        "state": everything_in(trap.folder / "state"),
        "home": b"".join(path.name.encode() for path in (trap.folder / "home").rglob("*")),
    }
    return {place: as_read(text) for place, text in found.items()}


def test_the_secrets_were_there_to_be_written(trap: Trap, written: dict[str, bytes]) -> None:
    """Every server was asked, and the login worked: what is not found was seen, and left out."""
    assert all(web.requests for web in trap.webs)
    asked = [path for web in trap.webs for path in web.requests]
    assert any(secret("query of a redirect") in path for path in asked)
    assert any(secret("query of the address of an issuer") in path for path in asked)
    assert not any(secret("token in a typed target") in path for path in asked), "it is not even sent"
    assert trap.server.execs
    assert {"policy", "acl", "tagging", "encryption"} <= set(trap.storage.asked)
    assert trap.proxy.connections == 0
    assert all(written[place] for place in ("table", "JSON", "stderr", "log", "report"))


def places(mark: Mark, written: dict[str, bytes]) -> set[str]:
    return {place for place, text in written.items() if mark.is_in(text)}


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_written_nowhere(name: str, written: dict[str, bytes]) -> None:
    assert places(SECRET[name], written) == set()


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_is_written_where_it_is_allowed(name: str, written: dict[str, bytes]) -> None:
    assert places(EVIDENCE[name].mark, written) == EVIDENCE[name].where


def test_no_part_of_a_private_key_is_written(trap: Trap, written: dict[str, bytes]) -> None:
    for name in ("identity", "locked"):
        for line in (trap.folder / "home/.ssh" / name).read_text().splitlines()[1:-1]:
            assert places(Mark(line), written) <= set(), name


def test_targets_that_differ_in_what_is_dropped_are_one(trap: Trap) -> None:
    left = trap.show("check", "https://127.0.0.1:1/x?a", "https://127.0.0.1:1/x#b", "--json")
    assert [asset["address"] for asset in json.loads(left.stdout)["assets"]] == ["https://127.0.0.1:1/x"]
