"""One command over SSH, against Debian's sshd and hostile servers: bounded, and nothing is offered to strangers."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Limits, Reaches
from auditor.reach.host_keys import fingerprint
from auditor.rig.ssh_replay import Answer, Door, SshServer, new_key, replaying, write_identity
from tests.rig.openssh import OpenSsh, start_sshd

pytestmark = pytest.mark.root  # Debian's servers take part

SCRIPT = b"printf '%s BEGIN x\\n' \"$1\"\nprintf 'hello\\n'\nprintf '\\n%s DONE\\n' \"$1\"\nexit 0\n"
QUICK = Limits(operation_s=1.5, shell_s=1.5)  # for servers that only the deadline ends
PATIENT = Limits(operation_s=10.0, shell_s=20.0, shell_bytes=100_000)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("sshd"), types=("ed25519", "ecdsa", "rsa")) as running:
        yield running


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "identity"
    return path, write_identity(path)


def asset(address: str, host_key: str | None = None, credential: str | None = None) -> Asset:
    return Asset(id="s", kind="server", address=address, system="x", host_key=host_key, credential=credential)


def run(one: Asset, identity: Path | None, limits: Limits = PATIENT, **access: object) -> bytes:
    settings = {"identity_file": identity, "use_agent": False, "limits": limits, **access}
    return Reaches(Access(**settings)).of(one).shell(SCRIPT).whole().text  # type: ignore[arg-type]


def refusal(one: Asset, identity: Path | None, limits: Limits = PATIENT, **access: object) -> Unreachable:
    """The refusal, which must come within the time allowed (and a second for hanging up)."""
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        run(one, identity, limits, **access)
    assert time.monotonic() - started < limits.shell_s + 3.0
    return caught.value


# --- Debian's sshd: the good ways in ---------------------------------------------------------------------------------


def test_a_pinned_server_runs_the_script(sshd: OpenSsh) -> None:
    text = run(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert b"hello" in text


def test_a_server_with_several_keys_is_asked_for_the_pinned_type(sshd: OpenSsh) -> None:
    for kind in ("rsa", "ecdsa"):
        assert b"hello" in run(asset(sshd.address, sshd.host_keys[kind]), sshd.identity)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_fingerprint_pins_a_key_of_any_type(sshd: OpenSsh, kind: str) -> None:
    assert b"hello" in run(asset(sshd.address, _fingerprint(sshd.host_keys[kind])), sshd.identity)


def test_a_hashed_known_hosts_file_pins_with_its_port(sshd: OpenSsh, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_keys['rsa']}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert "127.0.0.1" not in known.read_text()
    assert b"hello" in run(asset(sshd.address), sshd.identity, known_hosts=known)


def test_a_key_from_the_agent_logs_in_and_several_are_not_tried(
    sshd: OpenSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asset(sshd.address, sshd.host_keys["ed25519"])
    with _agent(tmp_path / "agent") as add:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        empty = refusal(one, None, use_agent=True)
        add(sshd.identity)
        assert b"hello" in run(one, None, use_agent=True)
        write_identity(tmp_path / "second")
        add(tmp_path / "second")
        several = refusal(one, None, use_agent=True)
        chosen = run(one, sshd.identity.with_suffix(".pub"), use_agent=True)
        unused = refusal(one, None, use_agent=False)
    assert (empty.reason, several.reason, unused.reason) == (Reason.NO_CREDENTIAL,) * 3
    assert b"hello" in chosen


def test_a_named_credential_is_a_key_file_in_the_environment(sshd: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_SSH_KEY_RECORDS_DB", str(sshd.identity))
    one = asset(sshd.address, sshd.host_keys["ed25519"], credential="records-db")
    assert b"hello" in run(one, None)


ASKED = '"$SSH_ORIGINAL_COMMAND"'


@pytest.mark.parametrize(
    "command",
    [
        "echo this account is not available",
        f"/bin/rbash -c {ASKED}",
        "echo '1) status 2) reboot'; read -r choice; echo You chose $choice",
        "cat",
        "exec true",
    ],
    ids=["a notice", "a restricted shell", "a menu", "an echo", "nothing"],
)
def test_a_login_that_does_not_run_what_was_asked_gives_no_shell(tmp_path: Path, command: str) -> None:
    with start_sshd(tmp_path / "forced", extra=f"ForceCommand {command}") as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert refused.reason is Reason.NO_SHELL


def test_what_a_login_prints_before_the_script_does_not_matter(tmp_path: Path) -> None:
    """As .bashrc does: a greeting, a marker of another run, and words on standard error."""
    noise = "echo Welcome; echo 0123456789abcdef BEGIN x; echo 0123456789abcdef DONE; echo quota exceeded >&2"
    with start_sshd(tmp_path / "noisy", extra=f"ForceCommand {noise}; exec /bin/sh -c {ASKED}") as sshd:
        assert b"hello" in run(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)


@pytest.mark.parametrize(
    "extra",
    ["Ciphers aes128-cbc", "KexAlgorithms diffie-hellman-group14-sha1", "MACs hmac-md5\nCiphers aes128-ctr"],
)
def test_a_server_with_retired_algorithms_only_is_too_old(tmp_path: Path, extra: str) -> None:
    with start_sshd(tmp_path / "old", extra=extra) as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert refused.reason is Reason.SSH_TOO_OLD


def test_a_server_that_signs_with_sha1_only_is_too_old(tmp_path: Path) -> None:
    with start_sshd(tmp_path / "old", types=("rsa",), extra="HostKeyAlgorithms ssh-rsa") as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["rsa"]), sshd.identity)
    assert refused.reason is Reason.SSH_TOO_OLD


# --- whom a key is offered to ----------------------------------------------------------------------------------------


def test_an_unknown_host_key_is_shown_and_nothing_is_offered(identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(_address(server)), identity[0])
        assert (server.connections, server.offers, server.execs) == (1, [], [])
    assert refused.reason is Reason.HOST_KEY_UNKNOWN
    assert _fingerprint(server.host_key) in refused.detail


@pytest.mark.parametrize("form", ["line", "fingerprint", "known_hosts"])
def test_a_changed_host_key_stops_everything(identity: tuple[Path, str], tmp_path: Path, form: str) -> None:
    other = new_key()
    line = f"{other.get_name()} {other.get_base64()}"
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {line}\n")
        pins = {"line": line, "fingerprint": fingerprint(other.asbytes()), "known_hosts": None}
        refused = refusal(asset(_address(server), pins[form]), identity[0], known_hosts=tmp_path / "known")
        assert (server.offers, server.execs) == ([], [])
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_pinned_type_that_is_gone_is_a_changed_key(sshd: OpenSsh, identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(_address(server), sshd.host_keys["rsa"]), identity[0])
        assert server.offers == []
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_revoked_key_is_refused_although_it_is_listed(identity: tuple[Path, str], tmp_path: Path) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        name = f"[127.0.0.1]:{server.port}"
        (tmp_path / "known").write_text(f"{name} {server.host_key}\n@revoked {name} {server.host_key}\n")
        refused = refusal(asset(_address(server)), identity[0], known_hosts=tmp_path / "known")
        assert server.offers == []
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_key_that_is_not_accepted_is_offered_once(identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized="somebody else's") as server:
        refused = refusal(asset(_address(server), server.host_key), identity[0])
        assert len(server.offers) == 1
        assert server.execs == []
    assert refused.reason is Reason.AUTH_FAILED


class OnlyPrompts(Door):
    """Accepts nothing but answers to prompts."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        return AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        self.server.offers.append((username, "interactive"))
        return paramiko.InteractiveQuery("", "", "Password: ")


