"""What the known servers understand besides OpenAI's own fields, and how each is recognised.

An unknown server gets OpenAI's fields only: strict gateways refuse a request for one field they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from thimble.client import ChatRequest

THIMBLE: Final = "thimble"
LLAMA_SERVER: Final = "llama-server"
VLLM: Final = "vllm"
SGLANG: Final = "sglang"
OLLAMA: Final = "ollama"

_OWNERS: Final = {"thimble": THIMBLE, "llamacpp": LLAMA_SERVER, "vllm": VLLM, "sglang": SGLANG, "library": OLLAMA}
"""What each writes into `owned_by` of its models."""

_CONTINUES: Final = frozenset({THIMBLE, LLAMA_SERVER, VLLM, SGLANG})
"""Servers that go on with an assistant's message at the end of the prompt."""
_GO_ON: Final = "Your last answer was cut off. Go on exactly where it ended; repeat nothing."


def recognise(models: Mapping[str, Any]) -> str:
    """What a server is, by its answer to `/models`; "" for none that is known."""
    for model in models.get("data") or ():
        if isinstance(model, dict) and (kind := _OWNERS.get(str(model.get("owned_by") or ""))):
            return kind
    return ""


def context_of(model: Mapping[str, Any]) -> int:
    """Tokens a model's context holds, where its entry in `/models` says so; else 0."""
    meta = model.get("meta")
    places = [model.get("max_model_len"), model.get("context_length"), model.get("max_context_length")]
    if isinstance(meta, dict):
        places.append(meta.get("n_ctx"))
    return next((place for place in places if isinstance(place, int) and place > 0), 0)


def body_of(request: ChatRequest, model: str, kind: str) -> dict[str, Any]:
    """The body of a streaming chat completion in a server's dialect."""
    messages = [dict(message) for message in request.messages]
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
    }
    given = {"top_p": request.top_p, "seed": request.seed, "max_tokens": request.max_tokens or None}
    body |= {name: value for name, value in given.items() if value is not None}
    penalties = {"presence_penalty": request.presence_penalty, "frequency_penalty": request.frequency_penalty}
    body |= {name: value for name, value in penalties.items() if value}
    if request.json_answer:
        body["response_format"] = {"type": "json_object"}
    if request.tools:
        body["tools"] = list(request.tools)
    if kind in {THIMBLE, LLAMA_SERVER, VLLM, SGLANG}:
        body |= _more(request, kind)
    if request.continue_final:
        if kind in {VLLM, SGLANG}:
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        elif kind == THIMBLE:
            body["continue_final"] = True
        elif kind not in _CONTINUES:
            messages.append({"role": "user", "content": _GO_ON})
    return body


def _more(request: ChatRequest, kind: str) -> dict[str, Any]:
    more: dict[str, Any] = {
        name: value for name, value in {"top_k": request.top_k, "min_p": request.min_p}.items() if value is not None
    }
    if request.repeat_penalty != 1.0:
        name = "repetition_penalty" if kind in {VLLM, SGLANG} else "repeat_penalty"
        more[name] = request.repeat_penalty
    if request.thinking is not None:
        more["chat_template_kwargs"] = {"enable_thinking": request.thinking}
    if request.grammar and kind in {THIMBLE, LLAMA_SERVER}:
        more["grammar"] = request.grammar
    if kind == THIMBLE:
        if request.reasoning_budget is not None:
            more["reasoning_budget"] = request.reasoning_budget
        more["context_policy"] = request.context_policy
    return more
