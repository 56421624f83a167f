"""Thimble's own interface to the doors for other programs, and to what is asked through them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.server.doors import Doors, DoorWish
from thimble.server.schemas.body import Body, read_body
from thimble.server.service import EngineService


class DoorBody(Body):
    """`POST /thimble/doors`: how a door is to be."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    open: bool = True
    port: int = Field(0, ge=0, le=65535)
    lan: bool = False
    key: str = ""
    origins: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=64)
    owner: int = Field(0, ge=0)

    def wish(self) -> DoorWish:
        """For the doors."""
        origins = tuple(origin.strip().rstrip("/").lower() for origin in self.origins if origin.strip())
        return DoorWish(self.port, self.lan, self.key, origins, self.owner)


class DoorEndpoints:
    """The endpoints, bound to one engine."""

    def __init__(self, service: EngineService, doors: Doors) -> None:
        self._service = service
        self._doors = doors

    async def doors(self, request: Request) -> Response:
        """`GET /thimble/doors?name=…` tells how a door is; `POST` opens or shuts it."""
        if request.method == "GET":
            return JSONResponse(self._doors.state(request.query_params.get("name", "")))
        body = await read_body(request, DoorBody)
        if body.open:
            return JSONResponse(await self._doors.open(body.name, body.wish()))
        await self._doors.shut(body.name)
        return JSONResponse(self._doors.state(body.name))

    async def requests(self, _request: Request) -> Response:
        """`GET /thimble/requests`: the last requests of other programs, the newest first."""
        return JSONResponse({"requests": self._service.requests.entries()})
