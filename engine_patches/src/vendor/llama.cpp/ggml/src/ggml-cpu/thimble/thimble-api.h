#pragma once

// The one door through which Thimble's Python reaches our C++ code.
//
// It is never linked against: ask the CPU backend's registry for it by name, which works with
// dynamically loaded backends too:
//
//     const struct thimble_api * api =
//         ((const struct thimble_api * (*)(void)) ggml_backend_reg_get_proc_address(reg, "thimble_api"))();
//
// Rules of the struct:
//   - fields are only ever appended; a reader uses a field only when `size` covers it
//   - `version` goes up when the meaning of an existing field changes
//   - every function may be called from every thread unless it says otherwise, and none calls back into Python

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef  __cplusplus
extern "C" {
#endif

#define THIMBLE_API_NAME    "thimble_api"
#define THIMBLE_API_VERSION 1

// ---- expert store: the routed experts of one model, in a bounded amount of memory --------------------------------
//
// Life of a store: store_new -> its buffer type goes into llama_model_params.tensor_buft_overrides for the pattern
// THIMBLE_EXPERT_TENSORS -> llama_model_load_from_file (binds every expert matrix to its place in the file and reads
// nothing) -> store_resize with the memory that is left -> decode … -> llama_free, llama_model_free -> store_free.

#define THIMBLE_EXPERT_TENSORS "\\.ffn_(gate|up|down|gate_up)_exps\\.weight$"

// the matrices of one expert; also bits (1 << role) of store options
enum thimble_role {
    THIMBLE_ROLE_GATE    = 0,
    THIMBLE_ROLE_UP      = 1,
    THIMBLE_ROLE_GATE_UP = 2, // both in one, gate rows first
    THIMBLE_ROLE_DOWN    = 3,
    THIMBLE_ROLE_COUNT   = 4,
};

enum thimble_store_flag {
    THIMBLE_STORE_BUFFERED = 1 << 0, // never O_DIRECT: read through the page cache and drop the pages again
    THIMBLE_STORE_NO_FILL  = 1 << 1, // read only what is asked for; without it idle I/O threads fill free slots
    THIMBLE_STORE_FUZZ     = 1 << 2, // tests: evict and delay at random, poison free slots
    THIMBLE_STORE_NO_LOOK_AHEAD = 1 << 3, // read nothing before its layer's router has spoken
    THIMBLE_STORE_NO_EARLY      = 1 << 4, // read nothing before the layer's first MUL_MAT_ID, either: to compare
    // since thimble.5, to compare: rows are interleaved as they arrive; without it they stay as in the file where there are kernels
    // for such rows. 1 << 5 had a meaning in thimble.4 to 8.
    THIMBLE_STORE_INTERLEAVED   = 1 << 6,
};

// which expert makes room for another
enum thimble_policy {
    THIMBLE_POLICY_LRFU   = 0, // least recently and frequently used, with a half-life
    THIMBLE_POLICY_LRU    = 1,
    THIMBLE_POLICY_LFU    = 2,
    THIMBLE_POLICY_NONE   = 3, // nothing is kept from one use to the next
    THIMBLE_POLICY_BELADY = 4, // replay only: knows the future
};

struct thimble_store_options {
    uint32_t             size;         // sizeof(struct thimble_store_options) of the caller
    uint32_t             n_files;      // parts of the model in the order of the split, the first part first
    const char * const * files;        // their paths, in the file system's encoding; copied
    uint32_t             n_io_threads; // 0: default
    uint32_t             repack;       // mask of 1 << role: matrices to re-arrange for the repack kernels as they arrive
    uint32_t             flags;        // mask of enum thimble_store_flag
    uint32_t             seed;         // of the fuzz flag
    // since thimble.3
    uint32_t             policy;       // enum thimble_policy
    double               half_life;    // of LRFU in tokens, the nearest there is; 0: found while it runs
};

// All counters only grow. A "use" is one expert of one layer in one ubatch.
struct thimble_store_stats {
    uint64_t uses;             // = hits + misses
    uint64_t hits;             // all matrices of the expert were in memory when its layer asked for them
    uint64_t misses;
    uint64_t reads;            // requests to the disk that succeeded, one for each matrix
    uint64_t bytes_read;       // of these, alignment included
    uint64_t read_ns;          // time inside these requests, summed over the I/O threads
    uint64_t repack_ns;        // time spent re-arranging what was read, summed over the I/O threads
    uint64_t stall_ns;         // wall time in which no compute thread could run because experts were missing
    uint64_t evictions;        // experts that lost their slot
    uint64_t errors;           // reads that failed for good
    uint64_t retries;          // reads that were tried again
    uint64_t filled;           // experts read by idle I/O threads before anybody asked
    // gauges
    uint64_t budget_bytes;     // what store_resize was given
    uint64_t resident_bytes;   // of slots that hold an expert
    uint64_t total_bytes;      // of slots for all experts: with a budget of this everything stays in memory
    uint64_t expert_bytes;     // of the biggest slot
    uint32_t resident_experts; // over all layers
    uint32_t total_experts;    // over all layers
    uint32_t n_layers;         // that have experts
    uint32_t n_experts;        // the most in one layer
    uint32_t direct_io;        // 1: all files are read past the page cache
    uint32_t policy;           // enum thimble_policy
    // since thimble.3: counters
    uint64_t in_time;          // misses that were there when compute came to them, thanks to the early router
    uint64_t ahead_reads;      // experts of the next layer that were read before its router had spoken
    uint64_t ahead_used;       // of these, those it then chose
    uint64_t guesses;          // of the next layer's experts, whether they were read or not
    uint64_t guesses_right;
    // gauges
    double   half_life;        // of LRFU, in tokens; 0: the policy has none
    // since thimble.4: counters
    uint64_t neurons;          // of selected experts with a ReLU, over tokens that came one by one
    uint64_t neurons_active;   // of these, those that were not switched off
    // since thimble.7: counters
    uint64_t ahead_late;       // of ahead_used, those that were not all there when their layer asked: they are misses, too
    uint64_t late;             // of these, those that were not all there when compute came to them, either
};

// since thimble.4: what is known of one layer with experts
struct thimble_layer_info {
    uint32_t layer;            // the N of blk.N
    uint32_t n_experts;
    uint64_t neurons;          // as in the statistics
    uint64_t neurons_active;
};

// what is known of one expert of one layer
struct thimble_expert_info {
    uint32_t layer;    // the N of blk.N
    uint32_t expert;
    uint64_t uses;
    uint64_t misses;
    uint32_t resident; // 1: all its matrices are in memory
    uint32_t reserved;
};

// since thimble.3
struct thimble_hot_expert {
    uint32_t layer;  // the N of blk.N
    uint32_t expert;
    double   value;  // log2 of its decayed uses
};

enum thimble_event_kind {
    THIMBLE_EVENT_ACQUIRE    = 1, // a layer's router has spoken
    THIMBLE_EVENT_OP_BEGIN   = 2, // a MUL_MAT_ID of a layer; value: enum thimble_role
    THIMBLE_EVENT_OP_END     = 3, // all threads have left it; value: enum thimble_role
    THIMBLE_EVENT_STALL      = 4, // from now on nothing can be computed for want of experts
    THIMBLE_EVENT_GO         = 5, // the end of that
    THIMBLE_EVENT_READ_BEGIN = 6, // of one matrix of an expert; value: number of the I/O thread
    THIMBLE_EVENT_READ_END   = 7, // it is in memory, re-arranged; value: number of the I/O thread
};

struct thimble_event {
    uint64_t time_ns; // of a clock that does not go back
    uint32_t kind;    // enum thimble_event_kind
    uint32_t layer;   // the N of blk.N
    uint32_t expert;
    uint32_t value;
};

// since thimble.5: what an approximate head has done; all counters only grow. Tokens that were to be computed whole are not
// in them.
struct thimble_head_stats {
    uint64_t tokens;    // whose logits were computed
    uint64_t rows;      // of the vocabulary that were computed for them; those of checks are not in it
    uint64_t all_rows;  // what the whole head would have been
    uint64_t checked;   // tokens for which the other rows were computed, too
    uint64_t changed;   // of these, those whose top token was among the other rows
    uint64_t none_kept; // tokens without any row above zero: all rows were computed
};

struct thimble_replay_options {
    uint32_t size;       // sizeof(struct thimble_replay_options) of the caller
    uint32_t policy;     // enum thimble_policy
    double   half_life;  // as in the store's options
    uint64_t slots;      // experts the cache has room for
    uint64_t count_from; // records before this one only fill it
};

struct thimble_replay_result {
    uint64_t uses;
    uint64_t hits;
    double   half_life;  // at the end; 0: the policy has none
};

struct thimble_api {
    uint32_t     version; // THIMBLE_API_VERSION
    uint32_t     size;    // sizeof(struct thimble_api) of this build
    const char * build;   // for instance "0.3.36+thimble.1"; static storage

    // A cancel flag: one atomic boolean, born false, that Stop sets from any thread while a graph is computed.
    // A null flag is allowed everywhere and reads as false.
    void * (*cancel_new) (void);                     // null when there is no memory
    void   (*cancel_set) (void * flag, bool cancel); // true: stop, false: ready for the next answer
    bool   (*cancel_get) (const void * flag);
    void   (*cancel_free)(void * flag);              // only when no context uses the flag any more

    // A ggml_abort_callback that reads the flag given as its data:
    // llama_set_abort_callback(ctx, api->abort_callback, flag)
    bool   (*abort_callback)(void * flag);

    // ---- since thimble.2 -------------------------------------------------------------------------------------------

    // Makes the flag read as true, too, while the store has an error nobody has taken: a failed read stops the
    // compute within one graph node. A null store ends that; before the store is freed.
    void   (*cancel_watch)(void * flag, void * store);

    // Null, and a sentence in `error`, when a file cannot be opened or memory is lacking.
    void * (*store_new)(const struct thimble_store_options * options, char * error, size_t error_size);
    // the ggml_backend_buffer_type_t that makes tensors live in this store; valid as long as the store
    void * (*store_buffer_type)(void * store);
    // Memory for slots in bytes. May be called while a model decodes; experts in use keep their slots until they are
    // let go, and the call returns when the memory is given back. New memory is taken slot by slot as experts arrive.
    // False, and a sentence in `error`, below one slot for each size. Not from several threads at once.
    bool   (*store_resize)(void * store, uint64_t bytes, char * error, size_t error_size);
    // fills up to `size` bytes
    void   (*store_stats)(void * store, struct thimble_store_stats * stats, size_t size);
    // fills up to `count` entries, ordered by layer and expert; how many there are
    uint32_t (*store_experts)(void * store, struct thimble_expert_info * infos, uint32_t count);
    // Takes the first error since the last call: true, and a sentence in `error`, if there was one.
    bool   (*store_error)(void * store, char * error, size_t error_size);
    // Route trace: which experts each token used, as int32 records {layer, n_tokens, n_used, ids of token 0, ids of
    // token 1, …}, one for each layer and ubatch. trace_start forgets the old trace and keeps up to `max_values`
    // values (0: stop recording, keep what there is); trace_read copies up to `count` values from the beginning on
    // and removes them; the number copied. Whole records only, so `count` has to have room for the next.
    void     (*trace_start)(void * store, uint64_t max_values);
    uint64_t (*trace_read) (void * store, int32_t * values, uint64_t count);
    // Waits for reads in flight and gives all memory back; after the model was freed.
    void   (*store_free)(void * store);

    // ---- since thimble.3 -------------------------------------------------------------------------------------------

    // The experts that were used, the most worth keeping first: fills up to `count`, and tells how many there are.
    uint32_t (*store_hot)(void * store, struct thimble_hot_expert * experts, uint32_t count);
    // What store_hot told in an earlier run: these are read first while nobody asks for others, and worth as much as
    // they were until they are used. Before the first store_resize; experts that do not exist are passed over.
    void     (*store_warm)(void * store, const struct thimble_hot_expert * experts, uint32_t count);
    // What a cache of so many experts, empty at first, would have done on a trace (see trace_start). False: the values
    // are not whole records, or the policy is unknown. Needs no store.
    bool     (*replay)(const int32_t * values, uint64_t count, const struct thimble_replay_options * options,
                       struct thimble_replay_result * result);
    // Timeline: what happened when. timeline_start forgets the old one and keeps up to `max_events` (0: stop recording,
    // keep what there is); timeline_read copies up to `count` from the beginning on and removes them; how many.
    void     (*timeline_start)(void * store, uint64_t max_events);
    uint64_t (*timeline_read) (void * store, struct thimble_event * events, uint64_t count);

    // ---- since thimble.4 -------------------------------------------------------------------------------------------

    // fills up to `count` entries, ordered by layer; how many there are
    uint32_t (*store_layers)(void * store, struct thimble_layer_info * infos, uint32_t count);

    // ---- since thimble.5 -------------------------------------------------------------------------------------------

    // An approximate head (lm-head.h) for thimble_model_use_head; freed after the model. Null when there is no memory.
    void * (*head_new)(void);
    // From now on, from the next token on: `whole`: compute all rows; of `check_every` tokens compare one with the whole head
    // (0: none).
    void   (*head_set)(void * head, bool whole, uint32_t check_every);
    // fills up to `size` bytes
    void   (*head_stats)(void * head, struct thimble_head_stats * stats, size_t size);
    void   (*head_free)(void * head);
};

// what the registry hands out under THIMBLE_API_NAME: a function without arguments; the struct is static
typedef const struct thimble_api * (*thimble_api_t)(void);

const struct thimble_api * thimble_api_get(void);

#ifdef  __cplusplus
}
#endif
