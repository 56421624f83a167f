"""What our own description says is what happens: requests nobody would think of, made from it by schemathesis."""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from tests.server.conftest import TOKEN, Running
from thimble import protocol
from thimble.server.app import create_app
from thimble.server.auth import Access
from thimble.server.doors import Doors
from thimble.server.openapi import description

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REQUESTS = int(os.environ.get("THIMBLE_API_REQUESTS", "2"))
"""For each operation and mode. Making them takes its time; 200 of each were tried when this was written."""

SCHEMA = schemathesis.openapi.from_dict(description())
OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        *((label, GenerationMode.POSITIVE) for label in OPERATIONS),
        *((label, GenerationMode.NEGATIVE) for label in OPERATIONS if label.startswith("POST")),
    ],
)
def test_whatever_is_asked_the_answer_is_as_described(server: Running, label: str, mode: GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with requests.Session() as session:
        session.trust_env = False

        @settings(
            max_examples=REQUESTS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            response = case.call(base_url=server.base_url, session=session, headers=headers, timeout=20)
            case.validate_response(response, checks=CHECKS)

        ask()


def test_the_description_is_there_for_everybody_who_has_the_key(server: Running) -> None:
    told = server.client().get(protocol.OPENAPI).json()
    assert told["openapi"].startswith("3.1")
    assert told == description(control=True)
    assert server.client(token="").get(protocol.OPENAPI).status_code == 401


def test_every_path_and_method_is_described(server: Running) -> None:
    app = create_app(server.service, Access(TOKEN), Doors(lambda access: create_app(server.service, access)))
    found = {
        (_template(route.path), method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = description(control=True)["paths"]
    assert {(path, method) for path, operations in described.items() for method in operations} == found
    assert not any(path.startswith("/thimble") for path in description()["paths"])


def test_a_door_describes_what_is_behind_it(server: Running) -> None:
    opened = server.client().post(protocol.DOORS, json={"name": "test", "key": TOKEN}).json()
    told = httpx.get(
        f"http://127.0.0.1:{opened['port']}{protocol.OPENAPI}",
        headers={"Authorization": f"Bearer {TOKEN}"},
        trust_env=False,
    )
    assert told.json() == description()
    server.client().post(protocol.DOORS, json={"name": "test", "open": False})


def _template(path: str) -> str:
    return path.replace(":path}", "}")


def test_every_path_of_other_programs_is_answered(server: Running) -> None:
    for path, operations in description()["paths"].items():
        for method in operations:
            answer = server.client().request(method, path.replace("{model}", "tiny"), content=b"")
            assert answer.status_code != 405
            assert answer.status_code == 200 or answer.json()["error"]["code"] != "not_found"
