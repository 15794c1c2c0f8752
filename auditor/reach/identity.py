"""The key that logs us in: a private key file, or the one key of an agent. Never a password.

Which key, in this order:
1. `credential: NAME` of an asset → the file that $AUDITOR_SSH_KEY_NAME names (capitals, anything else than letters and
   digits as _), and nothing else;
2. the identity file of the command line. If it ends in .pub: that key of the agent;
3. the agent's key, if it holds exactly one. An agent with several keys is not emptied onto a server.

A certificate of a user authority that lies beside a key file (KEY-cert.pub) is offered with it, as ssh(1) does. A
private key that others may read is refused, as there; so is a certificate that has expired, since it would be the one
attempt.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Access
from auditor.reach.host_certificates import NotCertifiedError, expiry_of

UNREADABLE = (OSError, ValueError, TypeError, paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm)


@contextmanager
def identity_for(credential: str | None, access: Access) -> Iterator[paramiko.PKey]:
    """Lend the key; an agent's connection lives as long as the block. Raises Unreachable(NO_CREDENTIAL)."""
    path = _named(credential) if credential else access.identity_file
    if path is not None and path.suffix != ".pub":
        yield _private_key(path)
    elif access.use_agent:
        agent = paramiko.Agent()
        try:
            yield _agent_key(agent.get_keys(), path)
        finally:
            agent.close()
    else:
        raise _none("no key file is named, and no agent is to be used; name one with --identity-file")


def variable_of(credential: str) -> str:
    """The environment variable that names a credential's key file."""
    return "AUDITOR_SSH_KEY_" + re.sub(r"[^A-Z0-9]", "_", credential.upper())


def _named(credential: str) -> Path:
    path = os.environ.get(variable_of(credential))
    if not path:
        raise _none(f"credential {credential} is not set up; set {variable_of(credential)} to the path of its key file")
    return Path(path)


def _private_key(path: Path) -> paramiko.PKey:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise _none(f"key file {path} may be read by others (mode {mode:04o}); run chmod 600 on it")
        key = paramiko.PKey.from_path(path)
    except UNREADABLE as error:
        why = error.strerror if isinstance(error, OSError) else "no private key that can be used without a passphrase"
        raise _none(f"key file {path}: {why}; an agent can hold a key with a passphrase") from error
    if key.public_blob:
        _require_validity(key.public_blob.key_blob, path)
    return key


def _require_validity(certificate: bytes, path: Path) -> None:
    """By the clock of this machine, which is also the one that is asked for a new one."""
    try:
        expires = expiry_of(certificate)
    except NotCertifiedError as error:
        raise _none(f"the certificate beside {path} cannot be read") from error
    if expires <= time.time():
        raise _none(f"the certificate beside {path} has expired; have a new one signed")


def _agent_key(keys: tuple[paramiko.AgentKey, ...], public: Path | None) -> paramiko.PKey:
    if public is not None:
        wanted = _public_blob(public)
        keys = tuple(key for key in keys if key.asbytes() == wanted)
    if not keys:
        raise _none(f"the agent does not hold {public}" if public else "no key file is named, and no agent holds a key")
    if len(keys) > 1:
        raise _none(f"the agent holds {len(keys)} keys; say which with --identity-file KEY.pub")
    return keys[0]


def _public_blob(path: Path) -> bytes:
    try:
        return paramiko.pkey.PublicBlob.from_file(path).key_blob
    except UNREADABLE as error:
        raise _none(f"{path} could not be read as a public key") from error


def _none(detail: str) -> Unreachable:
    return Unreachable(Reason.NO_CREDENTIAL, detail)
