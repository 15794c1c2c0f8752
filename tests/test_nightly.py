"""The units and the crontab of docs/nightly: right as they stand, and run, night after night, against a small town."""

from __future__ import annotations

import os
import re
from datetime import date

from auditor.rig.web import Site
from tests.nightly_rig import (  # noqa: F401 - fixtures
    CRON,
    NAME,
    NIGHTLY,
    PAGE,
    SERVICE,
    SHIPPED,
    SHIPPED_CRONTAB,
    Cron,
    Nights,
    Printed,
    cron_of_the_page,
    crontab,
    nights_of_a_town,
)
from tests.run_rig import the_town  # noqa: F401 - a fixture


def test_the_first_night_is_mailed_as_a_baseline(cron: Cron) -> None:
    """Names may be in any language: without a LANG, too, they are UTF-8, as the crontab tells the mail's reader."""
    first = cron.run(NIGHTLY)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"{NAME}: the first run, a baseline; city C")


def test_a_night_without_a_change_is_silent_and_one_with_a_change_is_mailed_as_a_digest(
    cron: Cron, nights: Nights
) -> None:
    nights.town.write()
    cron.run(NIGHTLY)
    assert cron.run(NIGHTLY) == Printed(0, "", "")
    nights.serve("www.elm.example", Site())
    third = cron.run(NIGHTLY)
    assert (third.code, third.err) == (1, "")
    assert third.out.splitlines()[0] == "Town of Elm: 1 regressed; city C"
    assert "site/www web-hsts-missing" in third.out
    assert third.out.isascii()
    assert cron.run(NIGHTLY) == Printed(0, "", ""), "what is known is not mailed again"
    nights.serve("www.elm.example", Site(hsts="max-age=31536000"))
    fixed = cron.run(NIGHTLY)
    assert (fixed.code, fixed.err) == (0, "")
    assert fixed.out.startswith("Town of Elm: 1 fixed; ")


def test_a_night_that_could_not_see_everything_is_mailed_once(cron: Cron, nights: Nights) -> None:
    cron.run(NIGHTLY)
    nights.silence("desk.elm.example")
    dark = cron.run(NIGHTLY)
    assert (dark.code, dark.err) == (3, "")
    assert "not seen now" in dark.out
    assert "desk/form" in dark.out
    assert cron.run(NIGHTLY) == Printed(3, "", "")


def test_a_night_that_did_not_work_is_mailed_as_one_line(cron: Cron, nights: Nights) -> None:
    nights.town.inventory.write_text("schema: inventory/v1\n")
    left = cron.run(NIGHTLY)
    assert (left.code, left.out) == (2, "")
    assert "inventory.yaml:" in left.err


def test_what_a_night_leaves_is_for_its_owners_eyes_alone(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = [path for name in ("var/lib", "var/log") for path in (cron.folder / name / "auditor").rglob("*")]
    names = {path.relative_to(cron.folder / "var").as_posix() for path in left}
    assert {"lib/auditor/store.db", "lib/auditor/report/report.json", "log/auditor/audit.jsonl"} <= names
    assert {oct(path.stat().st_mode & 0o077) for path in left} == {"0o0"}


def test_a_night_that_did_not_come_to_its_end_is_missed_in_the_morning(cron: Cron) -> None:
    words = "auditor: no run came to its end in the last 26 hours\n"
    assert cron.run("find ").out == words
    cron.run(NIGHTLY)
    assert cron.run("find ") == Printed(0, "", "")
    report = cron.folder / "var" / "lib" / "auditor" / "report" / "report.json"
    long_ago = report.stat().st_mtime - 27 * 3600
    os.utime(report, (long_ago, long_ago))
    assert cron.run("find ") == Printed(0, words, "")


def test_the_weekly_copy_is_made_and_said(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = cron.run("auditor store backup")
    assert left.code == 0
    (copy,) = (cron.folder / "var" / "backups" / "auditor").iterdir()
    assert copy.name == f"store-{date.today().isoformat()}.db"  # noqa: DTZ011 - as `date` says it
    assert str(copy) in left.out + left.err
    assert copy.stat().st_mode & 0o077 == 0


def test_the_monthly_forgetting_works_without_a_terminal(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = cron.run("auditor store prune")
    assert (left.code, left.out) == (0, "")
    assert "nothing to prune" in left.err


def test_mail_says_what_characters_it_is_written_in() -> None:
    assert SHIPPED_CRONTAB.variables["CONTENT_TYPE"] == "text/plain; charset=UTF-8"
    assert "@" in SHIPPED_CRONTAB.variables["MAILTO"]


# The page.


def test_the_page_and_the_files_speak_of_the_same_places() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = "".join((SHIPPED / name).read_text(encoding="utf-8") for name in (SERVICE, CRON))
    named = set(re.findall(r"/(?:etc|var/\w+)/auditor/[a-z.]*", files))
    assert named
    assert {path for path in named if path.removesuffix("store") not in page} == set()


def test_the_weekly_lines_of_the_page_are_lines_of_a_crontab() -> None:
    (block,) = re.findall(
        r"^```sh\n(10 2 \* \* 1-6 .*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    weekday, sunday = crontab(block).commands
    assert sunday == SHIPPED_CRONTAB.command(NIGHTLY)
    assert weekday.replace("--tier nightly --tier privileged --tier online ", "") == sunday


def test_a_weekday_without_the_deep_tier_is_silent_and_complete(nights: Nights, cron: Cron) -> None:
    nights.town.write(('kind: web, url: "https://www', 'kind: web, tiers: [nightly, deep], url: "https://www'))
    cron.run(NIGHTLY)
    weekday = Cron(cron.folder, f"{cron.options} --tier nightly --tier privileged --tier online")
    assert weekday.run(NIGHTLY) == Printed(0, "", "")
