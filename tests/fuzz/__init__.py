"""Fuzzers that run as long as one likes; the test run has the short ones (hypothesis)."""
