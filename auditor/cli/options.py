"""The options that mean the same everywhere, and the `Access` that they make."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, cast
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from auditor.model import Asset
    from auditor.reach import Access, Fence
    from auditor.reports.commands import Commands

Command = TypeVar("Command", bound=Callable[..., object])
FILE = click.Path(path_type=Path, dir_okay=False)
LOG_FILE = click.Path(path_type=Path)  # what it may be is said by the log itself
INVENTORY = Path("inventory.yaml")  # what is read where nothing is named
TIERS = click.Choice(["nightly", "deep", "privileged", "online"])
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("report"),
    show_default=True,
    help="Folder for report.json and report.md.",
)


def store_option(command: Command) -> Command:
    """--store; what an error advises to type says it again."""

    @wraps(command)
    def told(*, store: str | None, **others: object) -> object:
        from auditor.errors import AuditorError  # noqa: PLC0415

        try:
            return command(store=store, **others)
        except AuditorError as error:
            error.advice = commands_after(store, others.get("inventory")).completed(error.advice)
            raise

    made = click.option(
        "--store",
        metavar="FILE|URL",
        help="Where runs are kept: a file, or postgresql://user@host/database. "
        "Default: $AUDITOR_STORE, else store.db in your state directory.",
    )
    return made(cast("Command", told))


def commands_after(store: str | None, inventory: object = None) -> Commands:
    """What is to be typed after a command that was told these."""
    from auditor.reports.commands import Commands  # noqa: PLC0415

    return Commands(store, None if inventory in (None, INVENTORY) else str(inventory))


class AccessOptions(TypedDict):
    """What `access_options` hands to a command."""

    ca_file: Path | None
    connect_to: Path | None
    nameservers: tuple[str, ...]
    identity_file: Path | None
    known_hosts: Path | None
    endpoint_url: str | None
    deep_python: Path | None


def access_options(command: Command) -> Command:
    """Options for where looking may go and by what means."""
    for option in (
        click.option("--ca-file", type=FILE, help="PEM file of trusted roots, instead of Mozilla's."),
        click.option("--connect-to", type=FILE, help="File of HOST:PORT ADDRESS:PORT lines: where names really lead."),
        click.option(
            "--nameserver",
            "nameservers",
            metavar="ADDRESS[:PORT]",
            multiple=True,
            help="Resolver to ask for DNS records (CAA, TLSA …), instead of this machine's; repeatable, the first that "
            "answers counts. Addresses of names are the system's.",
        ),
        click.option("--identity-file", type=FILE, help="Private key for SSH; an agent is used without it."),
        click.option("--known-hosts", type=FILE, help="Pinned SSH host keys, in OpenSSH's format."),
        click.option("--endpoint-url", metavar="URL", help="An S3-compatible server instead of AWS."),
        click.option("--deep-python", type=FILE, help="Python of the environment that holds sslyze (`make deep`)."),
    ):
        command = option(command)
    return command


def storage_profiles(assets: Iterable[Asset]) -> tuple[str | None, ...]:
    """Names of the credentials that buckets and accounts are read with; None for the environment's own."""
    named = {asset.credential for asset in assets if asset.kind in ("account", "bucket")}
    return tuple(sorted(named, key=lambda name: name or ""))


def make_access(
    options: AccessOptions, fence: Fence | None = None, *, require_anchors: Callable[[Path], None] | None = None
) -> Access:
    """Raises UsageError for a file that cannot be used, before anything is probed. `require_anchors`: for roots."""
    from auditor.reach import Access, Fence, read_connect_to, read_nameserver  # noqa: PLC0415

    _require_file("--ca-file", options["ca_file"])
    if options["ca_file"]:
        (require_anchors or _require_anchors)(options["ca_file"])
    _require_file("--identity-file", options["identity_file"])
    _require_file("--known-hosts", options["known_hosts"])
    _require_file("--deep-python", options["deep_python"])
    _require_url("--endpoint-url", options["endpoint_url"])
    return Access(
        fence=fence or Fence(),
        connect_to=read_connect_to(options["connect_to"]) if options["connect_to"] else {},
        nameservers=tuple(dict.fromkeys(map(read_nameserver, options["nameservers"]))),
        ca_file=options["ca_file"],
        identity_file=options["identity_file"],
        known_hosts=options["known_hosts"],
        endpoint_url=options["endpoint_url"],
        deep_python=options["deep_python"],
    )


def log_options(command: Command) -> Command:
    """-q, -v and --log-file. The log is open while the command runs; the command itself is given `quiet`."""

    @wraps(command)
    def logged(*, quiet: bool, verbose: bool, log_file: Path | None, **others: object) -> object:
        from auditor.errors import UsageError  # noqa: PLC0415
        from auditor.journal import Journal  # noqa: PLC0415

        if quiet and verbose:
            raise UsageError("-q and -v gainsay each other.", "Choose one of them.")
        with Journal(watched=verbose, file=log_file):
            return command(quiet=quiet, **others)

    made = cast("Command", logged)
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Print nothing but the result and errors."),
        click.option("-v", "--verbose", is_flag=True, help="Say on stderr what was seen of each asset, and what not."),
        click.option("--log-file", type=LOG_FILE, help="Append what happens to this file, as JSON lines (mode 0600)."),
    ):
        made = option(made)
    return made


def terminal_width() -> int:
    """Columns to write for: $COLUMNS, else the terminal's, else 100."""
    return shutil.get_terminal_size((100, 24)).columns


def _require_anchors(path: Path) -> None:
    """Read the roots now: a bad file must be known before anything is probed."""
    from auditor.probes.trust_store import trust_store  # noqa: PLC0415

    trust_store(path)


def _require_file(name: str, path: Path | None) -> None:
    from auditor.errors import UsageError  # noqa: PLC0415

    if path is not None and not path.is_file():
        raise UsageError(f"{name} names {path}, which is not a file.", "Name an existing file.")


def _require_url(name: str, url: str | None) -> None:
    """The URL is not repeated: somebody may have written a key into it."""
    from auditor.errors import UsageError  # noqa: PLC0415

    if url is not None and not _is_plain_url(url):
        raise UsageError(
            f"{name} is not a URL that can be used.",
            "Write https://host or https://host:port, without user, password, query or fragment.",
        )


def _is_plain_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that cannot be read
        return False
    return usable and not any(letter in "@?#" or letter.isspace() for letter in url)
