"""Views → HTML. Whatever a page prints comes through here: escaped, without invisible characters, and cut."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from auditor.reports.harmless import for_terminal
from auditor.reports.html.sizes import LEVELS, Level

GENERATOR = "encryption compliance auditor: scorecard"
CODE = re.compile(r"`([^`]+)`")


class Press:
    """Prints one page after the other; the templates are compiled once."""

    def __init__(self) -> None:
        self._longest = LEVELS[0].text  # Jinja shows the constants of a template while it compiles it
        self._environment = Environment(
            loader=FunctionLoader(_template),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=self._shown,
        )
        style = "\n".join(filter(None, (line.strip() for line in _read("style.css").splitlines())))
        self._environment.filters["prose"] = self._prose
        self._environment.globals.update(
            style=Markup(style),  # noqa: S704 - a file of ours
            policy=f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
            generator=GENERATOR,
        )

    def print(self, template: str, level: Level, **values: object) -> str:
        """One page, on which no value is longer than the level says."""
        self._longest = level.text
        return self._environment.get_template(template).render(level=level, **values)

    def _shown(self, value: object) -> object:
        """Called by Jinja for each value before it is escaped; what is Markup was made harmless before."""
        return self._harmless(value) if type(value) is str else value

    def _harmless(self, text: str) -> str:
        """Cut first: what becomes visible may be eight times as long. Then again, for the same reason."""
        shown = for_terminal(text[: self._longest + 1])
        return shown if len(shown) <= self._longest else f"{shown[: self._longest - 1]}…"

    def _prose(self, text: str) -> Markup:
        """A docstring's sentences, with `code` between backticks. Cut as one value, at twice the usual length."""
        whole = for_terminal(text[: 2 * self._longest])
        shown = whole if len(text) <= 2 * self._longest else f"{whole[: 2 * self._longest - 1]}…"
        return Markup(CODE.sub(r'<code translate="no">\1</code>', str(escape(shown))))  # noqa: S704 - just escaped


def _template(name: str) -> str:
    return _read(f"templates/{name}")


def _read(name: str) -> str:
    return (resources.files("auditor.reports.html") / name).read_text(encoding="utf-8")


def _hash(style: str) -> str:
    """As a Content-Security-Policy names an inline style (CSP 3 section 2.3.1, hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
