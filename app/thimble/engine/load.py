"""Loading a model and its context, with progress, cancellation, and one sentence for everything that can go wrong."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from thimble.engine import budget, hotlist
from thimble.engine.binding import LOG, llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.cores import physical_cores
from thimble.engine.door import ComputeStop
from thimble.engine.experts import ExpertStore, Policy
from thimble.engine.fit import check_memory, history_room
from thimble.engine.head import ApproximateHead
from thimble.engine.kv import check_cache_types, ggml_type, kv_sizes, wrong_cache_types
from thimble.engine.load_errors import load_error
from thimble.engine.model import BATCH, LoadedModel
from thimble.engine.seeing import Sight, look_for, open_projector
from thimble.engine.soundness import check_weights
from thimble.engine.template import template_of
from thimble.engine.vectors import VectorMaker, check_room
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader, check_model_file
from thimble.modelfile.authors import has_predictor, predictor_bytes
from thimble.modelfile.vectors import check_pooling, makes_vectors
from thimble.protocol import LoadOptions, ModelInfo

log = logging.getLogger(__name__)

_FLASH_ATTENTION_AUTO: Final = -1
_LOAD_PLAIN: Final = 0


def load_model(
    path: Path,
    options: LoadOptions,
    *,
    progress: Callable[[float], None],
    cancel: CancelFlag,
    admit: Callable[[], None] | None = None,
    remember: bool = True,
) -> LoadedModel:
    """Loads a model; blocks.

    Args:
        path: the GGUF; of a split model any part.
        options: context length, threads, memory limit.
        progress: told the share that is loaded, 0…1, never falling.
        cancel: stops the load at the next tensor.
        admit: frees the model to be replaced; called once, when llama.cpp has understood the file's header and found
            all its weights, before memory is taken for them. None when there is no such model.
        remember: read first what was hot in the last run with this model, and keep that for the next.

    Raises:
        ThimbleError: the file is not a usable model, it does not fit, llama.cpp refused it, or the load was cancelled.
    """
    header = check_model_file(path)
    length = min(options.context, header.context_trained) if header.context_trained else options.context
    cache = (options.cache_k, options.cache_v)
    embeds = makes_vectors(header)
    if embeds:
        check_pooling(header)
    else:
        check_cache_types(header, cache)
    lib = llama()
    sight = Sight() if embeds else look_for(header, options)
    paged = not embeds and budget.is_pageable(header) and ExpertStore.available()
    if embeds:
        repack = check_room(header, length, options.memory_limit)
    elif paged:
        repack = True  # nothing is mapped, so a re-arranged matrix is the only copy
        if options.memory_limit:
            budget.refuse_early(header, length, options.memory_limit, cache)
    else:
        sight = sight.within(lambda more: check_memory(header, length, options.memory_limit, cache, more))
        repack = check_memory(header, length, options.memory_limit, cache, sight.bytes)
    LOG.take_errors()
    check_weights(header)
    if admit is not None:
        lib.llama_model_free(_load_weights(lib, header.path, _ignore, cancel, repack=False, dry=True))
        admit()
    store = None
    if paged:
        store = ExpertStore(header.files, policy=Policy[options.expert_policy.upper()])
    model = context = head = projector = vectors = None
    try:
        if options.approximate_head and ApproximateHead.available():
            head = ApproximateHead()
        model = _load_weights(lib, header.path, progress, cancel, repack=repack, store=store, head=head)
        if head is not None and not head.use(model):
            log.warning("%s has no predictor for the approximate head, or one of the wrong size", header.path)
            head.close()
            head = None
        threads = options.threads or physical_cores()
        if not embeds and (not lib.llama_model_has_decoder(model) or lib.llama_model_has_encoder(model)):
            raise ThimbleError(
                Code.MODEL_UNSUPPORTED,
                "This model does not write text; Thimble can only chat with decoder-only language models.",
                "Choose another model.",
                str(path),
            )
        projector, sight = open_projector(sight, model, threads, min(BATCH, length), cancel)
        if embeds:
            vectors = VectorMaker(header, model, length, threads, options.memory_limit)
            context = vectors.context
        else:
            context = _make_context(lib, model, length, threads, cache)
        if cancel.is_set:
            raise cancelled_load()
        divided = None
        if store is not None:
            divided = budget.divide(
                header,
                store.stats(),
                int(lib.llama_n_ctx(context)),
                limit=options.memory_limit,
                others=budget.needed_besides(lib, context, header.files)
                + (projector.working_bytes if projector is not None else 0),
                expert_cache=options.expert_cache,
            )
            if remember:
                store.warm(hotlist.load(header.files))
            store.resize(divided.experts)
        progress(1.0)
        vocabulary = Vocabulary(model)
        template = template_of(model, vocabulary, options.chat_template)
        sizes = kv_sizes(context)
        stop = ComputeStop()
        stop.attach(context)
        if store is not None:
            stop.watch(store.handle)
        loaded = LoadedModel(
            info=replace(
                _info(
                    header,
                    vectors.capacity if vectors is not None else int(lib.llama_n_ctx(context)),
                    threads,
                    has_template=template.own,
                    approximate=head is not None,
                    sight=sight,
                ),
                cache_k=options.cache_k,
                cache_v=options.cache_v,
                window=sizes.window_cells and int(lib.llama_model_n_swa(model)),
                embeds=embeds,
            ),
            header=header,
            options=options,
            model=model,
            context=context,
            stop=stop,
            vocabulary=vocabulary,
            template=template,
            window=int(lib.llama_model_n_swa(model)),
            recurrent=bool(lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model)),
            experts=store,
            budget=divided,
            head=head,
            projector=projector,
            vectors=vectors,
            remember=remember,
            kv=sizes,
            weights_bytes=budget.dense_bytes(header) + (predictor_bytes(header) if head is not None else 0)
            if store is not None
            else 0,
            compute_bytes=budget.compute_bytes(lib, context),
            history_room=0
            if store is not None or embeds
            else max(0, history_room(header, length, options.memory_limit, cache, repack=repack) - sight.bytes),
        )
        loaded.begin_governing()
        return loaded
    except BaseException:
        if projector is not None:
            projector.close()
        if context is not None:
            lib.llama_free(context)
        if model is not None:
            lib.llama_model_free(model)
        if head is not None:
            head.close()
        if store is not None:
            store.close()
        raise


def cancelled_load() -> ThimbleError:
    """The error of a load that somebody stopped."""
    return ThimbleError(Code.CANCELLED, "Loading was cancelled.")


def _ignore(_share: float) -> None:
    """Progress of a load that is none."""


def _load_weights(
    lib: Any,
    path: Path,
    progress: Callable[[float], None],
    cancel: CancelFlag,
    *,
    repack: bool,
    dry: bool = False,
    store: ExpertStore | None = None,
    head: ApproximateHead | None = None,
) -> Any:
    highest = 0.0

    def on_progress(share: float, _user: object) -> bool:
        nonlocal highest
        if share > highest:
            highest = min(share, 0.999)  # the context is still to come
            progress(highest)
        return not cancel.is_set

    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = 0
    parameters.use_extra_bufts = repack
    if dry:
        parameters.no_alloc = True  # everything but the weights themselves
        parameters.load_mode = _LOAD_PLAIN  # mapping would need them
    if store is not None:
        store.apply(parameters)
    if head is not None:
        head.apply(parameters)
    callback = lib.llama_progress_callback(on_progress)
    parameters.progress_callback = callback
    model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
    if model:
        return model
    if cancel.is_set:
        raise cancelled_load()
    raise load_error(path, LOG.take_errors())


def _make_context(lib: Any, model: Any, length: int, threads: int, cache: tuple[str, str]) -> Any:
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = length
    parameters.n_batch = parameters.n_ubatch = min(BATCH, length)
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.n_outputs_max = 1  # only the last token is sampled; the default reserves logits for a whole batch
    parameters.flash_attn_type = _FLASH_ATTENTION_AUTO
    parameters.swa_full = False  # window layers hold their window only
    parameters.type_k, parameters.type_v = (ggml_type(name) for name in cache)
    parameters.no_perf = True
    context = lib.llama_init_from_model(model, parameters)
    if context:
        return context
    detail = LOG.take_errors()
    if re.search(r"cache type|V cache", detail):
        raise wrong_cache_types(f"This model cannot keep keys as {cache[0]} and values as {cache[1]}.", detail)
    raise ThimbleError(
        Code.OUT_OF_MEMORY,
        f"There is not enough memory for a context of {length:,} tokens.",
        "Choose a shorter context length in the settings.",
        detail,
    )


def _info(
    header: ModelHeader, context: int, threads: int, *, has_template: bool, approximate: bool, sight: Sight
) -> ModelInfo:
    return ModelInfo(
        id=header.id,
        path=str(header.path),
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=header.parameters,
        file_bytes=header.file_bytes,
        context=context,
        context_trained=header.context_trained,
        threads=threads,
        expert_count=header.expert_count,
        expert_used_count=header.expert_used_count,
        has_chat_template=has_template,
        has_predictor=has_predictor(header) and ApproximateHead.available(),
        approximate_head=approximate,
        pictures=sight.path is not None,
        projector=str(sight.path or ""),
        no_pictures=sight.missing,
    )
