"""The verdicts on guests with really encrypted disks equal what they were built as, and docs/servers.md lets one in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.model import Tier
from auditor.probes.server import helper_script
from tests.test_servers_page import block
from tests.vm.guests import AT, TRUTH, Guest, disagreements, running

pytestmark = pytest.mark.vm
# What tells that nothing was mounted, opened or swapped on.
STATE = "cat /proc/self/mountinfo /proc/swaps; dmsetup table --showkeys | sha256sum; losetup -a; cat /proc/mdstat"


@pytest.fixture(scope="module", params=sorted(TRUTH))
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    with running(request.param) as booted:
        yield booted


@pytest.fixture(scope="module")
def login(guest: Guest) -> str:
    """The user of docs/servers.md, by its own commands as root. The guest has an "audit" already, so it is "paged"."""
    key = " ".join(guest.identity.with_suffix(".pub").read_text().split()[:2])
    here = block("sh user").replace("audit", "paged").replace("192.0.2.10", "10.0.2.2")
    guest.run("root", "userdel -r paged")
    made = guest.run("root", "set -eu\n" + here.replace("ssh-ed25519 AAAA…", key))
    assert (made.returncode, made.stderr) == (0, b"")
    return "paged"


@pytest.fixture(scope="module")
def rooted(guest: Guest, login: str) -> str:
    """And root's helper by the page's commands; its first line is one of the machine that looks."""
    first, _, here = block("sh helper").partition("\n")
    assert first == "auditor server-helper >enc-audit-facts"
    here = here.replace("audit ALL", f"{login} ALL").replace("sudoers.d/audit", f"sudoers.d/{login}")
    installed = guest.run("root", f"set -eu; cd /root; cat >enc-audit-facts\n{here}", helper_script())
    assert (installed.returncode, installed.stderr) == (0, b"")
    assert installed.stdout.strip().endswith(b"parsed OK")
    return login


def test_a_plain_user_sees_what_the_guest_was_built_as(guest: Guest) -> None:
    assert disagreements(guest.audited("audit"), TRUTH[guest.name], ciphers=False) == []


def test_the_five_minutes_of_the_page_let_the_auditor_in(guest: Guest, login: str) -> None:
    assert disagreements(guest.audited(login), TRUTH[guest.name], ciphers=False) == []


def test_the_key_of_the_page_does_nothing_but_run_a_program(guest: Guest, login: str) -> None:
    """No password fits, no group of weight holds the user, and `restrict` is what the page says."""
    assert (
        guest.run("root", f"passwd -S {login}").stdout.split()[1] in (b"L", b"NP")
        or b"*" in guest.run("root", f"getent shadow {login}").stdout
    )
    assert guest.run("root", f"id -nG {login}").stdout.split() == [login.encode()]
    assert guest.run(login, "head -c1 /dev/vda").returncode != 0
    assert guest.run(login, "sudo -n true").returncode != 0


def test_the_helper_is_installed_by_the_commands_of_the_page(guest: Guest, rooted: str) -> None:
    said = guest.audited(rooted, Tier.PRIVILEGED)
    assert disagreements(said, TRUTH[guest.name], ciphers=True) == []
    assert guest.run(rooted, f"sudo -n {AT} --more").returncode != 0  # the line in sudoers allows no argument
    assert guest.run(rooted, "sudo -n cryptsetup luksDump /dev/vdb1").returncode != 0
    printed = guest.run(rooted, f"sudo -n {AT}").stdout
    for secret in (b"Salt", b"Digest:", b"MK digest", b"BEGIN"):
        assert secret not in printed


def test_nothing_on_the_guest_is_written_mounted_or_opened(guest: Guest, rooted: str) -> None:
    """No file is newer than the look, but for what logging in itself leaves (wtmp, lastlog, the journal)."""
    before = guest.run("root", STATE).stdout
    assert guest.run("root", "touch /run/before; sleep 1").returncode == 0
    guest.audited(rooted, Tier.PRIVILEGED)
    found = guest.run(
        "root", "find / -xdev -newer /run/before -type f ! -path '/var/log/*' ! -path '/run/*' ! -path '/proc/*'"
    )
    assert found.stdout == b""
    assert guest.run("root", STATE).stdout == before


def test_sshd_logs_one_login_and_sudo_its_one_program(guest: Guest, rooted: str) -> None:
    def logged(words: str) -> int:
        return int(guest.run("root", f"journalctl --sync; journalctl -q -o cat | grep -c '{words}'").stdout)

    lines = (f"Accepted publickey for {rooted} ", f"{rooted} : .*COMMAND={AT}$")
    before = [logged(line) for line in lines]
    guest.looked_at(rooted, Tier.PRIVILEGED)
    assert [logged(line) - had for line, had in zip(lines, before, strict=True)] == [1, 1]


def test_root_s_facts_tell_the_null_cipher(guest: Guest, rooted: str) -> None:
    assert guest.run("audit", f"sudo -n {AT}").returncode != 0
    said = guest.audited(rooted, Tier.PRIVILEGED)
    if "/srv/null" in TRUTH[guest.name]:
        assert said["disk-null-cipher"]["outcome"] == "fail"
    elif "luks2" in str(TRUTH[guest.name]):
        assert said["disk-null-cipher"]["outcome"] == "pass"
