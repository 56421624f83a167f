#pragma once

// Where upstream's CPU backend meets the expert store: a buffer type for expert tensors, and the way a MUL_MAT_ID
// kernel goes through their experts. For every other tensor these functions do what upstream's loop did.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ggml-backend.h"
#include "ggml.h"

#ifdef  __cplusplus
extern "C" {
#endif

struct ggml_compute_params;

bool thimble_is_paged_buft(ggml_backend_buffer_type_t buft);

// whether it is a paged tensor whose matrices are laid out as in the file, not re-arranged
bool thimble_as_in_file(const struct ggml_tensor * tensor);

// the matrix of one expert of src0; valid for an expert the caller's walk has arrived at
const char * thimble_expert_data(const struct ggml_tensor * src0, int64_t expert);

// By thread 0 of a MUL_MAT_ID before its barrier: how many rows each of the ne02 experts gets.
void thimble_walk_prepare(const struct ggml_compute_params * params, const struct ggml_tensor * op, const int64_t * counts);

// One thread's way through the experts with rows, after the barrier. Every thread of the op makes one and ends it.
struct thimble_walk {
    const int64_t * counts;
    int64_t         n_as;
    int64_t         at;
    bool            paged;
    // room for a thimble::walk
#ifdef __cplusplus
    alignas(8)
#else
    _Alignas(8)
#endif
    char            walk[576];
};

void    thimble_walk_begin(struct thimble_walk * walk, const struct ggml_compute_params * params,
                           const struct ggml_tensor * op, const int64_t * counts);
int64_t thimble_walk_next (struct thimble_walk * walk); // the next expert, in memory; -1: that was all
void    thimble_walk_end  (struct thimble_walk * walk); // also before the last expert

// Whether the graph that this thread pool computes is to be aborted; in ggml-cpu.c, which knows the pool.
bool thimble_threadpool_stops(const void * threadpool);

// For the model loader, by name from the registry: places `tensor`, whose data begin at `offset` of part `file` of the
// model, in its store. 0: the tensor is not paged, read it; 1: done; -1: it cannot be done, see `error`.
#define THIMBLE_PAGED_BIND_NAME "thimble_paged_bind"
typedef int (*thimble_paged_bind_t)(struct ggml_tensor * tensor, uint32_t file, uint64_t offset, char * error, size_t error_size);
int thimble_paged_bind(struct ggml_tensor * tensor, uint32_t file, uint64_t offset, char * error, size_t error_size);

// For the graph builder, by name from the registry: asks for the experts of one layer as soon as its router has selected
// them, and guesses those of the next layer by what its router says to this one's input.
struct thimble_router {
    const struct ggml_tensor * experts; // any expert tensor of the layer
    const struct ggml_tensor * gate;    // F32 [n_embd, n_experts]; null or another type: no guess
    const struct ggml_tensor * gate_b;  // F32 [n_experts] or null: added to the logits
    const struct ggml_tensor * probs_b; // F32 [n_experts] or null: added to the probabilities
    struct ggml_tensor *       input;   // F32 [n_embd, n_tokens], what this layer's router read
};

// A node to be used in the place of `selected` (I32, [n_used, n_tokens], the same values), or `selected` where the
// layer's experts are not paged.
#define THIMBLE_MOE_ACQUIRE_NAME "thimble_moe_acquire"
typedef struct ggml_tensor * (*thimble_moe_acquire_t)(struct ggml_context * ctx, struct ggml_tensor * selected, const struct thimble_router * router);
struct ggml_tensor * thimble_moe_acquire(struct ggml_context * ctx, struct ggml_tensor * selected, const struct thimble_router * router);

// For the graph builder, by name from the registry: the experts of one token in one node, when all their matrices are paged.
enum thimble_act { THIMBLE_ACT_SILU, THIMBLE_ACT_GELU, THIMBLE_ACT_RELU, THIMBLE_ACT_SWIGLU_OAI };

struct thimble_moe {
    struct ggml_tensor * gate;     // [n_embd, n_hidden, n_experts], or null with
    struct ggml_tensor * up;       // the same
    struct ggml_tensor * gate_up;  // [n_embd, 2 n_hidden, n_experts]: gate, then up
    struct ggml_tensor * down;     // [n_hidden, n_out, n_experts]; with GGML_TENSOR_FLAG_ROWS [n_out, n_hidden, n_experts]
    struct ggml_tensor * input;    // F32 [n_embd, 1]
    struct ggml_tensor * selected; // I32 [n_used, 1]
    struct ggml_tensor * weights;  // F32, n_used of them
    struct ggml_tensor * gate_b;   // F32 [rows of gate or gate_up, n_experts] or null: added to the products
    struct ggml_tensor * up_b;     // the same
    struct ggml_tensor * down_b;
    enum thimble_act     act;
};

// F32 [n_out, 1], the sum over the selected experts of weight · (down · (act(gate · input + gate_b) ⊙ (up · input + up_b)) +
// down_b); null: not for these
#define THIMBLE_MOE_FFN_NAME "thimble_moe_ffn"
typedef struct ggml_tensor * (*thimble_moe_ffn_t)(struct ggml_context * ctx, const struct thimble_moe * moe);
struct ggml_tensor * thimble_moe_ffn(struct ggml_context * ctx, const struct thimble_moe * moe);

// For the graph builder, by name from the registry: what MUL_MAT_ID is for other down matrices, for one with a row for each
// neuron: [n_out, n_hidden, n_experts], paged or not. F32 [n_out, n_used, n_tokens] of `hidden` F32 [n_hidden, n_used, n_tokens]
// and `selected` I32 [n_used, n_tokens].
#define THIMBLE_MOE_DOWN_ROWS_NAME "thimble_moe_down_rows"
typedef struct ggml_tensor * (*thimble_moe_down_rows_t)(struct ggml_context * ctx, struct ggml_tensor * down,
                                                        struct ggml_tensor * hidden, struct ggml_tensor * selected);
struct ggml_tensor * thimble_moe_down_rows(struct ggml_context * ctx, struct ggml_tensor * down, struct ggml_tensor * hidden,
                                           struct ggml_tensor * selected);

// For the graph builder, by name from the registry: the logits of one token by a head that computes only the rows its profiler
// expects to matter; see lm-head.h. `head` is what head_new of the C API made. F32 [n_vocab, 1]; null: not with these tensors.
#define THIMBLE_LM_HEAD_NAME "thimble_lm_head"
typedef struct ggml_tensor * (*thimble_lm_head_t)(struct ggml_context * ctx, struct ggml_tensor * output,
                                                  struct ggml_tensor * profiler, struct ggml_tensor * input, void * head);
struct ggml_tensor * thimble_lm_head(struct ggml_context * ctx, struct ggml_tensor * output, struct ggml_tensor * profiler,
                                     struct ggml_tensor * input, void * head);

#ifdef  __cplusplus
}

