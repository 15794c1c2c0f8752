"""The SDK's models, cut down: what is asked is described as before, and nothing else is there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.regions import EndpointResolver

from auditor.reach.s3_actions import ACTIONS
from auditor.reach.s3_models import ASKED, PREFIXES, SERVICES, asked_of, service_models, without_prose

TYPES = ("service-2", "endpoint-rule-set-1")  # what the SDK looks for, of each service


def reachable(model: dict[str, Any], name: str, known: dict[str, Any]) -> dict[str, Any]:
    """A shape and all that it is made of."""
    if name in known:
        return known
    shape = known[name] = model["shapes"][name]
    inner = [*shape.get("members", {}).values(), *(shape[key] for key in ("member", "key", "value") if key in shape)]
    for one in inner:
        reachable(model, one["shape"], known)
    return known


def test_the_services_are_those_of_the_sdk() -> None:
    assert {name.partition(":")[0] for name in ACTIONS} == set(SERVICES)
    for one in TYPES:
        assert set(SERVICES) <= set(create_loader().list_available_services(one))


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"ec2"}))  # whose model takes long to read
def test_what_is_asked_is_described_as_before(service: str) -> None:
    whole = create_loader().load_service_model(service, "service-2")
    fresh = service_models.__wrapped__()  # clients of other tests have written into the one that is kept
    ours = fresh.load_service_model(service, "service-2")
    asked = {name.partition(":")[2] for name in ACTIONS if name.startswith(f"{service}:")}
    assert asked <= ours["operations"].keys() <= ASKED
    for name in ours["operations"]:
        assert ours["operations"][name] == without_prose(whole["operations"][name])
        for end in ("input", "output"):
            if end in whole["operations"][name]:
                shape = whole["operations"][name][end]["shape"]
                assert reachable(ours, shape, {}) == without_prose(reachable(whole, shape, {}))
    assert all("type" in shape for shape in ours["shapes"].values())  # the SDK looks at each, for the errors among them
    assert len(ours["shapes"]) < len(whole["shapes"])
    assert ours["metadata"] == whole["metadata"]


def test_where_a_service_lies_is_told_as_before() -> None:
    loader, fresh = create_loader(), service_models.__wrapped__()
    named = {
        loader.load_service_model(one, "service-2")["metadata"]["endpointPrefix"] for one in set(SERVICES) - {"ec2"}
    }
    assert named | {"ec2"} == PREFIXES
    whole, ours = (EndpointResolver(one.load_data("endpoints")) for one in (loader, fresh))
    assert whole.get_available_partitions() == ours.get_available_partitions()
    for partition in whole.get_available_partitions():
        for name in PREFIXES:
            for regions in ({"allow_non_regional": False}, {"allow_non_regional": True}):
                places = whole.get_available_endpoints(name, partition, **regions)
                assert places == ours.get_available_endpoints(name, partition, **regions)
                for place in (*places, "xx-nowhere-1"):
                    assert whole.construct_endpoint(name, place) == ours.construct_endpoint(name, place)


def test_a_model_that_is_not_there_is_none() -> None:
    loader = service_models.__wrapped__().file_loader
    assert loader.load_file("/nonexistent/service-2") is None


def test_a_shape_that_names_itself_is_kept_once() -> None:
    name = min(ASKED)
    shapes = {"A": {"type": "list", "member": {"shape": "A"}}, "B": {"type": "string"}}
    model = {"operations": {name: {"output": {"shape": "A"}}, "Delete": {}}, "shapes": shapes}
    assert asked_of(model) == {"operations": {name: {"output": {"shape": "A"}}}, "shapes": {"A": shapes["A"]}}


def test_only_prose_is_left_out() -> None:
    member = {"members": {"documentation": {"shape": "A", "documentation": "Why."}, "B": {"shape": "B"}}}
    assert without_prose({"C": member, "documentation": "What."}) == {
        "C": {"members": {"documentation": {"shape": "A"}, "B": {"shape": "B"}}}
    }
