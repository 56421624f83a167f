#include "thimble-api.h"

#include "expert-policy.h"
#include "expert-store.h"
#include "lm-head.h"
#include "paged-store.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#ifndef THIMBLE_BUILD
#    define THIMBLE_BUILD "unknown"
#endif

namespace {

using thimble::expert_store;
using thimble::paged_store;

// A cache line of its own: thread 0 of a graph reads the flag after every node, so a neighbour that is
// written often would slow every one of those reads down.
struct alignas(64) cancel_flag {
    std::atomic<bool>                 value { false };
    std::atomic<const expert_store *> store { nullptr };
};

static_assert(std::atomic<bool>::is_always_lock_free, "the flag is read inside the compute loop");

void * cancel_new() {
    return new (std::nothrow) cancel_flag();
}

void cancel_set(void * flag, bool cancel) {
    if (flag) {
        static_cast<cancel_flag *>(flag)->value.store(cancel, std::memory_order_release);
    }
}

bool cancel_get(const void * flag) {
    return flag && static_cast<const cancel_flag *>(flag)->value.load(std::memory_order_acquire);
}

void cancel_free(void * flag) {
    delete static_cast<cancel_flag *>(flag);
}

bool abort_callback(void * flag) {
    if (!flag) {
        return false;
    }
    // relaxed: seeing the flag one node later is as good, and this runs once per graph node
    const auto *         f     = static_cast<const cancel_flag *>(flag);
    const expert_store * store = f->store.load(std::memory_order_relaxed);
    return f->value.load(std::memory_order_relaxed) || (store && store->failed());
}

expert_store & get(void * store) {
    return thimble::paged_store_get(static_cast<paged_store *>(store));
}

void cancel_watch(void * flag, void * store) {
    if (flag) {
        static_cast<cancel_flag *>(flag)->store.store(store ? &get(store) : nullptr, std::memory_order_release);
    }
}

void tell(const std::string & text, char * error, size_t size) {
    if (error && size) {
        snprintf(error, size, "%s", text.c_str());
    }
}

void * store_new(const thimble_store_options * options, char * error, size_t error_size) {
    thimble_store_options known {}; // a caller that knows fewer fields leaves the others at zero
    if (!options || options->size < sizeof(uint32_t)) {
        tell("The options of the store have no size.", error, error_size);
        return nullptr;
    }
    memcpy(&known, options, options->size < sizeof(known) ? options->size : sizeof(known));
    std::string text;
    try {
        auto store = expert_store::create(known, text);
        if (store) {
            return thimble::paged_store_new(std::move(store));
        }
    } catch (const std::bad_alloc &) {
        text = "There is no memory for the experts.";
    }
    tell(text, error, error_size);
    return nullptr;
}

void * store_buffer_type(void * store) {
    return thimble::paged_store_buffer_type(static_cast<paged_store *>(store));
}

bool store_resize(void * store, uint64_t bytes, char * error, size_t error_size) {
    std::string text;
    bool        ok = false;
    try {
        ok = get(store).resize(bytes, text);
    } catch (const std::exception &) { // bad_alloc, or a thread that cannot be started
        text = "There is no memory for the experts.";
    }
    if (!ok) {
        tell(text, error, error_size);
    }
    return ok;
}

void store_stats(void * store, thimble_store_stats * stats, size_t size) {
    const thimble_store_stats all = get(store).stats();
    memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
}

uint32_t store_experts(void * store, thimble_expert_info * infos, uint32_t count) {
    return get(store).experts(infos, count);
}

bool store_error(void * store, char * error, size_t error_size) {
    std::string text;
    if (!get(store).take_error(text)) {
        return false;
    }
    tell(text, error, error_size);
    return true;
}

void trace_start(void * store, uint64_t max_values) {
    get(store).trace_start(max_values);
}

uint64_t trace_read(void * store, int32_t * values, uint64_t count) {
    return get(store).trace_read(values, count);
}

void store_free(void * store) {
    thimble::paged_store_free(static_cast<paged_store *>(store));
}

uint32_t store_hot(void * store, thimble_hot_expert * experts, uint32_t count) {
    return get(store).hot(experts, count);
}

void store_warm(void * store, const thimble_hot_expert * experts, uint32_t count) {
    get(store).warm(experts, count);
}

bool replay(const int32_t * values, uint64_t count, const thimble_replay_options * options, thimble_replay_result * result) {
    thimble_replay_options known {};
    if (!options || options->size < sizeof(uint32_t)) {
        return false;
    }
    memcpy(&known, options, options->size < sizeof(known) ? options->size : sizeof(known));
    thimble::replay_outcome outcome;
    try {
        if (!thimble::replay(values, count, known, outcome)) {
            return false;
        }
    } catch (const std::bad_alloc &) {
        return false;
    }
    *result = { outcome.uses, outcome.hits, outcome.half_life };
    return true;
}

void timeline_start(void * store, uint64_t max_events) {
    get(store).timeline_start(max_events);
}

uint64_t timeline_read(void * store, thimble_event * events, uint64_t count) {
    return get(store).timeline_read(events, count);
}

uint32_t store_layers(void * store, thimble_layer_info * infos, uint32_t count) {
    return get(store).layers(infos, count);
}

void * head_new(void) {
    return new (std::nothrow) thimble::lm_head;
}

void head_set(void * head, bool whole, uint32_t check_every) {
    static_cast<thimble::lm_head *>(head)->whole.store(whole, std::memory_order_relaxed);
    static_cast<thimble::lm_head *>(head)->check_every.store(check_every, std::memory_order_relaxed);
}

void head_stats(void * head, thimble_head_stats * stats, size_t size) {
    const thimble_head_stats all = static_cast<thimble::lm_head *>(head)->stats();
    memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
}

void head_free(void * head) {
    delete static_cast<thimble::lm_head *>(head);
}

const thimble_api api = {
    /* .version           = */ THIMBLE_API_VERSION,
    /* .size              = */ sizeof(thimble_api),
    /* .build             = */ THIMBLE_BUILD,
    /* .cancel_new        = */ cancel_new,
    /* .cancel_set        = */ cancel_set,
    /* .cancel_get        = */ cancel_get,
    /* .cancel_free       = */ cancel_free,
    /* .abort_callback    = */ abort_callback,
    /* .cancel_watch      = */ cancel_watch,
    /* .store_new         = */ store_new,
    /* .store_buffer_type = */ store_buffer_type,
    /* .store_resize      = */ store_resize,
    /* .store_stats       = */ store_stats,
    /* .store_experts     = */ store_experts,
    /* .store_error       = */ store_error,
    /* .trace_start       = */ trace_start,
    /* .trace_read        = */ trace_read,
    /* .store_free        = */ store_free,
    /* .store_hot         = */ store_hot,
    /* .store_warm        = */ store_warm,
    /* .replay            = */ replay,
    /* .timeline_start    = */ timeline_start,
    /* .timeline_read     = */ timeline_read,
    /* .store_layers      = */ store_layers,
    /* .head_new          = */ head_new,
    /* .head_set          = */ head_set,
    /* .head_stats        = */ head_stats,
    /* .head_free         = */ head_free,
};

}  // namespace

const struct thimble_api * thimble_api_get(void) {
    return &api;
}