#include "expert-store.h"
#include "traits.h"

namespace thimble {

// how the CPU backend computes an op on a paged tensor; null: as if it were not paged
ggml::cpu::tensor_traits * paged_traits(const struct ggml_tensor * op);

// in repack.cpp: the traits of the layout that suits a tensor best on this processor, null when there is none, and the
// re-arranging of a matrix, whose data address is where the result goes
ggml::cpu::tensor_traits * repack_traits(const struct ggml_tensor * tensor);
void                       repack_matrix(ggml::cpu::tensor_traits * traits, struct ggml_tensor * matrix, const void * data, size_t size);

// of a paged tensor: its place in the store, and its layout (null: as in the file); of others null
expert_matrix *            paged_matrix(const struct ggml_tensor * tensor);
ggml::cpu::tensor_traits * paged_repack(const struct ggml_tensor * tensor);

// How rows as in a file are multiplied: some of them with one vector, and all with many.
struct single_row_kernels {
    bool (*product)(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows);
    bool (*many)(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens);
};

// of a paged tensor whose rows are as in the file in spite of paged_repack, with the bits that interleaved ones give; null for others
const single_row_kernels * paged_single(const struct ggml_tensor * tensor);

// of a matrix that nobody interleaves, paged or not, with the bits of ggml_vec_dot (only `product`); null: there are none
const single_row_kernels * dot_rows(const struct ggml_tensor * matrix);

// The products of n rows as in the file, the first at `rows`, with vectors[t], for out[t]; n_tokens of them. False: they are
// interleaved.
bool multiply_rows(const struct ggml_tensor * src0, const char * rows, int64_t n, const void * const * vectors, float * const * out, int64_t n_tokens);

route_ids routes_of(const struct ggml_tensor * selected);

// in repack.cpp: a layout's product of interleaved rows with one vector of the type `values`; null without traits
struct repacked_product {
    void (*product)(int n, float * out, size_t, const void * rows, const void * vector, int, int n_rows);
    ggml_type values;
};
repacked_product repacked_product_of(ggml::cpu::tensor_traits * traits);

// in moe-ffn.cpp: of a node of thimble_moe_ffn; null for other custom nodes
ggml::cpu::tensor_traits * moe_ffn_traits_of(const struct ggml_tensor * op);

}  // namespace thimble
#endif