class SecondFactor(OnlyPrompts):
    """Likes the key, then wants a code as well."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        return AUTH_PARTIALLY_SUCCESSFUL


class Uninvited(OnlyPrompts):
    """Answers the key with a prompt that nobody asked for."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        handler = self.server.transports[-1].auth_handler
        handler._interactive_query(paramiko.InteractiveQuery("", "", "Password: "))
        return AUTH_FAILED


@pytest.mark.parametrize("door", [OnlyPrompts, SecondFactor, Uninvited])
def test_a_prompt_is_never_answered(identity: tuple[Path, str], door: type[Door]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        refused = refusal(asset(_address(server), server.host_key), identity[0])
        assert [what for _, what in server.offers] == ["key"]
    assert refused.reason is Reason.NEEDS_HUMAN


# --- credentials that cannot be used: the server is seen from outside, and nothing is offered ------------------------


def test_a_key_that_others_may_read_is_never_offered(identity: tuple[Path, str]) -> None:
    identity[0].chmod(0o640)
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(_address(server), server.host_key), identity[0])
        assert (server.connections, server.offers) == (1, [])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert "chmod 600" in refused.detail


@pytest.mark.parametrize(
    ("credential", "content"),
    [(None, None), (None, "no key at all"), ("unset", "irrelevant"), (None, "LOCKED")],
    ids=["missing file", "not a key", "unset variable", "passphrase"],
)
def test_a_credential_that_is_not_there_is_named(tmp_path: Path, credential: str | None, content: str | None) -> None:
    path = tmp_path / "key"
    if content == "LOCKED":
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(path)]
        subprocess.run(command, check=True)
    elif content:
        path.touch(mode=0o600)
        path.write_text(content)
    with SshServer(replaying("luks")) as server:
        refused = refusal(asset(_address(server), server.host_key, credential), path)
        assert (server.connections, server.offers) == (1, [])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert ("AUDITOR_SSH_KEY_UNSET" if credential else str(path)) in refused.detail
    assert "open sesame" not in str(refused)


