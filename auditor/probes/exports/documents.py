"""JSON that another tool wrote: bounded, no key twice, and every value asked for its type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from auditor.facts.base import target_text
from auditor.probes.exports.rows import text_of, unusable
from auditor.reach import ExportFile

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def document(file: ExportFile) -> Json:
    """The file as one value. Raises Unreachable with the line."""
    return _parsed(text_of(file.content, file.name), file.name, 1)


def lines(file: ExportFile) -> Iterator[tuple[int, Json]]:
    """One value a line, with its number; a file that is one value as a whole comes as line 1. Raises Unreachable."""
    text = text_of(file.content, file.name)
    if not text.lstrip().startswith("{") or _is_whole(text):
        yield 1, _parsed(text, file.name, 1)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _parsed(line, file.name, number)


def _is_whole(text: str) -> bool:
    """Is it one object over several lines? A log of objects has a second one where the first ends."""
    first, _, rest = text.strip().partition("\n")
    return bool(rest) and not first.rstrip().endswith("}")


def _parsed(text: str, name: str, line: int) -> Json:
    try:
        value: Json = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise unusable(name, line + error.lineno - 1, f"it is not JSON from here on ({error.msg})") from error
    except RecursionError as error:
        raise unusable(name, line, "its values are nested too deep") from error
    except ValueError as error:  # a key twice, a number of thousands of digits
        raise unusable(name, line, str(error) if "stands twice" in str(error) else "a number is too long") from error
    return value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key in made if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {target_text(twice, 40)!r} stands twice")
    return made


def mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def mappings(value: Json) -> Iterator[dict[str, Json]]:
    """The mappings in a list; nothing of anything else."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def texts(value: Json) -> tuple[str, ...]:
    return tuple(target_text(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def word(row: Mapping[str, Json], key: str) -> str:
    """A text or a number as text; "" for anything else."""
    value = row.get(key)
    if isinstance(value, str):
        return target_text(value.strip())
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else ""
