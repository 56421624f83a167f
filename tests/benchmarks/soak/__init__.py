"""The long run: `python -m tests.benchmarks soak --minutes 15`. See `run.py`."""
