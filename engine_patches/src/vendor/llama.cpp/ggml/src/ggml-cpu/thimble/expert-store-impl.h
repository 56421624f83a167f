#pragma once

// What the parts of the expert store share; nobody else includes this.
//
//     expert-store.cpp      making a store, binding, statistics, trace
//     expert-slots.cpp      slots: layout, eviction, the budget
//     expert-readers.cpp    the I/O threads
//     expert-acquire.cpp    what is done as soon as a layer's router has spoken: counting, early reads
//     expert-compute.cpp    ops: begin and walk

#include "expert-policy.h"
#include "expert-store.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>

namespace thimble {

constexpr int  max_contexts = 16; // that compute with one model at the same time
constexpr int  max_uses     = 2 * max_contexts; // a node of several matrices begins the next use before the last has ended
constexpr int  max_guesses = 8; // experts of the next layer, at most
constexpr auto stop_poll = std::chrono::milliseconds(10);

enum matrix_state : uint8_t { ABSENT, QUEUED, LOADING, READY, FAILED };

inline uint64_t now_ns() {
    return (uint64_t) std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline size_t whole_pages(size_t size) {
    return (size + memory::page - 1) / memory::page * memory::page;
}

// of layer_info::lowest
constexpr int64_t no_expert = -1;
constexpr int64_t not_known = -2;

struct layer_info;

struct entry {
    layer_info *         layer  = nullptr;
    uint32_t             expert = 0;
    int64_t              slot   = -1;
    std::atomic<int>     pins { 0 };  // threads that have yet to pass it, over all ops
    int                  jobs   = 0;  // matrices queued or being read
    std::atomic<uint8_t> state[THIMBLE_ROLE_COUNT];
    uint64_t             reserved = 0; // the acquire that wants it next; see is_reserved
    bool                 missed = false; // when its layer asked for it, and no op has come to it since
    bool                 late   = false; // as `missed`, although it was being read before its layer asked
    read_result          failure;        // of a matrix that is FAILED
    bool                 ahead  = false; // was read before its layer asked for it
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
    size_t          index      = 0;
    uint32_t        n_experts  = 0;
    int             first_role = -1; // the role whose op comes first in the graph: learned
    bool            acquires   = false; // its graphs call acquire
    int64_t         lowest     = no_expert; // the expert in memory that is worth least, if known
    size_t          slot_class = 0;
    expert_matrix * matrices[THIMBLE_ROLE_COUNT] = {};
    size_t          region[THIMBLE_ROLE_COUNT]   = {}; // where in the slot
    std::unique_ptr<entry[]> entries;
    std::atomic<uint64_t> neurons { 0 };
    std::atomic<uint64_t> neurons_active { 0 };

    // look-ahead: what was guessed for this layer, the likeliest first; empty: nothing since it was last used
    std::vector<uint32_t> guessed;
    uint32_t              n_used = 0; // experts of a token, as last seen
    uint32_t              pause  = 0; // tokens for which no guess is wanted
};

// Slots of one size.
struct slot_class {
    size_t               bytes = 0;
    char *               base  = nullptr;
    size_t               n     = 0;     // slots of address space: one for each expert of the class
    std::vector<int64_t> free;          // have memory and no expert
    std::vector<int64_t> cold;          // have no memory; the lowest last
    std::vector<entry *> owner;         // by slot
    std::vector<bool>    warm;          // by slot: has memory
};

struct job {
    entry *      what;
    thimble_role role;
};

// One op in progress. Written by `begin` before the op's barrier, then `assigned` and `unassigned` under the lock.
struct expert_use {
    const void *          key    = nullptr;
    const expert_matrix * matrix = nullptr;
    const expert_matrix * also   = nullptr; // needed together with `matrix`, or null
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

    // of the op's matrices of one expert: READY, FAILED, or one of the others
    uint8_t state_of(const entry & e) const {
        uint8_t found = READY;
        for (const expert_matrix * m : { matrix, also }) {
            if (m) {
                const uint8_t state = e.state[m->role].load(std::memory_order_acquire);
                if (state != READY && state != FAILED) {
                    return state;
                }
                found = state == FAILED ? state : found;
            }
        }
        return found;
    }
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
    std::deque<entry *>     ahead;    // experts the next layer will ask for: slots are found when a reader has time
    std::vector<entry *>    fill_order;
    size_t                  fill_at = 0;
    bool                    fill_on = false;
    bool                    ending  = false;
    std::vector<std::thread> threads;
    void *                  bounces      = nullptr; // one after the other: where each of the threads reads what is re-arranged
    size_t                  bounces_size = 0;
    expert_use              uses[max_uses];

    uint64_t budget    = 0;
    uint64_t committed = 0;   // bytes of slots that have memory
    std::string first_error;

    // replacement
    expert_scores                    scores;
    std::unique_ptr<half_life_tuner> tuner;          // null: the measure is fixed
    int                              by = BY_RECENCY; // enum measure
    double                           guess_right[max_guesses] = {}; // by rank: how often it was selected, decayed
    double                           guess_made[max_guesses]  = {};
    uint64_t                         acquires = 0;   // clock of reservations
    std::vector<thimble_hot_expert>  warm_list;      // from an earlier run, until the layout is known

    std::atomic<int> starved { 0 };    // ops for whose experts there are not enough slots
    std::atomic<int> running { 0 };    // compute threads that are in ops and do not wait
    int              waiting     = 0;  // those that do
    uint64_t         stall_since = 0;  // when the last one began to wait; 0: somebody computes

    thimble_store_stats counters {};
    std::mt19937        random;

    std::vector<int32_t> trace;
    size_t               trace_read_at = 0;
    uint64_t             trace_max     = 0;

    std::vector<thimble_event> timeline;
    uint64_t                   timeline_max = 0;

    void note(thimble_event_kind kind, uint32_t layer = 0, uint32_t expert = 0, uint32_t value = 0) {
        if (timeline.size() < timeline_max) {
            timeline.push_back({ now_ns(), (uint32_t) kind, layer, expert, value });
        }
    }

    explicit impl(expert_store & store) : self(store) {}

    uint32_t n_experts_in_all() const {
        uint32_t n = 0;
        for (const auto & layer : layers) {
            n += layer->n_experts;
        }
        return n;
    }

    bool fuzz() const { return options.flags & THIMBLE_STORE_FUZZ; }

    layer_info & layer_of(const expert_matrix & matrix) {
        return **std::lower_bound(layers.begin(), layers.end(), matrix.layer,
                                  [](const auto & layer, uint32_t n) { return layer->number < n; });
    }

    // ---- layout -----------------------------------------------------------------------------------------------------

    // The most that any alignment takes: a file may stop reading directly while slots are in use.
    static size_t region_bytes(const expert_matrix & matrix) {
        return whole_pages(matrix.repack ? matrix.bytes : read_room(matrix.bytes, memory::page));
    }

    static size_t slot_bytes(const layer_info & layer);

    bool lay_out(std::string & error);
    void release_classes();

    uint64_t least_bytes() const;

    // ---- worth --------------------------------------------------------------------------------------------------------

    slot_class & class_of(const entry & e) { return classes[e.layer->slot_class]; }

    double worth(const entry & e) const { return scores.value(by, e.layer->index, e.expert); }

    // whether one is worth so much less that another slot size is worth the trouble
    bool clearly_less(const entry & one, const entry & other) const;

    // An expert that an acquire of late has named is not to go while there are others: of the layer that computes, of
    // the next one, and of as many other contexts.
    bool is_reserved(const entry & e) const { return e.reserved && e.reserved + 4 > acquires; }

    void start_policy();
    void tune_for(uint64_t bytes);
    void apply_warm_list();
    void sort_fill_order();

    // ---- slots --------------------------------------------------------------------------------------------------------

    char * slot_address(const slot_class & c, int64_t slot) const { return c.base + (size_t) slot * c.bytes; }

    static bool free_to_go(const entry & e) {
        return e.jobs == 0 && e.pins.load(std::memory_order_acquire) == 0;
    }

    void evict(entry & e);
    entry * lowest_in(layer_info & layer, bool spare_reserved);
    entry * lowest_free_to_go(slot_class & c, bool spare_reserved);
    entry * any_free_to_go(slot_class & c, bool spare_reserved); // for the fuzz flag

    // Which expert shall make room for one of class `mine`. A slot of the same size is worth more: one of another size
    // has to be given back to the system and the new one touched page by page, so it must be clearly older.
    entry * victim_for(const slot_class & mine, bool spare_reserved);
    void warm_up(slot_class & c);
    void cool_down(slot_class & c, int64_t slot);
    enum whom { NOBODY, NOT_RESERVED, ANYBODY }; // may be evicted
    bool free_slot(slot_class & c, whom evict_whom);
    bool assign(entry & e, whom evict_whom);

    // ---- compute ------------------------------------------------------------------------------------------------------

    bool is_ready(const entry & e) const;

    void want(entry & e, int role);

    // Pins what has a slot, gives slots to as many others as possible, queues what has to be read.
    void assign_more(expert_use & u, bool first_time);
    void set_starved(expert_use & u, bool is);
    void forget_queued(); // what no op has pinned
    void adopt(expert_use & u, size_t position, entry & e, std::vector<entry *> & fresh);

    std::vector<entry *> scratch; // of assign_more and acquire

    // Counts the uses of a layer by the tokens of a ubatch, and what they are worth.
    void note_uses(layer_info & layer, const std::vector<uint32_t> & experts, const route_ids & routes);
    void queue_reads(const layer_info & layer, const std::vector<entry *> & experts, int first_role);
    void judge_guess(layer_info & layer, const std::vector<uint32_t> & experts);
    void read_ahead_of(const layer_info & layer, size_t n_experts);
    std::vector<uint32_t> distinct; // scratch of acquire

    // Waits on `arrived`; the time in which nobody computes is the stall.
    void wait(std::unique_lock<std::mutex> & lock);
    void end_stall();
    expert_use * find_use(const void * key);
    expert_use & claim(const void * key);
    void record(const layer_info & layer, const route_ids & routes);

    // ---- I/O threads --------------------------------------------------------------------------------------------------

    // The next matrix to read, demand first; false: nothing to do.
    bool take_job(job & next);

    // Queues all matrices of an expert that has just got a slot, and takes the first.
    void take_whole(entry & e, job & next);

    // An expert the next layer will ask for.
    bool take_ahead(job & next);

    // An expert nobody has asked for yet gets memory nobody uses.
    bool fill(job & next);
    void io_thread(uint32_t number);

    // The store has an error: compute has come to a matrix that could not be read. A read that failed and that nobody
    // needs any more is no error.
    void fail(const expert_matrix & m, const read_result & got);
    void start_threads();

    // ---- resizing -----------------------------------------------------------------------------------------------------

    // Gives memory back until no more than `goal` bytes are in use.
    void shrink(std::unique_lock<std::mutex> & lock, uint64_t goal);

    static uint64_t warm_bytes(const slot_class & c) { return (c.n - c.cold.size()) * c.bytes; }

    void move(slot_class & c, entry & e, int64_t slot);
};

}  // namespace thimble
