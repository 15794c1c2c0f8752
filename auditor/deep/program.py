"""Play known attacks on TLS, harmlessly, against one address through sslyze, and print what the server did.

A program of its own (`python program.py ADDRESS PORT SERVER-NAME SECONDS TEST...`), run with the deep environment's
interpreter. It knows nothing of the auditor but how to ask it for a connection, which it does one at a time; it dials
nowhere itself, and prints no byte that the server sent.
It prints one line of JSON for each test, as soon as that test is over: {"schema", "tool", "test", "conversations"}.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """The other files of this folder become a package here, so that nothing is added to where Python looks."""
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location("deep", here / "__init__.py", submodule_search_locations=[str(here)])
    if spec is None:
        raise RuntimeError("a file has a spec")
    sys.modules["deep"] = importlib.util.module_from_spec(spec)
    importlib.import_module("deep.attacks").main(arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed there\n")
        sys.exit(os.EX_UNAVAILABLE)
