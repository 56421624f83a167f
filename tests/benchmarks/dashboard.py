"""What the Performance page costs the window at ten samples a second, view by view, and hidden."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.figures import Figure
from tests.benchmarks.window import drive_window, home

GOAL_PERCENT = 3.0
SHAPE = ("48", "128")


def dashboard(seconds: float) -> list[Figure]:
    """Percent of one core, the thimble bar and the telemetry stream included."""
    figures = []
    with home() as environment:
        replay = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.replay_engine", "1", *SHAPE],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert replay.stdin is not None
        assert replay.stdout is not None
        replay.stdout.readline()
        try:
            for view in ("never", "hidden", "now", "experts", "history", "system"):
                result = drive_window(environment, "dashboard_driver", seconds, view)
                shown = view not in {"never", "hidden"}
                figures.append(
                    Figure(
                        f"window with the Performance page: {view}",
                        result["percent"],
                        "% core",
                        f"≤ {GOAL_PERCENT:g} %" if shown else "",
                        result["percent"] <= GOAL_PERCENT if shown else None,
                        note=f"{seconds:g} s at {result['hertz']:.1f} samples a second, {' × '.join(SHAPE)} experts",
                    )
                )
        finally:
            replay.stdin.close()
            replay.wait()
            replay.stdout.close()
    return figures
