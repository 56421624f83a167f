"""A short run of one model as it would be loaded, in a process of its own: what "measure here" in the window does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from thimble import __version__, own_process
from thimble.engine import binding
from thimble.engine.bench.runs import SHIPPED, WORKER_MODULE, Plan, figures_of, job_of, machine, token_stream
from thimble.engine.cores import others_running, physical_cores
from thimble.engine.vectors import writes_no_text
from thimble.errors import Code, ThimbleError
from thimble.modelfile import check_model_file
from thimble.modelfile.vectors import makes_vectors
from thimble.protocol import LoadOptions, Measurement, MeasureStage

PROMPT_TOKENS: Final = 256
WRITTEN_TOKENS: Final = 192
SECONDS: Final = 8.0
"""The writing ends after so long, whatever is left of its tokens."""
LONGEST_SECONDS: Final = 600.0
"""With loading and reading; a slower one is no measurement any more."""
_LOOK_SECONDS: Final = 0.1


def measure(
    path: Path,
    options: LoadOptions,
    *,
    stop: threading.Event,
    tell: Callable[[MeasureStage], None],
    seconds: float = SECONDS,
) -> Measurement:
    """Loads the model beside everything else there is, reads a prompt, writes some tokens; blocks.

    The words are a text of ours in the model's own tokens: experts are then used as in a conversation. What is written
    is the text's own continuation, so that two runs do the same.

    Args:
        path: the GGUF; of a split model any part.
        options: as for a load.
        stop: ends it when set.
        tell: called with each stage as it begins, in another thread.
        seconds: see `SECONDS`.

    Raises:
        ThimbleError: the model cannot be loaded so, or it was stopped.
    """
    header = check_model_file(path)
    if makes_vectors(header):
        raise writes_no_text(header.id)
    length = min(options.context, header.context_trained) if header.context_trained else options.context
    prompt = min(PROMPT_TOKENS, length // 2)
    plan = Plan(
        header=header,
        memory=options.memory_limit,
        expert_cache=options.expert_cache,
        ctx=length,
        tokens=token_stream(header, min(prompt + WRITTEN_TOKENS, length), None),
        prompt_tokens=prompt,
        threads=options.threads or physical_cores(),
        repeat=1,
        engines=(SHIPPED,),
        stock_python=Path(sys.executable),
        seconds=seconds,
        cache=(options.cache_k, options.cache_v),
    )
    text = Path(__file__).with_name("sample.txt").read_text("utf-8")
    job = {**job_of(plan, SHIPPED, None), "options": options.to_json(), "text": text, "trace": False}
    tell(MeasureStage.LOADING)
    before = others_running()
    told = _told(job, stop, tell)
    others_busy = (before + others_running()) / 2
    figures = figures_of(plan, told, None)
    here = machine()
    return Measurement(
        time=time.time(),
        memory_limit=options.memory_limit,
        expert_cache=options.expert_cache,
        context=options.context,
        threads=options.threads,
        cache_k=options.cache_k,
        cache_v=options.cache_v,
        approximate_head=options.approximate_head,
        prompt_tokens=prompt,
        generated_tokens=int(figures["decoded_tokens"]),
        prefill_tps=float(figures["prefill_tps"]),
        decode_tps=float(figures["decode_tps"]),
        load_s=float(figures["load_s"]),
        peak_bytes=int(told["peak_rss"]),
        hit_rate=figures["hit_rate"],
        bytes_per_token=float(figures["mb_per_token"]) * 1e6,
        version=__version__,
        engine_build=binding.build_version(),
        cpu=str(here["cpu"]),
        cores=int(here["cores"]),
        others_busy=others_busy,
    )


def _told(job: dict[str, Any], stop: threading.Event, tell: Callable[[MeasureStage], None]) -> dict[str, Any]:
    """What the worker tells at its end."""
    lines: list[str] = []
    complaints: list[str] = []
    with subprocess.Popen(
        own_process.command(WORKER_MODULE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101, PT018
        streams = (process.stdout, process.stderr)

        def read() -> None:
            for line in streams[0]:
                said = _object(line)
                if said is None:
                    complaints.append(line)  # a library that writes to stdout is no reason to stop listening
                elif "stage" in said:
                    tell(MeasureStage(said["stage"]))
                else:
                    lines.append(line)

        readers = [threading.Thread(target=read), threading.Thread(target=lambda: complaints.extend(streams[1]))]
        for reader in readers:
            reader.start()
        try:
            process.stdin.write(json.dumps(job))
            process.stdin.close()
        except OSError:
            pass  # it has ended; why, it said
        deadline = time.monotonic() + LONGEST_SECONDS
        while process.poll() is None and not stop.wait(_LOOK_SECONDS) and time.monotonic() < deadline:
            pass
        late = process.poll() is None
        if late:
            process.kill()
        for reader in readers:
            reader.join()
    if stop.is_set():
        raise ThimbleError(Code.CANCELLED, "The measurement was stopped.")
    if late:
        raise ThimbleError(Code.ENGINE_FAILED, "The model was too slow to be measured.", "Give it more memory.")
    if process.returncode != 0 or not lines:
        raise _failure("".join(complaints).strip())
    told: dict[str, Any] = json.loads(lines[-1])
    return told


def _object(line: str) -> dict[str, Any] | None:
    """What the worker tells in one line; None when the line is not the worker's."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _failure(complaint: str) -> ThimbleError:
    """Why the worker ended: its last line is the reason, in words where it was one of ours."""
    last = complaint.splitlines()[-1] if complaint else ""
    sentence = last.partition("ThimbleError: ")[2] if "ThimbleError: " in last else ""
    return ThimbleError(
        Code.MODEL_LOAD_FAILED,
        sentence or "The model could not be measured: it ended before it had answered.",
        "" if sentence else "Load it to see why.",
        complaint[-500:],
    )
