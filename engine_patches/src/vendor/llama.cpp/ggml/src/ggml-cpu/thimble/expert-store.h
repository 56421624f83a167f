#pragma once

// The routed experts of one model in a bounded amount of memory.
//
// An *expert* (of one layer) has up to four *matrices* (gate, up or gate_up, down). It is given memory as a whole, one
// *slot*, and each of its matrices is read into the slot by itself, so that compute waits only for the matrix it
// needs. Slots of equal size form a *class* with address space of its own for all its experts; the sum of all slots
// that have memory never exceeds the budget.
//
// The compute side, for each MUL_MAT_ID on paged weights:
//
//     thread 0, before the barrier:   use * u = store.begin(key, matrix, ids and their counts, n_threads)
//     every thread, after it:         walk w(store, key); while ((e = w.next()) >= 0) … matrix.data(e) …
//
// `begin` pins what is there, gives slots to what is not and queues its reads; `next` hands out first what is ready,
// then waits. An expert is pinned until all threads of the op have passed it. When the experts of one op do not fit
// into the budget all at once, they go through it one after the other (streaming), and only the op's own matrix is read.
//
// No dependency on ggml: matrices are bytes at a place in a file. This file is what the unit tests test.

#include "expert-io.h"
#include "thimble-api.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace thimble {

class expert_store;

constexpr int max_experts = 4096; // in one layer

// Turns the bytes of one expert's matrix as they are in the file into what the kernels want; dst has the same size.
using repack_fn = std::function<void(void * dst, const void * src)>;

// All experts' matrices of one tensor, blk.N.ffn_ROLE_exps.weight. Created by bind, lives as long as the store.
struct expert_matrix {
    expert_store * store = nullptr;
    std::string    name;
    uint32_t       layer = 0;      // N of blk.N
    thimble_role   role = THIMBLE_ROLE_GATE;
    uint32_t       file = 0;
    uint64_t       offset = 0;     // of expert 0 in the file
    size_t         bytes = 0;      // of one expert
    uint32_t       n_experts = 0;
    repack_fn      repack;         // empty: as in the file

    // where an expert's matrix is; null: not in memory. A pointer is valid while the expert is pinned.
    std::unique_ptr<std::atomic<const char *>[]> table;

    // as kernels call it: never null, zeros for what could not be read
    const char * data(int64_t expert) const;
};

struct expert_use; // one op in progress

// which experts the tokens of a ubatch go to
struct route_ids {
    const int32_t * ids      = nullptr; // n_used for each token
    int64_t         n_tokens = 0;
    int64_t         n_used   = 0;
    size_t          stride   = 0;       // bytes from token to token
};

class expert_store {
  public:
    // for tests: how files are opened
    using opener = std::function<std::unique_ptr<model_file>(const std::string & path, bool direct, std::string & error)>;

    // null and a sentence in `error` when a file cannot be opened
    static std::unique_ptr<expert_store> create(const thimble_store_options & options, std::string & error,
                                                const opener & open = open_model_file);
    ~expert_store();

    expert_store(const expert_store &) = delete;
    expert_store & operator=(const expert_store &) = delete;

    // ---- before the first begin -------------------------------------------------------------------------------------

    // Null and a sentence in `error` when the matrix does not lie within its file or its name is not one of an
    // expert tensor's.
    expert_matrix * bind(const std::string & name, uint32_t file, uint64_t offset, size_t bytes_per_expert,
                         uint32_t n_experts, repack_fn repack, std::string & error);

    // whether this role's matrices shall be re-arranged
    bool wants_repack(thimble_role role) const;

    // whether even rows that there are kernels for as in the file shall be
    bool wants_interleaved() const;

    // ---- compute -----------------------------------------------------------------------------------------------------

    // As soon as a layer's router has spoken, by one thread: counts the uses, keeps what is there and reads what is not,
    // without waiting. `matrix` is any of the layer's. Ops of the layer then begin as ever.
    void acquire(const expert_matrix & matrix, const route_ids & routes);

    // Look-ahead while tokens come one by one: whether a guess for the layer after this one's would be of use now, and
    // the guess: a score for each of that layer's experts. Those most likely to be selected are read while nothing else
    // is. Guesses that prove wrong end it for a while.
    bool wants_guess(const expert_matrix & matrix);
    void guess(const expert_matrix & matrix, const float * scores, uint32_t n_experts);

    // Registers an op that uses `matrix` for every expert e with counts[e] > 0. By one thread, before any `walk` with
    // the same key; every one of n_threads threads has to make one. `key` tells ops that run at the same time apart
    // (the thread pool's address). `routes` goes into the trace. When `stop(key)` is true, waits end at once and the
    // op's results are garbage: whoever makes it true throws them away. With `also`, another matrix of the layer, the walk
    // hands out an expert when both are there.
    using stop_fn = bool (*)(const void * key);

    void begin(const void * key, const expert_matrix & matrix, const int64_t * counts, int n_threads,
               const route_ids & routes = {}, stop_fn stop = nullptr, const expert_matrix * also = nullptr);

    // How many of an op's hidden values a ReLU has left on; by any thread of the op.
    void note_neurons(const expert_matrix & matrix, uint64_t active, uint64_t all);

    // ---- control, from any thread ------------------------------------------------------------------------------------

    bool resize(uint64_t bytes, std::string & error);
    void warm(const thimble_hot_expert * experts, uint32_t count); // before the first resize
    uint32_t hot(thimble_hot_expert * experts, uint32_t count) const;
    thimble_store_stats stats() const;
    uint32_t experts(thimble_expert_info * infos, uint32_t count) const;
    uint32_t layers(thimble_layer_info * infos, uint32_t count) const;
    bool take_error(std::string & error);
    bool failed() const { return failed_.load(std::memory_order_relaxed); }
    void trace_start(uint64_t max_values);
    uint64_t trace_read(int32_t * values, uint64_t count);
    void timeline_start(uint64_t max_events);
    uint64_t timeline_read(thimble_event * events, uint64_t count);

    const char * zeros() const { return zeros_; }

    struct impl;

  private:
    friend class walk;
    expert_store();

    std::unique_ptr<impl> impl_;
    std::atomic<bool>     failed_ { false };
    const char *          zeros_ = nullptr;
};

// One thread's way through the experts of one op.
class walk {
  public:
    walk(expert_store & store, const void * key);
    ~walk(); // lets go of what it has not passed, too

    walk(const walk &) = delete;
    walk & operator=(const walk &) = delete;

    // the next expert, in memory (or failed: then its data are zeros, and the store has an error); -1: that was all
    int64_t next();

  private:
    expert_store & store_;
    expert_use *   use_;
    int            current_ = -1; // position in use_'s list
    int            left_;
    uint64_t       done_[max_experts / 64];

    void pass(int position);
    void abandon();
};

}  // namespace thimble
