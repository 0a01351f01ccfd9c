"""What the API server says of when to ask again."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import ApiException
from kubernetes.aio.dynamic.exceptions import api_exception
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.kubernetes_api.errors import BusyError, translated

from tests.unit.operator.apiserver import ApiServer, listening


def refused(status: int, headers: dict[str, str]) -> Any:
    body = json.dumps({"message": "too many requests"}).encode()
    error = ApiException(http_resp=SimpleNamespace(status=status, reason="no", data=body, headers=headers))
    return translated("patch /x", api_exception(error))  # type: ignore[no-untyped-call]  # the client has no types


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "30"}, 30.0),
        (429, {"Retry-After": "9" * 400}, 120.0),
        (429, {"Retry-After": "-1"}, 1.0),
        (429, {"Retry-After": "soon"}, 1.0),
        (429, {}, 1.0),
        (503, {"Retry-After": "5"}, 5.0),
    ],
)
def test_the_api_server_says_when_to_ask_again(status: int, headers: dict[str, str], seconds: float) -> None:
    error = refused(status, headers)
    assert isinstance(error, BusyError)
    assert error.retry_after == seconds
    assert error.words == "too many requests"


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (500, {"Retry-After": "5"}), (409, {"Retry-After": "5"})])
def test_other_refusals_are_tried_again_as_usual(status: int, headers: dict[str, str]) -> None:
    assert not isinstance(refused(status, headers), BusyError)


class Busy(ApiServer):
    """Wants to be left alone."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "too many requests"}, status=429, headers={"Retry-After": "7"})


async def test_it_is_read_from_an_answer() -> None:
    async with listening(Busy()) as api:
        with pytest.raises(BusyError, match="too many requests") as caught:
            await Cluster(api).pipeline(Key("shop", "orders"))
    assert caught.value.retry_after == 7.0
