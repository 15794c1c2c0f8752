"""Assets against the scope: none outside the fence, none that is excluded, no two at one address."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from auditor.inventory import locators
from auditor.inventory.complaints import quoted
from auditor.inventory.rules import assets
from auditor.inventory.tree import Plain, Trail, Tree
from auditor.reach.fence import Fence, as_address

Read = TypeVar("Read")
LOCATOR = {"web": "url", "server": "host", "bucket": "name"}


def complain_of_addresses(tree: Tree) -> None:
    """Two assets at one address: the same thing would be counted twice."""
    first: dict[str, int] = {}
    for path, _, row in assets(tree):
        address = _address(row)
        if address is None:
            continue
        where = (*path, LOCATOR[str(row["kind"])])
        if address in first:
            tree.complain_of(where, f"this is the address of the asset in line {first[address]}.")
        first.setdefault(address, tree.place_of(where).line)


def complain_of_scope(tree: Tree) -> None:
    """Assets that the scope does not hold. Says nothing while the scope itself cannot be read."""
    scope = tree.at("scope")
    if not isinstance(scope, dict):
        return
    suffixes = _read_all(tree, locators.suffix, "dns_suffixes")
    networks = _read_all(tree, locators.network, "subnets")
    for path, _, row in assets(tree):
        host = _host(row)
        if host is None:
            continue
        where = (*path, LOCATOR[str(row["kind"])])
        if _complain_of_exclusion(tree, where, host) or suffixes is None or networks is None:
            continue
        fence = Fence(suffixes=frozenset(suffixes), networks=tuple(networks))
        if not (suffixes or networks) or not fence.admits(host):
            section = "subnets" if as_address(host) else "dns_suffixes"
            tree.complain_of(where, f"{quoted(host)} lies outside the scope: scope.{section} does not hold it.")
    _complain_of_accounts(tree)


def _complain_of_exclusion(tree: Tree, where: Trail, host: str) -> bool:
    for path, row in tree.entries("scope", "exclude"):
        match = _tried(locators.host, row.get("match"))
        if match and not Fence(excluded=frozenset({match})).admits(host):
            line = tree.place_of((*path, "match")).line
            tree.complain_of(where, f"{quoted(host)} is listed here and excluded in line {line}.")
            return True
    return False


def _complain_of_accounts(tree: Tree) -> None:
    known = {account for _, account in tree.texts("scope", "aws_accounts")}
    for path, _, row in assets(tree):
        if row.get("kind") != "bucket" or row.get("provider", "aws") != "aws":
            continue
        account = row.get("account")
        if account is None:
            tree.complain_of((*path, "account"), "there is a scope, so this bucket needs the account that owns it.")
        elif isinstance(account, str) and account not in known:
            outside = f"{quoted(account)} lies outside the scope: scope.aws_accounts does not hold it."
            tree.complain_of((*path, "account"), outside)


def _address(row: dict[str, Plain]) -> str | None:
    """Where an asset lies, comparable; None where its entry cannot be read. Who logs in makes no difference."""
    kind = row.get("kind")
    if kind == "web":
        return _tried(locators.web_address, row.get("url"))
    if kind == "bucket":
        name = _tried(locators.bucket_name, row.get("name"))
        return locators.bucket_address(name) if name else None
    host, port = _tried(locators.host, row.get("host")), row.get("port", 22)
    return locators.ssh_address(host, port) if kind == "server" and host and isinstance(port, int) else None


def _host(row: dict[str, Plain]) -> str | None:
    if row.get("kind") == "web":
        address = _tried(locators.web_address, row.get("url"))
        return locators.host_of(address) if address else None
    return _tried(locators.host, row.get("host")) if row.get("kind") == "server" else None


def _tried(read: Callable[[str], Read], value: Plain) -> Read | None:
    """What a locator makes of a value; None if nothing."""
    try:
        return read(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read_all(tree: Tree, read: Callable[[str], Read], section: str) -> list[Read] | None:
    """A list of the scope, read; None if any of it cannot be."""
    value = tree.at("scope", section)
    if value is None:
        return []
    read_rows = [_tried(read, text) for _, text in tree.texts("scope", section)]
    rows = [row for row in read_rows if row is not None]
    return rows if isinstance(value, list) and len(rows) == len(value) else None
