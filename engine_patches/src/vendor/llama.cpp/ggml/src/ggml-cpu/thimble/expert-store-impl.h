#pragma once

// What the parts of the expert store share; nobody else includes this.
//
//     expert-store.cpp      making a store, binding, statistics, trace
//     expert-slots.cpp      slots: layout, age, eviction, the budget
//     expert-readers.cpp    the I/O threads
//     expert-compute.cpp    ops: begin and walk

#include "expert-store.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>

namespace thimble {

constexpr int  max_uses  = 16; // ops at the same time: contexts that compute with one model
constexpr auto stop_poll = std::chrono::milliseconds(10);

enum matrix_state : uint8_t { ABSENT, QUEUED, LOADING, READY, FAILED };

inline uint64_t now_ns() {
    return (uint64_t) std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline size_t whole_pages(size_t size) {
    return (size + memory::page - 1) / memory::page * memory::page;
}

struct layer_info;

struct entry {
    layer_info *         layer  = nullptr;
    uint32_t             expert = 0;
    int64_t              slot   = -1;
    std::atomic<int>     pins { 0 };  // threads that have yet to pass it, over all ops
    int                  jobs   = 0;  // matrices queued or being read
    std::atomic<uint8_t> state[THIMBLE_ROLE_COUNT];
    uint64_t             stamp  = 0;  // of the last use
    entry *              newer  = nullptr;
    entry *              older  = nullptr;
    uint64_t             uses   = 0;
    uint64_t             misses = 0;

    entry() {
        for (auto & s : state) {
            s.store(ABSENT, std::memory_order_relaxed);
        }
    }
};

struct layer_info {
    uint32_t        number     = 0;
    uint32_t        n_experts  = 0;
    int             first_role = -1; // the role whose op comes first in the graph: learned
    size_t          slot_class = 0;
    expert_matrix * matrices[THIMBLE_ROLE_COUNT] = {};
    size_t          region[THIMBLE_ROLE_COUNT]   = {}; // where in the slot
    std::unique_ptr<entry[]> entries;
};

// Slots of one size. Entries that have a slot are linked by age.
struct slot_class {
    size_t               bytes = 0;
    char *               base  = nullptr;
    size_t               n     = 0;     // slots of address space: one for each expert of the class
    std::vector<int64_t> free;          // have memory and no expert
    std::vector<int64_t> cold;          // have no memory; the lowest last
    std::vector<entry *> owner;         // by slot
    std::vector<bool>    warm;          // by slot: has memory
    entry *              newest = nullptr;
    entry *              oldest = nullptr;
};

struct job {
    entry *      what;
    thimble_role role;
};

// One op in progress. Written by `begin` before the op's barrier, then `assigned` and `unassigned` under the lock.
struct expert_use {
    const void *          key    = nullptr;
    const expert_matrix * matrix = nullptr;
    layer_info *          layer  = nullptr;
    int                   n_threads = 0;
    bool                  streaming = false;
    bool                  stopped   = false;
    expert_store::stop_fn stop      = nullptr;
    int                   unassigned = 0;
    bool                  starved = false;            // counted in impl::starved
    std::vector<uint32_t> needed;
    std::unique_ptr<std::atomic<uint8_t>[]> assigned; // by position in needed
    size_t                room = 0;
    std::atomic<int>      active { 0 };               // threads that have not finished their walk
    std::atomic<const void *> claimed { nullptr };    // = key, for lookups without the lock

    bool wants_stop() const { return stop && stop(key); }
};

// Guarded by `mutex`, but for what is atomic.
struct expert_store::impl {
    expert_store & self;

    thimble_store_options                    options {};
    std::vector<std::unique_ptr<model_file>> files;
    std::vector<std::unique_ptr<expert_matrix>> matrices;
    std::vector<std::unique_ptr<layer_info>> layers;
    std::vector<slot_class>                  classes;
    size_t                                   largest_matrix = 0;
    bool                                     laid_out = false;

    mutable std::mutex      mutex;
    std::condition_variable arrived;  // a matrix is ready or failed, a slot is free, or a thread stopped
    std::condition_variable work;     // for the I/O threads
    std::deque<job>         demand;
    std::deque<job>         idle;     // of experts nobody has asked for yet
    size_t                  fill_at = 0;
    bool                    fill_on = false;
    bool                    ending  = false;
    std::vector<std::thread> threads;
    expert_use              uses[max_uses];

    uint64_t budget    = 0;
    uint64_t committed = 0;   // bytes of slots that have memory
    uint64_t clock     = 0;
    std::string first_error;

    std::atomic<int> starved { 0 };    // ops for whose experts there are not enough slots
    std::atomic<int> running { 0 };    // compute threads that are in ops and do not wait
    int              waiting     = 0;  // those that do
    uint64_t         stall_since = 0;  // when the last one began to wait; 0: somebody computes

    thimble_store_stats counters {};
    std::mt19937        random;

    std::vector<int32_t> trace;
    size_t               trace_read_at = 0;
    uint64_t             trace_max     = 0;

    explicit impl(expert_store & store) : self(store) {}

    bool fuzz() const { return options.flags & THIMBLE_STORE_FUZZ; }

    layer_info & layer_of(const expert_matrix & matrix) {
        return **std::lower_bound(layers.begin(), layers.end(), matrix.layer,
                                  [](const auto & layer, uint32_t n) { return layer->number < n; });
    }

    // ---- layout -----------------------------------------------------------------------------------------------------

    size_t region_bytes(const expert_matrix & matrix) const {
        const size_t size = matrix.repack ? matrix.bytes
                                          : read_room(matrix.bytes, files[matrix.file]->alignment());
        return whole_pages(size);
    }

    // where each of a layer's matrices is in its slot; the slot's size
    size_t place_matrices(layer_info & layer) const;

    bool lay_out(std::string & error);
    void release_classes();

    uint64_t least_bytes() const;

    // ---- age ----------------------------------------------------------------------------------------------------------

    slot_class & class_of(const entry & e) { return classes[e.layer->slot_class]; }

    void unlink(entry & e);
    void link_newest(entry & e);
    void link_oldest(entry & e);
    void touch(entry & e);

    // ---- slots --------------------------------------------------------------------------------------------------------

    char * slot_address(const slot_class & c, int64_t slot) const { return c.base + (size_t) slot * c.bytes; }

    static bool free_to_go(const entry & e) {
        return e.jobs == 0 && e.pins.load(std::memory_order_acquire) == 0;
    }

    void evict(entry & e);
    entry * oldest_free_to_go(slot_class & c);

    // Which expert shall make room for one of class `mine`. A slot of the same size is worth more: one of another size
    // has to be given back to the system and the new one touched page by page, so it must be clearly older.
    entry * victim_for(const slot_class & mine);
    void warm_up(slot_class & c);
    void cool_down(slot_class & c, int64_t slot);
    bool free_slot(slot_class & c, bool may_evict);
    bool assign(entry & e, bool may_evict);

    // ---- compute ------------------------------------------------------------------------------------------------------

    bool is_ready(const entry & e) const;

    void want(entry & e, int role);

    // Pins what has a slot, gives slots to as many others as possible, queues what has to be read.
    void assign_more(expert_use & u, bool first_time);
    void set_starved(expert_use & u, bool is);
    void adopt(expert_use & u, size_t position, entry & e, std::vector<entry *> & fresh);

    std::vector<entry *> scratch; // of assign_more

    // Waits on `arrived`; the time in which nobody computes is the stall.
    void wait(std::unique_lock<std::mutex> & lock);
    void end_stall();
    expert_use * find_use(const void * key);
    expert_use & claim(const void * key);
    void record(const layer_info & layer, const route_ids & routes);

    // ---- I/O threads --------------------------------------------------------------------------------------------------

    // The next matrix to read, demand first; false: nothing to do.
    bool take_job(job & next);

    // An expert nobody has asked for yet gets memory nobody uses.
    bool fill(job & next);
    void io_thread(uint32_t number);
    void fail(const expert_matrix & m, const read_result & got);
    void start_threads();

    // ---- resizing -----------------------------------------------------------------------------------------------------

    // Gives memory back until no more than `goal` bytes are in use.
    void shrink(std::unique_lock<std::mutex> & lock, uint64_t goal);

    static uint64_t warm_bytes(const slot_class & c) { return (c.n - c.cold.size()) * c.bytes; }

    void move(slot_class & c, entry & e, int64_t slot);
};

}  // namespace thimble
