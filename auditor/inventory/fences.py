"""Assets against the scope: none outside the fence, none that is excluded, no two at one address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from auditor.inventory import locators
from auditor.inventory.complaints import quoted
from auditor.inventory.ssh_profiles import SECTION
from auditor.inventory.tree import Plain, Trail
from auditor.inventory.twins import refuse_twins
from auditor.inventory.whole import Whole
from auditor.reach.fence import Fence, as_address

Read = TypeVar("Read")
LOCATOR = {
    "web": "url",
    "server": "host",
    "bucket": "name",
    "account": "account",
    "tls": "address",
    "mx": "host",
    "devices": "file",
}


def complain_of_addresses(whole: Whole) -> None:
    """Two assets at one address: the same thing would be counted twice."""
    located = ((_where(path, row), address) for path, _, row in whole.assets for address in _addresses(row, whole))
    refuse_twins(whole, located, lambda _, line: f"this is the address of the asset in {line}.")


def complain_of_scope(whole: Whole) -> None:
    """Assets that the scope does not hold. Says nothing while the scope itself cannot be read."""
    scope = whole.at("scope")
    if not isinstance(scope, dict):
        return
    suffixes = _read_all(whole, locators.suffix, "dns_suffixes")
    networks = _read_all(whole, locators.network, "subnets")
    fence = (
        None if suffixes is None or networks is None else Fence(suffixes=frozenset(suffixes), networks=tuple(networks))
    )
    excluded = list(_exclusions(whole))
    for where, host in (*_hosts(whole), *_jump_hosts(whole)):
        if not _complain_of_exclusion(whole, where, host, excluded) and fence is not None:
            _complain_of_stranger(whole, where, host, fence)
    _complain_of_accounts(whole)


def _complain_of_stranger(whole: Whole, where: Trail, host: str, fence: Fence) -> None:
    if not (fence.suffixes or fence.networks) or not fence.admits(host):
        section = "subnets" if as_address(host) else "dns_suffixes"
        whole.complain_of(where, f"{quoted(host)} lies outside the scope: scope.{section} does not hold it.")


def _hosts(whole: Whole) -> Iterator[tuple[Trail, str]]:
    for path, _, row in whole.assets:
        if host := _host(row):
            yield _where(path, row), host


def _jump_hosts(whole: Whole) -> Iterator[tuple[Trail, str]]:
    profiles = whole.at(SECTION)
    for name in profiles if isinstance(profiles, dict) else ():
        if host := _tried(locators.host, whole.at(SECTION, name, "jump", "host")):
            yield (SECTION, name, "jump", "host"), host


def _exclusions(whole: Whole) -> Iterator[tuple[Trail, Fence]]:
    """Where each exclusion stands, and a fence that holds all but what it excludes."""
    for path, row in whole.entries("scope", "exclude"):
        if match := _tried(locators.host, row.get("match")):
            yield (*path, "match"), Fence(excluded=frozenset({match}))


def _complain_of_exclusion(whole: Whole, where: Trail, host: str, excluded: list[tuple[Trail, Fence]]) -> bool:
    for path, fence in excluded:
        if not fence.admits(host):
            line = whole.line_of(path, where)
            whole.complain_of(where, f"{quoted(host)} is listed here and excluded in {line}.")
            return True
    return False


def complain_of_numbers(whole: Whole) -> None:
    """Accounts of AWS without the number that says which: a credential alone would decide whose buckets are counted."""
    for path, _, row in whole.assets:
        if row.get("kind") == "account" and row.get("provider", "aws") == "aws" and "account" not in row:
            whole.complain_of(path, "an account of AWS needs its number: account, 12 digits in quotes.")


def _complain_of_accounts(whole: Whole) -> None:
    known = {account for _, account in whole.texts("scope", "aws_accounts")}
    for path, _, row in whole.assets:
        if row.get("kind") not in ("bucket", "account") or row.get("provider", "aws") != "aws":
            continue
        account = row.get("account")
        if account is None and row.get("kind") == "bucket":
            whole.complain_of((*path, "account"), "there is a scope, so this bucket needs the account that owns it.")
        elif isinstance(account, str) and account not in known:
            outside = f"{quoted(account)} lies outside the scope: scope.aws_accounts does not hold it."
            whole.complain_of((*path, "account"), outside)


def _where(path: Trail, row: dict[str, Plain]) -> Trail:
    """Where an asset's entry says where it lies."""
    return (*path, LOCATOR.get(str(row.get("kind")), "id"))


def _addresses(row: dict[str, Plain], whole: Whole) -> list[str | None]:
    """An asset's address; of machines of an export that are named, one for each: others may stand in another asset."""
    hosts, file = row.get("hosts"), row.get("file")
    if row.get("kind") != "devices" or not isinstance(file, str):
        return [_address(row, whole)]
    named = hosts if isinstance(hosts, list) else [""]
    return [f"{locators.export_address(file)}#{name.casefold()}" for name in named if isinstance(name, str)]


def _address(row: dict[str, Plain], whole: Whole) -> str | None:
    """Where an asset lies, comparable; None where its entry cannot be read. Who logs in makes no difference."""
    kind = row.get("kind")
    if kind == "web":
        return _tried(locators.web_address, row.get("url"))
    if kind == "bucket":
        name = _tried(locators.bucket_name, row.get("name"))
        return locators.bucket_address(name) if name else None
    if kind == "account":
        number, credential = row.get("account"), row.get("credential")
        texts = (number if isinstance(number, str) else None, credential if isinstance(credential, str) else None)
        return locators.account_address(str(row.get("provider", "aws")), *texts)
    if kind == "tls":
        return _tried(locators.port_of, row.get("address"))
    host, port = _tried(locators.host, row.get("host")), row.get("port", _usual_port(row, whole))
    if kind == "mx":
        return locators.mx_port(host) if host else None
    return locators.ssh_address(host, port) if kind == "server" and host and isinstance(port, int) else None


def _usual_port(row: dict[str, Plain], whole: Whole) -> Plain:
    """Of a server that names none itself."""
    profile = row.get("ssh")
    return (whole.at(SECTION, profile, "port") if isinstance(profile, str) else None) or 22


def _host(row: dict[str, Plain]) -> str | None:
    if row.get("kind") == "web":
        address = _tried(locators.web_address, row.get("url"))
        return locators.host_of(address) if address else None
    if row.get("kind") == "tls":
        address = _tried(locators.tls_address, row.get("address"))
        return locators.host_of(address) if address else None
    return _tried(locators.host, row.get("host")) if row.get("kind") in ("server", "mx") else None


def _tried(read: Callable[[str], Read], value: Plain) -> Read | None:
    """What a locator makes of a value; None if nothing."""
    try:
        return read(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read_all(whole: Whole, read: Callable[[str], Read], section: str) -> list[Read] | None:
    """A list of the scope, read; None if any of it cannot be."""
    value = whole.at("scope", section)
    if value is None:
        return []
    read_rows = [_tried(read, text) for _, text in whole.texts("scope", section)]
    rows = [row for row in read_rows if row is not None]
    return rows if isinstance(value, list) and len(rows) == len(value) else None
