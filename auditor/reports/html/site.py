"""Which pages there are, in which order, and how each is made of its view and its template."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.reports.html import Scorecard, names
from auditor.reports.html.book import Book, Home
from auditor.reports.html.check import check_page, check_row
from auditor.reports.html.city import city_page, system_row
from auditor.reports.html.press import Press
from auditor.reports.html.run import run_note
from auditor.reports.html.sizes import Level, first, fitted
from auditor.reports.html.system import system_page

LISTED = 100  # systems on one page of the list


class Site:
    """All pages of one scorecard."""

    def __init__(self, card: Scorecard) -> None:
        self._book = Book(card)
        self._press = Press()
        self._run = run_note(self._book)

    def pages(self) -> Iterator[tuple[str, str]]:
        book = self._book
        yield self._page("index.html", "city.html.j2", lambda level: city_page(book, level))
        yield from self._lists()
        for home in book.homes:
            yield self._system(home)
        yield self._all_checks()
        for check_id in book.check_ids:
            yield self._check(check_id)

    def _lists(self) -> Iterator[tuple[str, str]]:
        """Every system, by name."""
        homes = sorted(self._book.homes, key=lambda home: (home.system.name, home.system.id))
        starts = range(0, max(1, len(homes)), LISTED)
        for number, start in enumerate(starts, 1):
            yield self._list(number, len(starts), homes[start : start + LISTED])

    def _list(self, number: int, numbers: int, homes: list[Home]) -> tuple[str, str]:
        def view(_: Level) -> object:
            return {
                "rows": [(system_row(home, self._book, "../"), self._department(home)) for home in homes],
                "number": number,
                "pages": [(n, names.href(names.list_page(n), "../")) for n in range(1, numbers + 1)],
                "count": len(self._book.homes),
            }

        return self._page(names.list_page(number), "systems.html.j2", view, "../")

    def _department(self, home: Home) -> str:
        return self._book.departments.get(home.system.department, home.system.department)

    def _system(self, home: Home) -> tuple[str, str]:
        path = names.system_page(home.system.id)
        return self._page(path, "system.html.j2", lambda level: system_page(self._book, home, level), "../")

    def _all_checks(self) -> tuple[str, str]:
        ids = self._book.check_ids

        def view(level: Level) -> object:
            return first(ids, 3 * level.rows, lambda check_id: check_row(self._book, check_id))

        return self._page("checks/index.html", "checks.html.j2", view, "../")

    def _check(self, check_id: str) -> tuple[str, str]:
        path = names.check_page(check_id)
        return self._page(path, "check.html.j2", lambda level: check_page(self._book, check_id, level), "../")

    def _page(self, path: str, template: str, view: Callable[[Level], object], base: str = "") -> tuple[str, str]:
        def render(level: Level) -> str:
            return self._press.print(template, level, page=view(level), base=base, city=self._book.city, run=self._run)

        return path, fitted(render)
