"""Reads pages as a strict browser would, and as one that follows every link."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from xml.etree.ElementTree import Element

import html5lib
from html5lib.treebuilders import getTreeBuilder

from auditor.reports.html import Scorecard, pages

HEADINGS = re.compile(r"h([1-6])")


def read(card: Scorecard) -> dict[str, str]:
    """Every page by its path; no path comes twice."""
    listed = list(pages(card))
    assert not [path for path, count in Counter(path.lower() for path, _ in listed).items() if count > 1]
    return dict(listed)


def parsed(text: str) -> Element:
    """Raises html5lib's ParseError for any breach of the standard's syntax."""
    parser = html5lib.HTMLParser(tree=getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(text)
    return root


def tags(root: Element) -> Counter[str]:
    return Counter(str(element.tag).rpartition("}")[2] for element in root.iter())


def text_of(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def ids(root: Element) -> list[str]:
    return [element.attrib["id"] for element in root.iter() if "id" in element.attrib]


def hrefs(root: Element) -> Iterator[str]:
    for element in root.iter("a"):
        yield element.attrib["href"]


def broken_links(path: str, root: Element, known: Mapping[str, frozenset[str]]) -> list[str]:
    """Links of a page that lead to no page, or to no place on it. `known`: the ids of each page."""
    broken = []
    for href in hrefs(root):
        page, _, place = href.partition("#")
        target = normpath(join(dirname(path), page)) if page else path
        if target not in known or (place and place not in known[target]):
            broken.append(href)
    return broken


def heading_levels(root: Element) -> list[int]:
    found = (HEADINGS.fullmatch(str(element.tag)) for element in root.iter())
    return [int(match[1]) for match in found if match]
