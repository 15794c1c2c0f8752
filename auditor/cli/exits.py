"""Exit codes, and how an error becomes one sentence. The numbers are a contract (README, "Exit codes")."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from types import TracebackType
from typing import NoReturn

import click

from auditor.errors import AuditorError


class Exit(IntEnum):
    COMPLETE = 0
    GATE_NOT_MET = 1
    UNUSABLE = 2
    INCOMPLETE = 3
    INTERNAL = 4
    NOT_VERIFIED = 5
    INTERRUPTED = 130


def finish(*, gate_met: bool, complete: bool, exit_zero: bool = False) -> NoReturn:
    """Leave with the code that fits; a gate that is not met wins over what could not be seen."""
    if exit_zero:
        sys.exit(Exit.COMPLETE)
    sys.exit(Exit.COMPLETE if gate_met and complete else Exit.INCOMPLETE if gate_met else Exit.GATE_NOT_MET)


def guarded(command: Callable[[], object]) -> NoReturn:
    """Run the command line; every way out has its code."""
    sys.excepthook = _crashed
    try:
        left = command()  # click gives the code of its own `Context.exit` back as a value
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.UNUSABLE)
    except AuditorError as error:
        click.echo(f"{error.speaker}{error}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("auditor: interrupted.", err=True)
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us went away; there is nobody to tell
        sys.exit(Exit.COMPLETE)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo("auditor: there is no room left for what is printed. Make room, or print it elsewhere.", err=True)
        _forget_what_is_left()
        sys.exit(Exit.INTERNAL)
    sys.exit(left if isinstance(left, int) else Exit.COMPLETE)


def _forget_what_is_left() -> None:
    """Python writes out at its end what is still buffered, and would complain a second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours must not leave with 1, which says that a gate is not met."""
    traceback.print_tb(trace)  # the error's own words may quote a target
    click.echo(f"{kind.__name__}", err=True)
    click.echo("auditor: this is a bug; please report the lines above. Nothing after it was done.", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Exit.INTERNAL)
