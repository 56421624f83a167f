"""How far the forecast is off: foretold and measured tokens a second and memory, by model and limit.

    .venv/bin/python -m tests.benchmarks.forecast_check MODEL.gguf:LIMIT_MIB[,LIMIT_MIB…] … [--seconds 8] [--keep FILE]
    .venv/bin/python -m tests.benchmarks.forecast_check --from FILE

A limit of 0 means none. Alone on the machine. With --keep what was measured is added to a file, so that --from can hold
other constants of the forecast against the same runs. Runs that constants were set with do not count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from thimble import speeds
from thimble.modelfile import read_header
from thimble.modelfile.forecast import Place, facts_of, forecast
from thimble.probe import left_free, probe_machine

CONTEXT = 2048
PROMPT = 256


def main() -> int:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", nargs="*", metavar="MODEL:LIMITS")
    parser.add_argument("--seconds", type=int, default=8, help="of each run's decode")
    parser.add_argument("--keep", type=Path, help="adds what was measured to this file")
    parser.add_argument("--from", dest="source", type=Path, help="measures nothing: what is in this file")
    options = parser.parse_args()
    if options.source is not None:
        runs = [json.loads(line) for line in options.source.read_text("utf-8").splitlines()]
    else:
        runs = _measured_runs(options.cells, options.seconds, options.keep)
    _print(runs)
    return 0


def _measured_runs(cells: list[str], seconds: int, keep: Path | None) -> list[dict[str, Any]]:
    speeds.SOON_S = 0.0  # type: ignore[misc]  # measured before every run, as opening the page does
    machine = probe_machine()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="thimble-speeds-") as kept:
        for cell in cells:
            name, _, limits = cell.rpartition(":")
            for limit in (int(text) * 2**20 for text in limits.split(",")):
                speed = speeds.remembered(Path(kept) / "speeds.json", machine.physical_cores, [Path(name)])
                room = limit or probe_machine().memory_available - left_free(machine)
                run = {
                    "model": name,
                    "limit": limit,
                    "room": room,
                    "memory_speed": speed.memory,
                    "disk_speed": speed.disk,
                    "cores": machine.physical_cores,
                    "measured": _measured(Path(name), limit, seconds),
                }
                runs.append(run)
                if keep is not None:
                    with keep.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(run) + "\n")
    return runs


def _print(runs: list[dict[str, Any]]) -> None:
    off: list[float] = []
    off_prompt: list[float] = []
    print(
        "| model | limit MiB | foretold tok/s | measured | off | prompt foretold | measured | off | hits foretold |"
        " measured | foretold GiB | peak GiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for run in runs:
        limit, result = int(run["limit"]), run["measured"]
        place = Place(
            int(run["room"]), bool(limit), float(run["memory_speed"]), float(run["disk_speed"]), cores=run["cores"]
        )
        found = forecast(facts_of(read_header(run["model"]), CONTEXT), place)
        real, real_prompt = float(result["decode_tps"]), float(result["prefill_tps"])
        peak = (result["cgroup_peak_mib"] or result["rss_peak_mib"]) / 2**10
        off.append(found.tokens_per_second / real - 1)
        off_prompt.append(found.prompt_tokens_per_second / real_prompt - 1)
        hits = result["hit_rate"]
        print(
            f"| {Path(run['model']).stem} | {limit // 2**20 or '–'} | {found.tokens_per_second:.1f} | {real:.1f} |"
            f" {100 * off[-1]:+.0f} % | {found.prompt_tokens_per_second:.0f} | {real_prompt:.0f} |"
            f" {100 * off_prompt[-1]:+.0f} % | {found.hits:.2f} | {f'{hits:.2f}' if hits is not None else '–'} |"
            f" {found.total / 2**30:.2f} | {peak:.2f} |"
        )
    for name, errors in (("tokens", off), ("prompt", off_prompt)):
        print(f"\n{name}: median error {100 * statistics.median(map(abs, errors)):.0f} % over {len(errors)} runs")


def _measured(model: Path, limit: int, seconds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "thimble", "bench", "--model", str(model), "--repeat", "1", "--json"]
    command += ["--ctx", str(CONTEXT), "--seconds", str(seconds), "--engines", "thimble"]
    command += ["--prompt-tokens", str(PROMPT)]
    command += ["--memory", f"{limit // 2**20}MiB"] if limit else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (run,) = json.loads(done.stdout)["runs"]
    return dict(run)


if __name__ == "__main__":
    sys.exit(main())
