"""The AWS commands that fixes print are commands of AWS's own CLI, with all that they require, by its own models."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from itertools import pairwise

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import StructureShape
from botocore.validate import ParamValidator

from auditor import plugins

COMMAND = re.compile(r"`(aws (?!s3 )[^`]+)`")
OF_EVERY_COMMAND = {"--region", "--query", "--output", "--endpoint-url"}
FILLED_BY_THE_CLI = {"ClientToken"}


def commands() -> tuple[str, ...]:
    """Each once, in the order of the checks. `aws s3 …` has no model: it is a program of its own."""
    return tuple(dict.fromkeys(line for check in plugins.load().checks for line in COMMAND.findall(check.fix)))


@cache
def operations(service: str) -> dict[str, StructureShape]:
    """What the commands of a service take."""
    model = botocore.session.get_session().get_service_model({"s3api": "s3"}.get(service, service))
    return {xform_name(name, "-"): model.operation_model(name).input_shape for name in model.operation_names}


def test_there_are_commands() -> None:
    assert len(commands()) > 50


@pytest.mark.parametrize("command", commands())
def test_it_is_a_command_with_all_that_it_requires(command: str) -> None:
    """A bare name of a command says which one it is, and no more."""
    _, service, operation, *words = shlex.split(command)
    takes = operations(service)[operation]
    names = {f"--{xform_name(name, '-')}": name for name in takes.members}
    switches = {option: name for option, name in names.items() if takes.members[name].type_name == "boolean"}
    names |= {option.replace("--", "--no-", 1): name for option, name in switches.items()}
    options = [word for word in words if word.startswith("--") and word not in OF_EVERY_COMMAND]
    assert set(options) <= names.keys()
    given = {names[option] for option in options}
    assert not given or set(takes.required_members) - given <= FILLED_BY_THE_CLI
    for option, value in pairwise(words):
        if value.startswith("{"):
            document = json.loads(re.sub(r":N\b", ":1", value))
            assert not ParamValidator().validate(document, takes.members[names[option]]).has_errors()
