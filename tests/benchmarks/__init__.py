"""Measurements of the whole program: run alone on the machine with `.venv/bin/python -m tests.benchmarks`."""
