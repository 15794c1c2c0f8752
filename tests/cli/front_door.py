"""Runs a command line through the front door, in this process: what it printed and how it left."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from auditor import cli
from auditor.cli.exits import guarded


@dataclass(frozen=True)
class Left:
    code: int
    out: str
    err: str


class FrontDoor:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back afterwards
        monkeypatch.setenv("NO_COLOR", "1")

    def __call__(self, *words: str) -> Left:
        with pytest.raises(SystemExit) as left:
            guarded(lambda: cli.cli.main(args=list(words), prog_name="auditor", standalone_mode=False))
        printed = self._capsys.readouterr()
        return Left(int(left.value.code or 0), printed.out, printed.err)
