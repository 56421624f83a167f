"""A step of a grammar that does not come back ends the engine, not the computer."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers import tiny_model
from thimble.engine import call_watch
from thimble.engine.call_watch import CallWatch
from thimble.protocol import ENDED_OVER_GRAMMAR

DOUBLING = 'root ::= s "!"\ns ::= "a" s x | "a" s y | "a"\nx ::= "x"\ny ::= "y"\n'
"""After n letters there are 2^n ways to go on."""
PROGRAM = """
import sys
from pathlib import Path
from thimble.engine import call_watch
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import AnswerTask
from thimble.engine.host import Host
from thimble.engine.sampling import Sampling
from thimble.protocol import LoadOptions
call_watch.CallWatch.__init__.__kwdefaults__.update(seconds=1.0, growth=2**28)
host = Host()
host.load(Path(sys.argv[1]), LoadOptions(threads=1, context=512), CancelFlag()).result(30)
how = Sampling(temperature=0, grammar=sys.argv[2], logit_bias={ord("a"): 100.0})
host.answer(AnswerTask("x", how, 400), CancelFlag(), lambda event: None).result(60)
"""


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_watch, "LOOK_SECONDS", 0.005)


def test_a_call_that_takes_too_long_is_given_up() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), seconds=0.02)
    with watch:
        assert gave_up.wait(20)
    watch.close()


def test_a_call_that_takes_too_much_memory_is_given_up() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), growth=2**25)
    held = []
    with watch:
        while not gave_up.wait(0.01):
            held.append(bytearray(2**23))
            assert len(held) < 500, "nobody gave up"
    watch.close()


def test_short_calls_are_let_be() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), seconds=5)
    for _ in range(1000):
        with watch:
            pass
    watch.close()
    assert not gave_up.is_set()


@pytest.mark.engine
def test_a_grammar_that_doubles_with_each_letter_ends_its_engine_in_time(tmp_path: Path) -> None:
    model = tiny_model.write_random(tmp_path / "tiny.gguf")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(model), DOUBLING], capture_output=True, check=False)
    assert done.returncode == ENDED_OVER_GRAMMAR, done.stderr.decode()
