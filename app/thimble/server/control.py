"""Thimble's own interface: status, attachment, load, memory, telemetry."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.engine.experts import RouteRecord
from thimble.engine.telemetry import CpuMeter
from thimble.engine.template_check import check_template
from thimble.errors import FieldError
from thimble.protocol import Measurement, Role, State
from thimble.server import metrics
from thimble.server.errors import tell
from thimble.server.hub import wait_for
from thimble.server.schemas.body import Body, read_body
from thimble.server.schemas.control import LoadBody, MemoryBody, OutlookBody, ReplayBody, TemplateBody, TraceBody
from thimble.server.service import EngineService
from thimble.server.streaming import KEEP_ALIVE, Connection, EventStream, WhileConnected, frame

STATUS_SECONDS: Final = 0.1
"""Between two `status` events at least."""
KEEP_ALIVE_SECONDS: Final = 5.0
BUSY_SECONDS: Final = 0.1
IDLE_SECONDS: Final = 1.0
"""Between two samples while the engine works, and while it does not."""


class ControlEndpoints:
    """The endpoints, bound to one engine."""

    def __init__(self, service: EngineService) -> None:
        self._service = service

    async def health(self, _request: Request) -> Response:
        """`GET /health`: that the engine answers."""
        return JSONResponse({"status": "ok"})

    async def status(self, _request: Request) -> Response:
        """`GET /thimble/status`."""
        return JSONResponse(self._service.status().to_json())

    async def attach(self, request: Request) -> Response:
        """`GET /thimble/attach?role=…`: attached as long as it is open."""
        name = request.query_params.get("role", "")
        if name not in set(Role):
            raise FieldError("role", f"The role must be one of {', '.join(Role)}.")
        return EventStream(lambda: self._attached(Role(name)))

    async def load(self, request: Request) -> Response:
        """`POST /thimble/load`."""
        body = await read_body(request, LoadBody)
        return JSONResponse((await self._service.load(body.path, body.options())).to_json())

    async def measure(self, request: Request) -> Response:
        """`POST /thimble/measure`, the body of a load: `stage` events, then a `result`; it ends with its client."""
        body = await read_body(request, LoadBody)

        async def work(connection: Connection) -> None:
            events = self._service.measure(body.path, body.options())
            try:
                async with aclosing(events), connection.kept_alive(KEEP_ALIVE_SECONDS):
                    async for event in events:
                        if isinstance(event, Measurement):
                            await connection.write(frame(event.to_json(), "result"))
                        else:
                            await connection.write(frame({"stage": event}, "stage"))
                await connection.end()
            except Exception as error:  # noqa: BLE001 - every failure becomes an error object; the log has the rest
                await tell(connection, error)

        return WhileConnected(work)

    async def template(self, request: Request) -> Response:
        """`POST /thimble/template`: tries a chat template; how a sample conversation reads in it, and whether it has a
        place for a system prompt."""
        body = await read_body(request, TemplateBody)
        prompt, system = await asyncio.to_thread(check_template, body.template)
        return JSONResponse({"prompt": prompt, "system": system})

    async def unload(self, _request: Request) -> Response:
        """`POST /thimble/unload`."""
        return JSONResponse((await self._service.unload()).to_json())

    async def cancel(self, request: Request) -> Response:
        """`POST /thimble/cancel`."""
        await read_body(request, Body)
        return JSONResponse({"cancelled": self._service.cancel()})

    async def memory(self, request: Request) -> Response:
        """`GET /thimble/memory`; `POST` divides memory anew while a model is loaded, also during an answer."""
        host = self._service.host
        if request.method == "POST":
            body = await read_body(request, MemoryBody)
            await asyncio.to_thread(host.resize, limit=body.memory_limit, expert_cache=body.expert_cache)
        sample = host.sample()
        return JSONResponse(
            {
                "memory_bytes": sample.memory_bytes,
                "peak_memory_bytes": sample.peak_memory_bytes,
                "memory_limit": sample.memory_limit,
                "expert_cache_bytes": sample.expert_cache_bytes,
                "expert_memory_bytes": sample.expert_memory_bytes,
                "expert_given_back_bytes": sample.expert_given_back_bytes,
                "experts_resident": sample.experts_resident,
                "experts_total": sample.experts_total,
                "kv_window_bytes": sample.kv_window_bytes,
                "kv_global_bytes": sample.kv_global_bytes,
                "kv_recurrent_bytes": sample.kv_recurrent_bytes,
                "kv_full_bytes": sample.kv_full_bytes,
                "kv_kept_bytes": sample.kv_kept_bytes,
            }
        )

    async def trace(self, request: Request) -> Response:
        """`POST /thimble/trace` starts or ends the route recorder, `GET` takes what it has recorded.

        A record is `[layer, [[ids of one token], …]]`, one for each layer and ubatch in the order of computing.
        """
        host = self._service.host
        if request.method == "POST":
            body = await read_body(request, TraceBody)
            host.start_trace(body.max_values)
            return JSONResponse({"recording": body.max_values > 0})
        records = await asyncio.to_thread(host.read_trace)
        return JSONResponse({"records": [[record.layer, record.routes] for record in records]})

    async def replay(self, request: Request) -> Response:
        """`POST /thimble/replay`: hit rates of other policies and sizes on a recorded trace.

        The answer is a list of `{policy, slots, uses, hits, half_life}`. Without `slots` the loaded model's cache size
        is taken, without `records` the trace recorded since it was last read.
        """
        body = await read_body(request, ReplayBody)
        host = self._service.host
        given = body.records
        if given is None:
            records = await asyncio.to_thread(host.read_trace)
        else:
            records = await asyncio.to_thread(
                lambda: [RouteRecord(layer, tuple(tuple(ids) for ids in routes)) for layer, routes in given]
            )
        outcomes = await asyncio.to_thread(
            host.replay, records, body.slots, body.policies, half_life=body.half_life, count_from=body.count_from
        )
        return JSONResponse(
            {
                "records": len(records),
                "outcomes": [
                    {
                        "policy": policy,
                        "slots": slots,
                        "uses": found.uses,
                        "hits": found.hits,
                        "half_life": found.half_life,
                    }
                    for policy, slots, found in outcomes
                ],
            }
        )

    async def outlook(self, request: Request) -> Response:
        """`POST /thimble/outlook`: hit rates at other memory limits and under other policies, by replaying what the
        last tokens used. The first call begins to record; a call of `/thimble/trace` ends that: there is one recorder.
        """
        body = await read_body(request, OutlookBody)
        found = await asyncio.to_thread(self._service.host.outlook, body.limits)
        return JSONResponse(asdict(found))

    async def answers(self, request: Request) -> Response:
        """`GET /thimble/answers?after=N`: the timings of the last answers with a higher number."""
        after = request.query_params.get("after", "0")
        if not after.isdecimal() or len(after) > 18:
            raise FieldError("after", "“after” must be a number of an answer.")
        host = self._service.host
        return JSONResponse(
            {"engine_epoch": host.epoch, "answers": [record.to_json() for record in host.answers(int(after))]}
        )

    async def metrics(self, _request: Request) -> Response:
        """`GET /metrics`: the telemetry sample as Prometheus text; the bearer token is needed as everywhere."""
        text = metrics.render(self._service.host.sample(), self._service.status())
        return Response(text, media_type=metrics.MEDIA_TYPE)

    async def experts(self, request: Request) -> Response:
        """`GET /thimble/experts`: `[layer, expert, uses, misses, resident]` of every expert of the loaded model, and
        `[layer, experts, neurons, active neurons]` of every layer with experts; neurons where a ReLU switches them off.

        With `?packed=1` the experts are arrays in base64, layer after layer: `uses` and `misses` of 32 bits,
        little-endian, and `resident` of bytes.
        """
        host = self._service.host
        if request.query_params.get("packed"):
            packed = host.packed_experts()
            return JSONResponse(
                {
                    "uses": b64encode(packed.uses).decode(),
                    "misses": b64encode(packed.misses).decode(),
                    "resident": b64encode(packed.resident).decode(),
                    "layers": [[it.layer, it.n_experts, it.neurons, it.neurons_active] for it in host.layers()],
                }
            )
        return JSONResponse(
            {
                "experts": [[it.layer, it.expert, it.uses, it.misses, int(it.resident)] for it in host.experts()],
                "layers": [[it.layer, it.n_experts, it.neurons, it.neurons_active] for it in host.layers()],
            }
        )

    async def telemetry(self, _request: Request) -> Response:
        """`GET /thimble/telemetry`."""
        return EventStream(self._samples)

    async def _attached(self, role: Role) -> AsyncGenerator[bytes]:
        hub = self._service.hub
        with hub.listening() as changed, hub.attachment(role):
            last = None
            while not hub.closed:
                changed.clear()
                status = self._service.status()
                if status != last:
                    last = status
                    yield frame(status.to_json(), "status")
                    await asyncio.sleep(STATUS_SECONDS)
                if not await wait_for(changed, KEEP_ALIVE_SECONDS):
                    yield KEEP_ALIVE

    async def _samples(self) -> AsyncGenerator[bytes]:
        hub, host = self._service.hub, self._service.host
        meter = CpuMeter()
        with hub.listening() as changed:
            while not hub.closed:
                changed.clear()
                yield frame(host.sample(meter.percent()).to_json(), "sample")
                due = time.monotonic() + BUSY_SECONDS
                if host.status.state not in {State.LOADING, State.ANSWERING}:
                    await wait_for(changed, IDLE_SECONDS)  # work that begins is shown at once
                await asyncio.sleep(max(0.0, due - time.monotonic()))
