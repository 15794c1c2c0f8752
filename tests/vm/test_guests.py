"""The verdicts on guests with really encrypted disks equal what they were built as."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.model import Tier
from auditor.probes.server import helper_script
from tests.test_servers_page import block
from tests.vm.guests import AT, TRUTH, Guest, disagreements, running

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module", params=sorted(TRUTH))
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    with running(request.param) as booted:
        yield booted


def test_a_plain_user_sees_what_the_guest_was_built_as(guest: Guest) -> None:
    assert disagreements(guest.audited("audit"), TRUTH[guest.name], ciphers=False) == []


def test_the_five_minutes_of_the_page_let_the_auditor_in(guest: Guest) -> None:
    """docs/servers.md as root, but for the user's name, which the guest has already, and the key."""
    key = " ".join(guest.identity.with_suffix(".pub").read_text().split()[:2])
    here = block("sh user").replace("audit", "paged").replace("192.0.2.10", "10.0.2.2")
    assert guest.run("root", "userdel -r paged; " + here.replace("ssh-ed25519 AAAA…", key)).returncode == 0
    assert disagreements(guest.audited("paged"), TRUTH[guest.name], ciphers=False) == []


def test_nothing_on_the_guest_is_written(guest: Guest) -> None:
    """No file is newer than the look, but for what logging in itself leaves (wtmp, lastlog, the journal)."""
    assert guest.run("root", "touch /run/before; sleep 1").returncode == 0
    guest.audited("audit")
    found = guest.run(
        "root", "find / -xdev -newer /run/before -type f ! -path '/var/log/*' ! -path '/run/*' ! -path '/proc/*'"
    )
    assert found.stdout == b""


def test_root_s_facts_tell_the_null_cipher(guest: Guest) -> None:
    installed = guest.run("root", f"cat >{AT} && chown 0:0 {AT} && chmod 755 {AT}", helper_script())
    assert installed.returncode == 0
    assert guest.run("auditor", f"sudo -n {AT} --more").returncode != 0  # the line in sudoers allows no argument
    assert guest.run("auditor", "sudo -n cryptsetup luksDump /dev/vdb1").returncode != 0
    assert guest.run("audit", f"sudo -n {AT}").returncode != 0
    said = guest.audited("auditor", Tier.PRIVILEGED)
    truth = TRUTH[guest.name]
    assert disagreements(said, truth, ciphers=True) == []
    if "/srv/null" in truth:
        assert said["disk-null-cipher"]["outcome"] == "fail"
    elif "luks2" in str(truth):
        assert said["disk-null-cipher"]["outcome"] == "pass"
