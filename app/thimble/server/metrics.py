"""The telemetry sample as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

from typing import Final

from thimble.protocol import EngineStatus, Sample, State

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = {
    "prefill_ns": "Wall time of reading prompts.",
    "decode_ns": "Wall time of writing answers.",
    "compute_ns": "Wall time in which something was computed.",
    "stall_ns": "Wall time in which nothing could be computed for want of experts.",
    "sampling_ns": "Wall time of choosing tokens.",
    "other_ns": "The rest of the wall time of answering.",
    "expert_read_ns": "Time in reads of experts, summed over the I/O threads.",
}
_COUNTERS: Final = {
    "prompt_tokens": "Tokens of prompts, cached ones included.",
    "cached_tokens": "Of these, tokens that were still in the KV cache.",
    "generated_tokens": "Tokens of answers.",
    "answers": "Answers begun.",
    "expert_hits": "Uses of experts that were in memory when their layer asked for them.",
    "expert_misses": "Uses of experts that were not.",
    "expert_prefetched": "Uses that had to be read and that nobody waited for.",
    "expert_in_time": "Misses that had arrived when compute came to them.",
    "expert_late": "Misses that were being read ahead and had not arrived when compute came to them.",
    "expert_evictions": "Experts that lost their place.",
    "expert_reads": "Reads of experts' matrices.",
    "expert_bytes_read": "Bytes read for experts.",
    "expert_guesses": "Experts of the next layer that were foretold.",
    "expert_guesses_right": "Of these, those its router then chose.",
    "neurons": "Hidden values of selected experts with a ReLU.",
    "neurons_active": "Of these, those that were not switched off.",
    "head_rows": "Rows of the vocabulary that the approximate head computed.",
    "head_all_rows": "Rows that the whole head would have computed.",
    "head_checked": "Tokens for which the whole head was computed, too.",
    "head_changed": "Of these, tokens whose likeliest token is another.",
}
_GAUGES: Final = {
    "memory_bytes": "Resident memory of the engine, pages of files included.",
    "peak_memory_bytes": "The highest so far.",
    "mapped_bytes": "Of the resident memory, pages of files.",
    "memory_limit": "The memory limit in bytes, 0 for none.",
    "weights_bytes": "Weights that are always in memory beside paged experts.",
    "compute_bytes": "Reserved for intermediate results.",
    "expert_cache_bytes": "What the experts may take.",
    "expert_memory_bytes": "What the experts in memory take.",
    "expert_given_back_bytes": "What the experts do without because memory is short.",
    "experts_resident": "Experts in memory, over all layers.",
    "experts_total": "All experts, over all layers.",
    "kv_tokens": "Tokens in the KV cache.",
    "kv_capacity": "Tokens it has room for.",
    "kv_window_bytes": "KV cache of layers with a window.",
    "kv_global_bytes": "KV cache of layers that see everything.",
    "kv_recurrent_bytes": "States of layers without keys and values.",
    "kv_full_bytes": "What keys and values would take if every layer saw everything.",
    "kv_kept_bytes": "Kept besides, to go back to earlier messages.",
    "threads": "Compute threads at this moment.",
}


def render(sample: Sample, status: EngineStatus) -> str:
    """All counters and gauges of a sample; rates are left to the reader.

    Args:
        sample: now.
        status: model, queue and who is attached.
    """
    lines: list[str] = []

    def add(name: str, kind: str, sentence: str, value: float, labels: str = "") -> None:
        lines.append(f"# HELP thimble_{name} {sentence}")
        lines.append(f"# TYPE thimble_{name} {kind}")
        lines.append(f"thimble_{name}{labels} {value!r}")

    model = status.model
    labels = {
        "version": status.version,
        "engine": status.engine_build,
        "cpu_variant": status.cpu_variant,
        "epoch": status.engine_epoch,
        "model": model.id if model else "",
    }
    add("info", "gauge", "The engine and its model.", 1, _labels(labels))
    for name, sentence in _COUNTERS.items():
        add(f"{name}_total", "counter", sentence, getattr(sample, name))
    for name, sentence in _SECONDS.items():
        add(f"{name.removesuffix('_ns')}_seconds_total", "counter", sentence, getattr(sample, name) / 1e9)
    for name, sentence in _GAUGES.items():
        add(name if name != "memory_limit" else "memory_limit_bytes", "gauge", sentence, getattr(sample, name))
    add("first_token_seconds", "gauge", "The newest answer's time to its first token.", sample.first_token_ns / 1e9)
    add("queued", "gauge", "Requests that wait.", status.queued)
    lines += ["# HELP thimble_state What the engine is doing.", "# TYPE thimble_state gauge"]
    lines += [f"thimble_state{_labels({'state': str(state)})} {int(sample.state == state)}" for state in State]
    return "\n".join(lines) + "\n"


def _labels(values: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
