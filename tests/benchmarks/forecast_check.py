"""How far the forecast is off: foretold and measured tokens a second and memory, by model and limit.

    .venv/bin/python -m tests.benchmarks.forecast_check MODEL.gguf:LIMIT_MIB[,LIMIT_MIB…] … [--seconds 8]

A limit of 0 means none. Alone on the machine. Runs that the forecast's constants were set with do not count.
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


def main() -> int:
    """Prints a table."""
    speeds.SOON_S = 0.0  # type: ignore[misc]  # measured before every run, as opening the page does
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", nargs="+", metavar="MODEL:LIMITS")
    parser.add_argument("--seconds", type=int, default=8, help="of each run's decode")
    options = parser.parse_args()
    machine = probe_machine()
    off: list[float] = []
    kept = tempfile.TemporaryDirectory(prefix="thimble-speeds-")
    print("| model | limit MiB | foretold tok/s | measured | off | foretold GiB | peak GiB | memory, disk GB/s |")
    print("|---|---|---|---|---|---|---|---|")
    for cell in options.cells:
        name, _, limits = cell.rpartition(":")
        facts = facts_of(read_header(name), CONTEXT)
        for limit in (int(text) * 2**20 for text in limits.split(",")):
            speed = speeds.remembered(Path(kept.name) / "speeds.json", machine.physical_cores, [Path(name)])
            room = limit or probe_machine().memory_available - left_free(machine)
            found = forecast(facts, Place(room, bool(limit), speed.memory, speed.disk))
            result = _measured(Path(name), limit, options.seconds)
            real = float(result["decode_tps"])
            peak = (result["cgroup_peak_mib"] or result["rss_peak_mib"]) / 2**10
            off.append(abs(found.tokens_per_second / real - 1))
            print(
                f"| {Path(name).stem} | {limit // 2**20 or '–'} | {found.tokens_per_second:.1f} | {real:.1f} |"
                f" {100 * (found.tokens_per_second / real - 1):+.0f} % | {found.total / 2**30:.2f} |"
                f" {peak:.2f} | {speed.memory / 1e9:.1f}, {speed.disk / 1e9:.2f} |"
            )
    kept.cleanup()
    print(f"\nmedian error {100 * statistics.median(off):.0f} % over {len(off)} runs")
    return 0


def _measured(model: Path, limit: int, seconds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "thimble", "bench", "--model", str(model), "--repeat", "1", "--json"]
    command += ["--ctx", str(CONTEXT), "--seconds", str(seconds), "--engines", "thimble"]
    command += ["--memory", f"{limit // 2**20}MiB"] if limit else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (run,) = json.loads(done.stdout)["runs"]
    return dict(run)


if __name__ == "__main__":
    sys.exit(main())
