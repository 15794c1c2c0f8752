"""One file of an inventory, read on its own: its tree, its complaints, and what it says if its shape is right."""

from __future__ import annotations

from typing import Generic

from auditor.inventory.complaints import InventoryError
from auditor.inventory.fleets import expand
from auditor.inventory.include import Folder
from auditor.inventory.planting import plant
from auditor.inventory.schema import Document, Part
from auditor.inventory.secrecy import sweep
from auditor.inventory.shape import Shape, fit
from auditor.inventory.tree import Tree
from auditor.records import dataclass

NEEDS = {Document: "schema, organisation, departments and systems", Part: "schema and department"}
COPY = " (last good copy)"  # stands behind the file's name in complaints about what it said last time


@dataclass(frozen=True, slots=True)
class Page(Generic[Shape]):
    """`content` is None where something in the file does not fit its shape; `tree` then has the complaints."""

    tree: Tree
    content: Shape | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part, as it is served. `text` is None where the file could not be read."""

    name: str  # as written under `include`
    page: Page[Part]
    text: str | None
    proven: bool  # this very text was good last time: it is trusted more than one that is new


def open_page(file: str, text: str, shape: type[Shape]) -> Page[Shape]:
    """A text → its page. `file` is what complaints call it."""
    tree = plant(file, text, NEEDS[shape])
    if tree.plain is None:
        return Page(tree, None)
    sweep(tree)
    expand(tree)
    return Page(tree, fit(tree, shape))


def open_leaf(folder: Folder, name: str, proven: str | None) -> Leaf:
    """The part as it lies in the folder. `proven`: the text that was good last time, None if none is known."""
    try:
        text = folder.text(name)
    except InventoryError as error:
        nothing = Tree(folder.file(name), complaints=list(error.complaints))
        return Leaf(name=name, page=Page(nothing, None), text=None, proven=False)
    return Leaf(name=name, page=open_page(folder.file(name), text, Part), text=text, proven=text == proven)


def open_copy(folder: Folder, name: str, text: str) -> Leaf:
    """The part as it was when it was good last time."""
    return Leaf(name=name, page=open_page(folder.file(name) + COPY, text, Part), text=text, proven=True)