def test_a_password_in_the_address_is_refused_and_not_repeated(identity: tuple[Path, str]) -> None:
    refused = refusal(asset("ssh://audit:hunter2@127.0.0.1:9"), identity[0])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert "hunter2" not in str(refused)


# --- servers that are no SSH servers, or no longer --------------------------------------------------------------------


def _flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 65_536)


def _lines(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"please wait\r\n" * 1000)


def _drip(connection: socket.socket) -> None:
    for byte in b"SSH-2.0-OpenSSH_9.2p1 Debian-2 a very slow one\r\n" * 9:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        (_flood, {Reason.NOT_SSH}),
        (_lines, {Reason.NOT_SSH}),
        (_drip, {Reason.TIMEOUT}),
        (_silent, {Reason.TIMEOUT}),
        (lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.NOT_SSH}),
        (lambda c: c.sendall(b"SSH-1.5-OpenSSH_3.0\r\n"), {Reason.SSH_TOO_OLD, Reason.MALFORMED}),
        (lambda c: c.sendall(b"SSH-2.0-x\r\n" + bytes(range(256)) * 64), {Reason.MALFORMED, Reason.CLOSED}),
        (  # where the packet is cut, its empty lists are read first: then nothing that it offers can be used
            lambda c: c.sendall(b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14" + b"\xff" * 200),
            {Reason.MALFORMED, Reason.CLOSED, Reason.SSH_TOO_OLD},
        ),
        (lambda c: c.sendall(b"SSH-2.0-x\r\n"), {Reason.CLOSED}),
        (lambda c: None, {Reason.CLOSED, Reason.RESET}),
    ],
    ids=["flood", "lines", "drip", "silent", "http", "ssh1", "garbage", "bad lists", "ends", "closes"],
)
def test_a_server_that_does_not_speak_ssh_is_given_up(
    identity: tuple[Path, str], talk: Callable[[socket.socket], None], reasons: set[Reason]
) -> None:
    limits = QUICK if Reason.TIMEOUT in reasons else PATIENT
    with _listening(talk) as port:
        assert refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0], limits).reason in reasons


def test_a_closed_port_is_refused(identity: tuple[Path, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0]).reason is Reason.REFUSED


# --- servers that let us in and then misbehave ------------------------------------------------------------------------


def _marked(command: str, text: str) -> bytes:
    return text.format(m=command.rsplit(maxsplit=1)[-1]).encode()


def _until_they_hang_up(channel: paramiko.Channel) -> None:
    while channel.get_transport().is_active():
        time.sleep(0.02)


