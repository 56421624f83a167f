"""The approximate language-model head: only the rows of the vocabulary that the file's own predictor expects to matter.

It changes answers, so it is off unless a person turns it on. The head itself is C++ (`engine_patches/src/…/thimble/
lm-head.h`); this is its handle. Order of life: head, `apply` to the model's parameters, load the model, `use`, make the
context, decode, free context and model, `close`.
"""

from __future__ import annotations

import ctypes
from dataclasses import astuple, dataclass
from typing import Any, Final

from thimble.engine import door
from thimble.engine.binding import llama

CHECK_EVERY: Final = 32
"""Of so many tokens one is computed with the whole head, too, to see whether its top token is another: it costs 3 % of
what the head saves."""

_OVERRIDE: Final = b"thimble.approximate_head"
_BOOL: Final = 2  # LLAMA_KV_OVERRIDE_TYPE_BOOL


@dataclass(frozen=True, slots=True)
class HeadStats:
    """What an approximate head has done; all counters only grow. Tokens computed whole on purpose are not in them.

    Attributes:
        tokens: whose logits were computed.
        rows: of the vocabulary that were computed for them, without those of the checks.
        all_rows: what the whole head would have been.
        checked: tokens for which the other rows were computed, too.
        changed: of these, those whose top token was among the other rows.
        none_kept: tokens for which the predictor kept nothing, so that all rows were computed.
    """

    tokens: int = 0
    rows: int = 0
    all_rows: int = 0
    checked: int = 0
    changed: int = 0
    none_kept: int = 0

    def __add__(self, other: HeadStats) -> HeadStats:
        return HeadStats(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def share(self) -> float:
        """Of the rows, how many were computed, 0…1; 1 before the first token."""
        return self.rows / self.all_rows if self.all_rows else 1.0


class ApproximateHead:
    """One model's head.

    Args:
        check_every: of so many tokens one is compared with the whole head; 0: none.
    """

    def __init__(self, check_every: int = CHECK_EVERY) -> None:
        self._api = door.api()
        self._check_every = check_every
        self._handle: int | None = self._api.head_new()
        self.whole(False)
        entry = llama().llama_model_kv_override
        self._overrides = (entry * 2)()  # the second ends the list
        self._overrides[0].tag = _BOOL
        self._overrides[0].key = _OVERRIDE
        self._overrides[0].value.val_bool = True

    @classmethod
    def available(cls) -> bool:
        """Whether the installed engine has one; a stock build has not."""
        return door.has_store()

    def apply(self, parameters: Any) -> None:
        """Makes a model loaded with these `llama_model_params` keep the predictor, and its output row by row."""
        field = dict(type(parameters)._fields_)["kv_overrides"]
        parameters.kv_overrides = ctypes.cast(self._overrides, field)

    def use(self, model: Any) -> bool:
        """Gives the head to a model that was loaded so, before its context is made.

        Returns:
            False: its file has no predictor, or one of the wrong size; the model computes its whole head.
        """
        call = llama().llama_cpp._lib.thimble_model_use_head
        call.argtypes, call.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_bool
        return bool(call(model, self._handle))

    def whole(self, whole: bool, /) -> None:
        """From the next token on: True computes all rows."""
        self._api.head_set(self._handle, whole, self._check_every)

    def stats(self) -> HeadStats:
        """The counters now; all zero when closed."""
        if self._handle is None:
            return HeadStats()
        found = door.HeadStatistics()
        self._api.head_stats(self._handle, ctypes.byref(found), ctypes.sizeof(found))
        return HeadStats(*(int(getattr(found, name)) for name in door.HEAD_COUNTERS))

    def close(self) -> None:
        """Gives the memory back; after the model was freed."""
        if self._handle is not None:
            self._api.head_free(self._handle)
            self._handle = None
