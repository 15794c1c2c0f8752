"""YAML text → a tree, by the YAML parser. Bounded in size, depth and time; knows no key by name.

YAML 1.2 (ruamel.yaml): `yes` is a word, not a truth, and a date stays the text that was written.
"""

from __future__ import annotations

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from auditor.inventory.complaints import Complaint, Place, quoted
from auditor.inventory.syntax import explain
from auditor.inventory.tree import MAX_VALUES, Places, Plain, Survey, Trail, Tree

TOO_MUCH = "too many values: its aliases multiply, or this is no inventory."
MAX_DEPTH = 20  # the schema needs 6
CORE = "tag:yaml.org,2002:"
SCALARS = frozenset(CORE + kind for kind in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value"))

# `yes` and `no` count only in a file that says %YAML 1.1 at its top.
TRUTHS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "y": True, "n": False}

# Beside its own errors, ruamel.yaml 0.19 lets these out of its scanner for broken escapes and directives.
PARSER_FAILURES = (YAMLError, ValueError, OverflowError, RecursionError)


def parse(file: str, text: str, needs: str) -> Tree:
    """Read one YAML document. What cannot be read at all leaves `plain` None and one complaint.

    `needs`: what an empty file is told to hold, as words.
    """
    tree = Tree(file)
    try:
        root = _compose(text)
    except PARSER_FAILURES as error:
        place, message = explain(error if isinstance(error, MarkedYAMLError) else None)
        tree.complain(place, message)
        return tree
    if root is not None:
        grower = _Grower(tree)
        places = grower.places
        tree.survey = Survey(lambda: places)
        tree.plain = grower.value(root, ())
        if grower.overgrown:
            tree.plain = None
            tree.complaints[:] = [Complaint(file, grower.overgrown, TOO_MUCH)]
    if tree.plain is None and not tree.complaints:
        tree.complain(Place(), f"the file is empty: it needs at least {needs}.")
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
        self.places = Places()
        self.count = 0
        self.open: set[int] = set()  # nodes being grown: an alias to one of them would never end
        self.overgrown: Place | None = None

    def value(self, node: Node, path: Trail) -> Plain:
        place = place_of(node)
        self.places.values[path] = place
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
                first = self.places.keys[*path, key]
                self.tree.complain(
                    place_of(key_node), f"the key {quoted(key)} stands twice (first in line {first.line})."
                )
                continue
            self.places.keys[*path, key] = place_of(key_node)
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
