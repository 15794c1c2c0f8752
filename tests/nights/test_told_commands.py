"""What pages and texts tell a reader to type works as it stands there, whichever store the run was told."""

from __future__ import annotations

import html
import re
import shlex
import shutil
import subprocess

import pytest

from tests.nights.village import Village

OF_A_STORE = ("run", "diff", "report", "judge", "explain", "store")
AT_A_LINES_END = re.compile(r"(?m)(?:^|: )\s*(auditor (?:{})\b[^`\n]*)$".format("|".join(OF_A_STORE)))
BETWEEN_QUOTES = re.compile(r"`(auditor (?:{})\b[^`]*)`".format("|".join(OF_A_STORE)))


@pytest.fixture(autouse=True)
def alone(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but --store leads to the store, nothing but what is typed to the inventory, and lines are short."""
    monkeypatch.setenv("XDG_STATE_HOME", str(village.folder / "elsewhere"))
    monkeypatch.delenv("AUDITOR_STORE", raising=False)
    monkeypatch.setenv("COLUMNS", "60")


def two_nights(village: Village) -> None:
    village.list("hall/front")
    village.show(front="locked")
    village.run("-q")
    village.sleep()
    village.show(front="open")
    village.sleep()


def commands(text: str) -> set[str]:
    """What a reader may type of a text, word for word."""
    found = {*AT_A_LINES_END.findall(text), *BETWEEN_QUOTES.findall(text)}
    return {said.strip() for said in found}


def require_that_they_work(village: Village, said: set[str]) -> None:
    assert said
    for command in said:
        program, *words = shlex.split(command)
        assert program == "auditor"
        left = village.auditor(*words)
        assert left.code in (0, 1), (command, left.err)
    assert not (village.folder / "elsewhere").exists()


def test_a_digest(village: Village) -> None:
    two_nights(village)
    said = commands(village.run("--digest", "-q").out)
    assert {command.split()[1] for command in said} == {"explain", "diff"}
    require_that_they_work(village, said)


def test_a_diff(village: Village) -> None:
    two_nights(village)
    village.run("-q")
    require_that_they_work(village, commands(village.ask("diff").out))


@pytest.mark.parametrize("asked", [("door-open",), ("hall/front",), ("hall",), ("hall/front", "door-open")])
def test_an_explanation(village: Village, asked: tuple[str, ...]) -> None:
    village.list("hall/front")
    village.show(front={"a": "open", "b": "open"})
    village.run("-q")
    said = commands(village.ask("explain", *asked).out)
    lookups = {command for command in said if command.startswith("auditor explain ")}
    require_that_they_work(village, lookups)
    assert all(f"--store {village.store}" in command for command in said)


def test_the_pages(village: Village) -> None:
    two_nights(village)
    village.run("-q")
    village.ask("report html", "--out", str(village.folder / "site"))
    pages = "\n".join(path.read_text() for path in sorted((village.folder / "site").rglob("*.html")))
    said = commands(html.unescape(re.sub(r"<[^>]+>", "\n", pages)))
    assert {command.split()[1] for command in said} == {"judge", "explain", "run"}
    assert all(f"--store {village.store}" in command for command in said)
    require_that_they_work(village, {command for command in said if not command.startswith("auditor run ")})


def test_a_ticket(village: Village) -> None:
    two_nights(village)
    village.run("-q")
    village.ask("report tickets", "--out", str(village.folder / "tickets"))
    texts = "\n".join(path.read_text() for path in (village.folder / "tickets").iterdir())
    assert commands(texts) == {f"auditor run --only system=hall --store {village.store}"}


@pytest.mark.parametrize("words", [("judge", "none"), ("explain", "zq/zq"), ("diff", "none", "last")])
def test_an_errors_advice(village: Village, words: tuple[str, ...]) -> None:
    two_nights(village)
    left = village.ask(words[0], *words[1:])
    assert left.code == 2
    require_that_they_work(village, {command for command in commands(left.err) if "auditor checks" not in command})


def test_the_first_run_is_made_with_the_words_of_the_advice(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inventory is the one that is found by itself; the store is not."""
    village.list("hall/front")
    village.show(front="locked")
    left = village.ask("judge", "last")
    monkeypatch.chdir(village.folder)
    require_that_they_work(village, commands(left.err))
    assert village.ask("judge", "last").code == 0


def test_without_store_nothing_is_added(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the variable reaches the same store, and a URL in it may hold a password."""
    monkeypatch.setenv("AUDITOR_STORE", str(village.store))
    two_nights(village)
    left = village.auditor("explain", "door-open")
    assert commands(left.out) == {"auditor explain hall/front door-open"}


def test_a_store_whose_name_needs_quotes(village: Village) -> None:
    store = village.folder / "a store's"
    store.mkdir(mode=0o700)
    two_nights(village)
    shutil.copy(village.store, store / "it.db")
    left = village.auditor("explain", "door-open", f"--store={store / 'it.db'}")
    require_that_they_work(village, commands(left.out))


def test_what_makes_a_store_usable_again(village: Village) -> None:
    """Others may read it: the words of the advice, typed into a shell, mend that."""
    folder = village.folder / "a store's; exit 7"
    folder.mkdir(mode=0o700)
    two_nights(village)
    shutil.copy(village.store, folder / "it.db")
    (folder / "it.db").chmod(0o644)
    folder.chmod(0o777)
    for _ in range(2):
        left = village.auditor("explain", "door-open", f"--store={folder / 'it.db'}")
        assert left.code == 2
        subprocess.run(left.err.partition(" Run: ")[2], shell=True, check=True)
    assert village.auditor("explain", "door-open", f"--store={folder / 'it.db'}").code == 0
