"""YAML text → plain values that remember where they stood. Bounded in size, depth and time; knows no key by name.

YAML 1.2 (ruamel.yaml): `yes` is a word, not a truth, and a date stays the text that was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from auditor.inventory.complaints import Complaint, Place, quoted
from auditor.inventory.syntax import explain

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Trail: TypeAlias = tuple[str | int, ...]  # the keys and indexes that lead to a value

MAX_DEPTH = 20  # the schema needs 6
MAX_VALUES = 100_000  # after aliases are followed, so a chain of aliases cannot multiply
CORE = "tag:yaml.org,2002:"
SCALARS = frozenset(CORE + kind for kind in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value"))

# `yes` and `no` count only in a file that says %YAML 1.1 at its top.
TRUTHS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "y": True, "n": False}

# Beside its own errors, ruamel.yaml 0.19 lets these out of its scanner for broken escapes and directives.
PARSER_FAILURES = (YAMLError, ValueError, OverflowError, RecursionError)


@dataclass(slots=True)
class Tree:
    """One document. `places` has every value's place by path, `key_places` the place of the key that names it."""

    file: str
    plain: Plain = None
    places: dict[Trail, Place] = field(default_factory=dict)
    key_places: dict[Trail, Place] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    refused: set[Trail] = field(default_factory=set)  # values that have their complaint; nothing of them is quoted

    def complain_of(self, path: Trail, message: str, meant: str | None = None, *, at_key: bool = False) -> None:
        """Complain of a value once: what follows from a first fault is no second one."""
        if not any(path[:length] in self.refused for length in range(len(path) + 1)):
            self.refused.add(path)
            self.complain(self.key_place_of(path) if at_key else self.place_of(path), message, meant)

    def complain(self, place: Place, message: str, meant: str | None = None) -> None:
        self.complaints.append(Complaint(self.file, place, message, meant))

    def place_of(self, path: Trail) -> Place:
        """Where the value stands; where it is missing, its nearest parent."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def key_place_of(self, path: Trail) -> Place:
        return self.key_places.get(path) or self.place_of(path)

    def at(self, *path: str | int) -> Plain:
        """The value at a path; None where there is none."""
        value = self.plain
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def walk(self, *path: str | int) -> Iterator[tuple[Trail, Plain]]:
        """Every value at and under a path, parents first. As deep as the tree may be, which is little."""
        value = self.at(*path)
        yield path, value
        if isinstance(value, dict | list):
            for part in value if isinstance(value, dict) else range(len(value)):
                yield from self.walk(*path, part)

    def entries(self, *path: str | int) -> Iterator[tuple[Trail, dict[str, Plain]]]:
        """The mappings in the list at a path, each with its own path."""
        rows = self.at(*path)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield (*path, index), row

    def texts(self, *path: str | int) -> Iterator[tuple[Trail, str]]:
        """The texts in the list at a path, each with its own path."""
        rows = self.at(*path)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, str):
                yield (*path, index), row


def plant(file: str, text: str) -> Tree:
    """Read one YAML document. What cannot be read at all leaves `plain` None and one complaint."""
    tree = Tree(file)
    try:
        root = _compose(text)
    except PARSER_FAILURES as error:
        place, message = explain(error if isinstance(error, MarkedYAMLError) else None)
        tree.complain(place, message)
        return tree
    if root is not None:
        grower = _Grower(tree)
        tree.plain = grower.value(root, ())
        if grower.overgrown:
            tree.plain = None
            tree.complaints[:] = [Complaint(file, grower.overgrown, "the aliases multiply to too many values.")]
    if tree.plain is None and not tree.complaints:
        tree.complain(Place(), "the file is empty: it needs at least schema, organisation, departments and systems.")
    return tree


def _compose(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False  # YAML 1.2 allows it, and a warning would print the file's words
    root: Node | None = yaml.compose(text)
    return root


class _Grower:
    """Turns nodes into plain values, once per tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.count = 0
        self.open: set[int] = set()  # nodes being grown: an alias to one of them would never end
        self.overgrown: Place | None = None

    def value(self, node: Node, path: Trail) -> Plain:
        place = place_of(node)
        self.tree.places[path] = place
        self.count += 1
        if self.count > MAX_VALUES or len(path) > MAX_DEPTH:
            self.overgrown = self.overgrown or place
            return None
        if id(node) in self.open:
            self.tree.complain_of(path, "an alias leads back into itself.")
            return None
        self.open.add(id(node))
        grown = self._grown(node, path)
        self.open.discard(id(node))
        return grown

    def _grown(self, node: Node, path: Trail) -> Plain:
        if isinstance(node, MappingNode) and node.tag == CORE + "map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and node.tag == CORE + "seq":
            return self._sequence(node, path)
        if isinstance(node, ScalarNode) and str(node.tag) in SCALARS:
            return _scalar(str(node.tag).removeprefix(CORE), str(node.value))
        self.tree.complain_of(path, "tags (words with !) are not read here.")
        return None

    def _sequence(self, node: SequenceNode, path: Trail) -> Plain:
        grown: list[Plain] = []
        for index, item in enumerate(node.value):
            if self.overgrown:
                break
            grown.append(self.value(item, (*path, index)))
        return grown

    def _mapping(self, node: MappingNode, path: Trail) -> Plain:
        grown: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if self.overgrown:
                break
            if key is None:
                continue
            if key in grown:
                first = self.tree.key_places[*path, key]
                self.tree.complain(
                    place_of(key_node), f"the key {quoted(key)} stands twice (first in line {first.line})."
                )
                continue
            self.tree.key_places[*path, key] = place_of(key_node)
            grown[key] = self.value(value_node, (*path, key))
        return grown

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.tag == CORE + "merge":
            self.tree.complain(place_of(node), "merge keys (<<) are not read here: write the keys out.")
            return None
        if not isinstance(node, ScalarNode) or not str(node.tag).startswith(CORE) or node.tag == CORE + "null":
            self.tree.complain(place_of(node), "a key must be a plain word.")
            return None
        return str(node.value)


def _scalar(kind: str, text: str) -> Plain:
    """Words become str; numbers, true, false and null become what they are; all else (dates too) stays text."""
    if kind == "null":
        return None
    if kind == "bool":
        return TRUTHS.get(text.lower(), text)
    return _number(text) if kind in ("int", "float") else text


def _number(text: str) -> int | float | str:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text  # 0x1F, 1:30 and the like: no key of the inventory takes them


def place_of(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