def _endless(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN x\n"))
    while True:
        channel.sendall(b"y" * 32_768)


def _endless_errors(channel: paramiko.Channel, command: str, script: bytes) -> None:
    while True:
        channel.sendall_stderr(b"y" * 32_768)


def _cut(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN sysblk\nvda dev=254:0\n"))
    channel.send_exit_status(0)


def _dies(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN sysblk\nvda dev=254:0\n"))
    channel.get_transport().sock.shutdown(socket.SHUT_RDWR)


def _no_status(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN x\n{m} END x rc=0\n{m} DONE\n"))


def _hangs_after_eof(channel: paramiko.Channel, command: str, script: bytes) -> None:
    _no_status(channel, command, script)
    channel.shutdown_write()
    _until_they_hang_up(channel)


def _drips(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """The first line at once, so that it is no question of patience with a shell; then one byte at a time."""
    channel.sendall(_marked(command, "{m} BEGIN x\n"))
    for byte in b"z" * 200:
        channel.sendall(bytes([byte]))
        time.sleep(0.05)


def _fails(channel: paramiko.Channel, command: str, script: bytes) -> None:
    _no_status(channel, command, script)
    channel.send_exit_status(3)


def _menu(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(b"Press Enter to continue\r\n")
    _until_they_hang_up(channel)


def _unavailable(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(b"This account is currently not available.\n")
    channel.send_exit_status(1)


def _expired(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """OpenSSH's words for a login whose password must be changed first."""
    channel.sendall_stderr(b"WARNING: Your password has expired.\nPassword change required but no TTY available.\n")
    channel.send_exit_status(1)


def _says_expired(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """A whole answer in which the words stand somewhere."""
    channel.sendall(_marked(command, "{m} BEGIN x\npassword has expired\n{m} END x rc=0\n{m} NOT DONE\n"))
    channel.send_exit_status(0)


def _ignored(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """Messages that mean nothing (SSH_MSG_IGNORE), without end."""
    while channel.get_transport().is_active():
        channel.get_transport().send_ignore(30_000)


def _echoes(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """A marker that is not this run's."""
    channel.sendall(b"0123456789abcdef BEGIN x\n0123456789abcdef DONE\n")
    channel.send_exit_status(0)


@pytest.mark.parametrize(
    ("answer", "reason", "limits"),
    [
        (_endless, Reason.TOO_LONG, PATIENT),
        (_endless_errors, Reason.TOO_LONG, PATIENT),
        (_cut, Reason.TRUNCATED, PATIENT),
        (_dies, Reason.TRUNCATED, PATIENT),
        (_no_status, Reason.TRUNCATED, PATIENT),
        (_hangs_after_eof, Reason.TIMEOUT, PATIENT),
        (_drips, Reason.TIMEOUT, QUICK),
        (_fails, Reason.MALFORMED, PATIENT),
        (_menu, Reason.NO_SHELL, Limits(operation_s=10.0, shell_s=6.0)),
        (_unavailable, Reason.NO_SHELL, PATIENT),
        (_echoes, Reason.NO_SHELL, PATIENT),
        (_expired, Reason.NEEDS_HUMAN, PATIENT),
        (_says_expired, Reason.TRUNCATED, PATIENT),
        (_ignored, Reason.TOO_LONG, PATIENT),
    ],
)
def test_an_answer_that_is_not_whole_does_not_count(
    identity: tuple[Path, str], answer: Answer, reason: Reason, limits: Limits
) -> None:
    with SshServer(answer, authorized=identity[1]) as server:
        assert refusal(asset(_address(server), server.host_key), identity[0], limits).reason is reason


class Mute(Door):
    """Never answers an exec request."""

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.server.is_over.wait(3)
        return False


class NoExec(Door):
    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return False


class NoSession(Door):
    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


@pytest.mark.parametrize(
    ("door", "reason"), [(Mute, Reason.TIMEOUT), (NoExec, Reason.NO_SHELL), (NoSession, Reason.NO_SHELL)]
)
def test_a_server_that_runs_nothing_is_given_up(identity: tuple[Path, str], door: type[Door], reason: Reason) -> None:
    limits = QUICK if door is Mute else PATIENT
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        assert refusal(asset(_address(server), server.host_key), identity[0], limits).reason is reason


class Shouts(Door):
    """A notice before the login that is longer than all that it may say."""

    def get_banner(self) -> tuple[str, str]:
        return ("x" * 2_000_000, "en")


class Thinks(Door):
    """Never says whether the key is good."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.is_over.wait(3)
        return AUTH_FAILED


@pytest.mark.parametrize(
    ("door", "reason", "limits"),
    [(Shouts, Reason.TOO_LONG, PATIENT), (Thinks, Reason.TIMEOUT, QUICK)],
)
def test_a_server_that_never_comes_to_the_login_is_given_up(
    identity: tuple[Path, str], door: type[Door], reason: Reason, limits: Limits
) -> None:
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        assert refusal(asset(_address(server), server.host_key), identity[0], limits).reason is reason


def test_nothing_stays_behind_after_a_server_that_hangs(identity: tuple[Path, str]) -> None:
    before = set(threading.enumerate())
    with _listening(_silent) as port:
        refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0], Limits(operation_s=1, shell_s=0.5))
    assert set(threading.enumerate()) <= before


def test_what_a_server_says_reaches_no_terminal(identity: tuple[Path, str], capfd: pytest.CaptureFixture[str]) -> None:
    with _listening(lambda c: c.sendall(b"\x1b]0;owned\x07\r\n" * 200)) as port:
        refused = refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0])
    assert "owned" not in str(refused)
    assert capfd.readouterr() == ("", "")


# --- parts -----------------------------------------------------------------------------------------------------------


def _address(server: SshServer) -> str:
    return f"ssh://audit@127.0.0.1:{server.port}"


def _fingerprint(line: str) -> str:
    return fingerprint(paramiko.pkey.PublicBlob.from_string(line).key_blob)


@contextmanager
def _listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A socket that talks to each who connects, until they hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@contextmanager
def _agent(path: Path) -> Iterator[Callable[[Path], None]]:
    """OpenSSH's agent on a socket of its own; yields how to add a key."""
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 5
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)

        def add(key: Path) -> None:
            environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True)

        yield add
    finally:
        process.terminate()
        process.wait(5)
