"""The command `auditor check`, end to end, against a web service, a server and a bucket on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.observe import Look, observe
from auditor.reach import Access
from auditor.rig.s3 import KEY_ID, BucketSeed, s3_server
from tests.cli.front_door import FrontDoor, Left
from tests.faithful_store import be_faithful
from tests.promises.servers import HOST, Server
from tests.promises.web import NAME, WebService

Check = Callable[..., Left]
SITE, SERVER = f"https://{NAME}/", f"ssh://audit@{HOST}"
LEGACY = WebService(protocols="TLSv1 TLSv1.2 TLSv1.3", hsts=None)
BUCKETS = (
    BucketSeed(name="good", algorithm="aws:kms", key_id=KEY_ID),
    BucketSeed(name="plain", tls_only=False),
)


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Check:
    """`auditor check` with the options that lead to what an access leads to."""
    front_door = FrontDoor(monkeypatch, capsys)
    monkeypatch.setenv("COLUMNS", "100")

    def run(access: Access, *words: str) -> Left:
        places = tmp_path / "connect-to"
        mapped = ((name, one) for name, targets in access.connect_to.items() for one in targets)
        places.write_text("".join(f"{host}:{port} {one.address}:{one.port}\n" for (host, port), one in mapped))
        options = {
            "--connect-to": places,
            "--ca-file": access.ca_file,
            "--identity-file": access.identity_file,
            "--known-hosts": access.known_hosts,
            "--endpoint-url": access.endpoint_url,
        }
        return front_door("check", *(f"{name}={value}" for name, value in options.items() if value), *words)

    return run


@pytest.fixture(scope="module")
def storage() -> Iterator[Access]:
    with s3_server(BUCKETS) as url:
        yield Access(endpoint_url=url)


@pytest.fixture(autouse=True)
def credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an-example-and-no-secret")


def test_a_good_web_service_gets_its_letter_and_leaves_with_0(check: Check, tmp_path: Path) -> None:
    with WebService().served(tmp_path) as access:
        left = check(access, SITE)
    assert left.code == 0
    assert left.out.startswith(f"{SITE}: A - every mandatory rule is kept\n")
    assert "What holds it down" not in left.out
    assert "What could not be seen" not in left.out
    assert "For A+, the easiest first:\n  - ask for the deep tier too (--tier deep)\n" in left.out
    assert "Not asked without --tier deep: tls-ccs-injection, tls-heartbleed, " in left.out
    assert left.err == ""


def test_a_faulty_one_says_what_holds_it_down_and_what_to_do(check: Check, tmp_path: Path) -> None:
    with LEGACY.served(tmp_path) as access:
        left = check(access, SITE)
    assert left.code == 1
    assert left.out.startswith(f"{SITE}: C - ")
    assert "\n  with confidential data: D\n" in left.out
    holding, _, later = left.out.partition("What would hold it down next:")
    assert "What holds it down:\n  tls-legacy-version (high): Endpoint accepts a TLS version older than 1.2." in holding
    assert "127.0.0.1:443: TLS 1.0 and TLS 1.1 are accepted" in holding
    assert "web-hsts-missing" not in holding
    assert "\n    Fixed alone: B.\n" in holding
    assert "web-hsts-missing (medium)" in later
    assert "\n    Fixed alone: still C, for tls-legacy-version.\n" in later
    for part in ("    Why: ", "    Fix: ", "ssl_protocols TLSv1.2 TLSv1.3;", "(wanted: refused)"):
        assert part in holding
    assert "For B, the easiest first:\n  - fix tls-legacy-version at 127.0.0.1:443\n" in left.out


def test_confidential_data_is_graded_harder_and_not_said_twice(check: Check, tmp_path: Path) -> None:
    with LEGACY.served(tmp_path) as access:
        left = check(access, SITE, "--data-class", "confidential")
    assert left.out.startswith(f"{SITE}: D - ")
    assert "with confidential data" not in left.out


def test_a_medium_fault_alone_leaves_with_0(check: Check, tmp_path: Path) -> None:
    with WebService(hsts=None).served(tmp_path) as access:
        left = check(access, SITE)
    assert left.code == 0
    assert ": B - " in left.out


def test_exit_zero_leaves_with_0_whatever_was_found(check: Check, tmp_path: Path) -> None:
    with LEGACY.served(tmp_path) as access:
        assert check(access, SITE, "--exit-zero").code == 0
    assert check(access, SITE, "--exit-zero").code == 0, "and whatever was not seen"


def test_a_silent_host_is_not_graded_and_leaves_with_3(check: Check, tmp_path: Path) -> None:
    with WebService(speaks_https=False, plain_http="closed").served(tmp_path) as access:
        left = check(access, SITE)
    assert left.code == 3
    assert left.out.startswith(f"{SITE}: NG - not graded: nothing could be seen\n  at worst F: ")
    assert "What could not be seen:\n  127.0.0.1:443: the connection was refused\n" in left.out
    assert left.out.count("To have it seen: See that the service runs") == 1
    assert "leaves open (critical at worst): certificate" not in left.out  # all names say less than their number
    assert "For D, the easiest first:\n  - make any one check visible\n" in left.out
    assert "Passed" not in left.out
    assert "fix " not in left.out


def test_a_throttled_host_is_unknown_where_it_fell_silent(check: Check, tmp_path: Path) -> None:
    with WebService(serves=3).served(tmp_path) as access:
        left = check(access, SITE)
    assert left.code == 3
    assert left.out.startswith(f"{SITE}: D - something important could not be seen\n  at worst F: ")
    assert "the server stopped answering what it had answered before" in left.out
    assert re.search(r"- let it be seen at 127\.0\.0\.1:443 that these pass: .*tls-ssl2-accepted", left.out, re.DOTALL)
    assert "fix tls" not in left.out


def test_what_passes_at_one_address_alone_is_not_said_to_pass(check: Check, tmp_path: Path) -> None:
    """Nobody answers at the other one; what has no bearing on either is still said."""
    with WebService().served(tmp_path) as access:
        two = {name: (one, replace(one, address="127.0.0.9")) for name, (one,) in access.connect_to.items()}
        left = check(replace(access, connect_to=two), SITE)
    assert left.code == 3
    unseen, _, rest = left.out.partition("What could not be seen:")[2].partition("For C, the easiest first:")
    open_checks = set(re.findall(r"(?:tls|certificate|web)-[a-z0-9-]+", unseen))
    assert {"tls-legacy-version", "certificate-expired", "certificate-revoked", "web-hsts-missing"} <= open_checks
    summed_up = rest.partition("\n\n")[2]
    assert not set(re.findall(r"(?:tls|certificate|web)-[a-z0-9-]+", summed_up.partition("Not asked")[0])) & open_checks
    assert "Not asked without --tier deep" in summed_up


def test_a_name_that_leads_nowhere_is_not_graded(check: Check) -> None:
    left = check(Access(), "https://no-such-host.invalid/")
    assert left.code == 3
    assert "https://no-such-host.invalid/: NG" in left.out
    assert "the name could not be resolved: no-such-host.invalid (" in left.out


def test_a_server_with_plain_disks_is_told_how_to_encrypt_them(check: Check, tmp_path: Path) -> None:
    with Server(has_plain_disk=True, swap="plain").served(tmp_path) as access:
        left = check(access, SERVER)
    assert left.code == 1
    assert left.out.startswith(f"{SERVER}: C - ")
    for part in ("disk-plain (high)", "swap-plain (high)", "/srv/records", "cryptsetup luksFormat", "/dev/vda1"):
        assert part in left.out


def test_an_encrypted_server_passes(check: Check, tmp_path: Path) -> None:
    with Server().served(tmp_path) as access:
        left = check(access, SERVER)
    assert left.code == 0
    assert left.out.startswith(f"{SERVER}: A - ")
    passed = " ".join(left.out.partition("Passed: ")[2].partition("\n\n")[0].split())
    assert {"disk-partly-plain", "disk-plain", "swap-plain", "hibernation-plain", "ssh-terrapin"} <= set(
        passed.split(", ")
    )


def test_a_server_whose_key_is_not_pinned_is_no_open_door(check: Check, tmp_path: Path) -> None:
    with Server().served(tmp_path) as access:
        assert access.known_hosts is not None
        access.known_hosts.write_text("")
        left = check(access, SERVER)
    assert left.code == 3
    assert "the server's host key is not pinned" in left.out
    assert "auditor enrol" in left.out
    assert ": D - " in left.out  # its door is seen, its disks are not


def test_a_bucket_is_judged_by_its_settings(check: Check, storage: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    be_faithful(monkeypatch)
    good = check(storage, "s3://good", "--data-class", "internal")
    assert (good.code, good.out.split(" - ")[0]) == (1, "s3://good: C")
    assert "bucket-effective-plain-http (high)" in good.out  # the server on loopback speaks no TLS
    assert "bucket-plain-http (" not in good.out
    plain = check(storage, "s3://plain")
    assert (plain.code, plain.out.split(" - ")[0]) == (1, "s3://plain: C")
    assert "bucket-plain-http (medium)" in plain.out
    assert "aws:SecureTransport" in plain.out
    assert "with confidential data: D" in plain.out


def test_a_bucket_that_is_not_there_is_not_graded(check: Check, storage: Access) -> None:
    left = check(storage, "s3://nowhere")
    assert left.code == 3
    assert "it does not exist there" in left.out


def test_several_targets_are_shown_one_after_the_other_and_once_each(
    check: Check, storage: Access, tmp_path: Path
) -> None:
    with LEGACY.served(tmp_path) as access:
        both = replace(access, endpoint_url=storage.endpoint_url)
        left = check(both, SITE, "s3://good", SITE)
    assert left.code == 1
    assert re.findall(r"^(\S+): [A-F]\+? - ", left.out, re.MULTILINE) == [SITE, "s3://good"]


def test_json_is_one_document_without_a_city(check: Check, tmp_path: Path) -> None:
    with LEGACY.served(tmp_path) as access:
        left = check(access, SITE, "--json")
    report = json.loads(left.out)
    assert left.code == 1
    assert left.err == ""
    assert report["schema"] == "auditor/report/1"
    assert report["city"] is None
    assert report["systems"] == report["departments"] == []
    (asset,) = report["assets"]
    assert (asset["id"], asset["letter"]) == (SITE, "C")
    assert asset["held_by"] == [[SITE, "tls-legacy-version", "127.0.0.1:443"]]


def test_the_letter_fits_the_terminal_and_breaks_no_name(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look, which takes seconds, written for terminals of several widths."""
    looks: list[Look] = []

    def looked_once(*asked: Any, **more: Any) -> Iterator[Look]:
        looks.extend(() if looks else observe(*asked, **more))
        return iter(looks)

    monkeypatch.setattr("auditor.observe.observe", looked_once)
    with WebService(hsts=None, is_for="other.rig.example", plain_http="content", serves=9).served(tmp_path) as access:
        for columns in (60, 80, 200):
            monkeypatch.setenv("COLUMNS", str(columns))
            left = check(access, SITE)
            assert max(map(len, left.out.splitlines())) <= min(columns, 100)
            assert not re.search(r"[a-z]-$", left.out, re.MULTILINE)


def test_a_guideline_is_a_table_of_its_own_and_may_fail_where_the_letter_does_not(check: Check, tmp_path: Path) -> None:
    with WebService().served(tmp_path) as access:
        met = check(access, SITE, "--require=bod-18-01")
        missed = check(access, SITE, "--require=mozilla-modern", "--require=bod-18-01")
        refused = check(access, SITE, "--require=bod-18-01", "--json")
    assert met.code == 0, met.out
    assert "BOD 18-01, web security" in met.out
    assert "  Met: all 5 rules, as far as they arise.\n" in met.out
    assert missed.code == 1
    assert "  Not met: " in missed.out
    assert "accepts TLS 1.2" in missed.out
    assert missed.out.startswith(f"{SITE}: A - "), "the letter is what it was"
    assert (refused.code, refused.out) == (2, "")
