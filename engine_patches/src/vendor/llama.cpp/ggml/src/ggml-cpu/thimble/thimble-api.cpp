#include "thimble-api.h"

#include <atomic>
#include <new>

#ifndef THIMBLE_BUILD
#    define THIMBLE_BUILD "unknown"
#endif

namespace {

// A cache line of its own: thread 0 of a graph reads the flag after every node, so a neighbour that is
// written often would slow every one of those reads down.
struct alignas(64) cancel_flag {
    std::atomic<bool> value { false };
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
    // relaxed: seeing the flag one node later is as good, and this runs once per graph node
    return flag && static_cast<const cancel_flag *>(flag)->value.load(std::memory_order_relaxed);
}

const thimble_api api = {
    /* .version        = */ THIMBLE_API_VERSION,
    /* .size           = */ sizeof(thimble_api),
    /* .build          = */ THIMBLE_BUILD,
    /* .cancel_new     = */ cancel_new,
    /* .cancel_set     = */ cancel_set,
    /* .cancel_get     = */ cancel_get,
    /* .cancel_free    = */ cancel_free,
    /* .abort_callback = */ abort_callback,
};

}  // namespace

const struct thimble_api * thimble_api_get(void) {
    return &api;
}
