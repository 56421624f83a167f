"""The sample as Prometheus text."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from tests.server.conftest import Running
from thimble import protocol
from thimble.protocol import EngineStatus, Sample, State
from thimble.server.metrics import render

LABEL = r'[a-z_]+="([^"\\\n]|\\[\\n"])*"'
LINE = re.compile(rf"^thimble_[a-z_]+(\{{{LABEL}(,{LABEL})*\}})? [0-9.e+-]+$")


def _values(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.match(line) for line in lines), [line for line in lines if not LINE.match(line)]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_every_number_of_the_sample_is_told() -> None:
    names = [f.name for f in fields(Sample) if f.name not in {"engine_epoch", "time_ns", "state", "cpu_percent"}]
    sample = Sample.from_json(
        {"engine_epoch": "e", "time_ns": 1} | {name: 10**9 * (number + 2) for number, name in enumerate(names)}
    )
    told = set(_values(render(sample, EngineStatus())).values())
    missing = {name for name in names if not {getattr(sample, name), getattr(sample, name) / 1e9} & told}
    assert missing == set()


def test_a_count_keeps_its_last_digit_and_a_time_is_in_seconds() -> None:
    values = _values(render(Sample("e", 1, expert_bytes_read=2**52 + 1, stall_ns=1_500_000_000), EngineStatus()))
    assert values["thimble_expert_bytes_read_total"] == 2**52 + 1
    assert values["thimble_stall_seconds_total"] == 1.5


def test_each_metric_has_one_type() -> None:
    types = re.findall(r"^# TYPE (\S+) (\S+)$", render(Sample("e", 1), EngineStatus()), re.MULTILINE)
    assert len({name for name, _ in types}) == len(types)
    assert {kind for _, kind in types} == {"counter", "gauge"}


def test_the_state_is_one_of_them() -> None:
    values = _values(render(Sample("e", 1, state=State.ANSWERING), EngineStatus()))
    assert {name: value for name, value in values.items() if "state" in name and value} == {
        'thimble_state{state="answering"}': 1
    }


def test_a_name_with_quotes_and_lines_stays_one_label() -> None:
    text = render(Sample("e", 1), EngineStatus(engine_epoch='a"b\\c\nd'))
    assert 'epoch="a\\"b\\\\c\\nd"' in text
    _values(text)


def test_the_endpoint_speaks_prometheus_and_wants_the_token(server: Running) -> None:
    response = server.client().get(protocol.METRICS)
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert _values(response.text)["thimble_memory_bytes"] == 10
    assert server.client().get(protocol.METRICS, headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_line(state: State) -> None:
    assert f'thimble_state{{state="{state}"}} 0' in render(Sample("e", 1, state="?"), EngineStatus())
