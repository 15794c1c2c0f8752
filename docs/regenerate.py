"""Writes the generated documentation: three files of docs/, and the `--help` blocks of README.md.

`--check` only compares.

A block of README.md stands between `<!-- help: auditor check -->` and `<!-- /help -->`.
"""

from __future__ import annotations

import re
import sys
from difflib import unified_diff
from pathlib import Path

from click.testing import CliRunner

from auditor import plugins
from auditor.cli import cli
from auditor.reports import check_pages, csv_pages, schema

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- help: auditor(?P<words>[ a-z]*) -->\n).*?(<!-- /help -->)", re.DOTALL)


def help_of(words: list[str]) -> str:
    """What `auditor … --help` prints, 80 columns wide."""
    answer = CliRunner().invoke(cli, [*words, "--help"], prog_name="auditor", terminal_width=80)
    return answer.output


def generated() -> dict[Path, str]:
    """Every generated file, whole."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    filled = BLOCK.sub(lambda found: f"{found[1]}```text\n{help_of(found['words'].split())}```\n{found[3]}", readme)
    return {
        ROOT / "README.md": filled,
        ROOT / "docs" / "checks.md": check_pages.render(plugins.load().checks),
        ROOT / "docs" / "csv.md": csv_pages.render(),
        ROOT / "docs" / "report.schema.json": schema.render(),
    }


def main() -> int:
    """0 when nothing differs, or everything was written."""
    only_compare = "--check" in sys.argv[1:]
    differs = False
    for path, text in generated().items():
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        differs = True
        if only_compare:
            name = str(path.relative_to(ROOT))
            old, new = before.splitlines(keepends=True), text.splitlines(keepends=True)
            sys.stdout.writelines(unified_diff(old, new, name, "generated"))
        else:
            path.write_text(text, encoding="utf-8")
    return int(differs and only_compare)


if __name__ == "__main__":
    sys.exit(main())
