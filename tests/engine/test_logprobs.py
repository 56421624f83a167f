"""Probabilities as numbers that JSON has."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from thimble.engine.logprobs import LEAST, token_chances


def test_they_are_the_logarithms_of_the_softmax() -> None:
    chosen = token_chances(np.log(np.array([0.5, 0.25, 0.25], np.float32)), 1, 1, lambda token: bytes([token]))
    assert chosen.chosen.logprob == pytest.approx(math.log(0.25))
    assert [each.logprob for each in chosen.top] == [pytest.approx(math.log(0.5))]


def test_a_token_that_cannot_come_has_a_number_that_json_has() -> None:
    chosen = token_chances(np.array([1.0, -np.inf], np.float32), 0, 2, lambda token: bytes([token]))
    assert chosen.top[1].logprob == LEAST
    json.dumps([each.logprob for each in chosen.top], allow_nan=False)
