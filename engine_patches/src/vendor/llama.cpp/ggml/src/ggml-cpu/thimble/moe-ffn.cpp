// The experts of one token in one graph node: from their selection to the weighted sum. Upstream's ten nodes each end in a
// barrier, and cut their rows for good before they begin; here rows are handed out as threads come for them, so that a thread
// that has lost its core for a moment delays nobody, and an expert is computed as soon as it is there.
//
// Values are upstream's bit for bit: the same kernels see the same numbers, and sums have the same order.

#include "expert-store.h"
#include "ggml-cpu-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "row-kernel.h"
#include "moe-down-rows.h"
#include "row-sums.h"
#include "thimble-paged.h"
#include "vec.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

namespace thimble {

namespace {

constexpr int max_used      = 64;
constexpr int chunks_wanted = 4;  // for each thread

struct shared_state {
    std::atomic<int> next_hidden[max_used]; // chunk of gate and up, by place in the selection
    std::atomic<int> next_out[max_used];    // chunk of down
    std::atomic<int> done_out;
};

// The operands of the node, and where its parts of the work buffer are.
struct plan {
    const ggml_tensor * down;
    const ggml_tensor * gate;   // or gate and up, one after the other
    const ggml_tensor * up;     // null: part of gate
    const ggml_tensor * input;
    const ggml_tensor * weights;
    const ggml_tensor * selected;
    const ggml_tensor * gate_b;  // F32 [rows of gate, n_experts] or null; so are the next
    const ggml_tensor * up_b;
    const ggml_tensor * down_b;
    thimble_act         act;
    int64_t             n_hidden, n_out;
    int                 n_used;
    row_kernel          hidden, up_rows, out;
    bool                sparse; // up rows that the activation switches off are left out
    bool                down_rows; // see moe-down-rows.h
    size_t              at_counts, at_gate, at_up, at_out, at_threads, input_bytes, values_bytes, thread_bytes;

    explicit plan(const ggml_tensor * op)
        : down(op->src[0]), gate(op->src[1]), up(op->src[5]), input(op->src[2]), weights(op->src[3]), selected(op->src[4]),
          gate_b(op->src[6]), up_b(op->src[7]), down_b(op->src[8]), n_hidden(down->ne[has_down_rows(down) ? 1 : 0]),
          n_out(down->ne[has_down_rows(down) ? 0 : 1]), n_used((int) selected->ne[0]), hidden(kernel_of(gate)),
          up_rows(kernel_of(up ? up : gate)), out(kernel_of(down)), down_rows(has_down_rows(down)) {
        ggml_custom_op_params params;
        memcpy(&params, op->op_params, sizeof(params));
        act          = (thimble_act) (intptr_t) params.userdata;
        sparse       = up && act == THIMBLE_ACT_RELU && up_rows.some();
        at_counts    = padded(sizeof(shared_state));
        at_gate      = at_counts + padded((size_t) down->ne[2] * sizeof(int64_t));
        at_up        = at_gate + padded((size_t) (n_used * n_hidden) * sizeof(float));
        at_out       = at_up + padded((size_t) (n_used * n_hidden) * sizeof(float));
        at_threads   = at_out + padded((size_t) (n_used * n_out) * sizeof(float));
        input_bytes  = padded(std::max(hidden.vector_bytes(), up_rows.vector_bytes()));
        // the input, once more if up and gate take it differently, one expert's hidden values, and which of them are on
        values_bytes = padded(down_rows ? down_rows_room(down) : out.vector_bytes());
        thread_bytes = 2 * input_bytes + values_bytes + padded((size_t) n_hidden * sizeof(int32_t));
    }

    static row_kernel kernel_of(const ggml_tensor * matrix) { return { matrix, paged_repack(matrix), paged_single(matrix) }; }

    size_t work_bytes(int n_threads) const { return at_threads + (size_t) n_threads * thread_bytes; }

    int place(int64_t expert) const {
        const int32_t * ids = (const int32_t *) selected->data;
        return (int) (std::find(ids, ids + n_used, (int32_t) expert) - ids);
    }
};

// places of what is on; how many
int active_of(const float * gate, int64_t begin, int64_t end, int32_t * active) {
    int n = 0;
    for (int64_t row = begin; row < end; row++) {
        active[n] = (int32_t) row;
        n += gate[row] > 0;
    }
    return n;
}

// of an expert: the bias that belongs to row `begin`
const float * bias_of(const ggml_tensor * biases, int64_t expert, int64_t begin) {
    return (const float *) ((const char *) biases->data + expert * (int64_t) biases->nb[1]) + begin;
}

void add_bias(const ggml_tensor * biases, int64_t expert, int64_t begin, int64_t end, float * rows) {
    if (biases) {
        ggml_vec_add_f32((int) (end - begin), rows, rows, bias_of(biases, expert, begin));
    }
}

// gpt-oss, with its constants
void swiglu_oai(int n, float * gate, const float * up) {
    constexpr float alpha = 1.702f;
    constexpr float limit = 7.0f;
    for (int i = 0; i < n; i++) {
        const float x = std::min(gate[i], limit);
        const float y = std::clamp(up[i], -limit, limit);
        const float glu = x / (1.0f + expf(alpha * (-x)));
        gate[i] = glu * (y + 1.0f);
    }
}

void activate(thimble_act act, int n, float * gate, const float * up) {
    switch (act) {
        case THIMBLE_ACT_SWIGLU_OAI: swiglu_oai(n, gate, up); break;
        case THIMBLE_ACT_SILU: ggml_vec_swiglu_f32(n, gate, gate, up); break;
        case THIMBLE_ACT_GELU: ggml_vec_geglu_f32 (n, gate, gate, up); break;
        case THIMBLE_ACT_RELU: ggml_vec_reglu_f32 (n, gate, gate, up); break;
    }
}

// the thread pool's address is the first use's key, the next byte's the second's: both are pinned for a moment
const void * second_key(const ggml_compute_params * params) {
    return (const char *) params->threadpool + 1;
}

bool second_stops(const void * key) {
    return thimble_threadpool_stops((const char *) key - 1);
}

// Gate, up and activation of all experts, by rows.
void compute_hidden(const ggml_compute_params * params, const plan & p, shared_state & state, char * own) {
    char * work = (char *) params->wdata;
    expert_matrix & gate = *paged_matrix(p.gate);
    expert_matrix * up   = p.up ? paged_matrix(p.up) : nullptr;

    const float * input = (const float *) p.input->data;
    const void  * as_gate = own;
    const void  * as_up   = own;
    p.hidden.take(input, own);
    if (p.up_rows.values != p.hidden.values) {
        p.up_rows.take(input, own + p.input_bytes);
        as_up = own + p.input_bytes;
    }
    int32_t *     active   = (int32_t *) (own + 2 * p.input_bytes + p.values_bytes);
    int64_t       n_active = 0, n_seen = 0;
    const int64_t rows     = chunk_rows(p.n_hidden, params->nth * chunks_wanted);
    const int     chunks   = (int) ((p.n_hidden + rows - 1) / rows);
    walk experts(*gate.store, params->threadpool);
    for (int64_t expert; (expert = experts.next()) >= 0;) {
        const int place = p.place(expert);
        float * g = (float *) (work + p.at_gate) + place * p.n_hidden;
        float * u = (float *) (work + p.at_up) + place * p.n_hidden;
        for (int chunk; (chunk = state.next_hidden[place].fetch_add(1, std::memory_order_relaxed)) < chunks;) {
            const int64_t begin = chunk * rows, end = std::min(begin + rows, p.n_hidden);
            p.hidden.rows(gate.data(expert), as_gate, begin, end, g + begin);
            add_bias(p.gate_b, expert, begin, end, g + begin);
            int on = 0;
            if (p.act == THIMBLE_ACT_RELU) {
                on = active_of(g, begin, end, active);
                n_active += on;
                n_seen += end - begin;
            }
            if (p.sparse) {
                p.up_rows.some_rows(up->data(expert), as_up, active, on, u);
            } else if (up) {
                p.up_rows.rows(up->data(expert), as_up, begin, end, u + begin);
            } else {
                p.hidden.rows(gate.data(expert), as_gate, p.n_hidden + begin, p.n_hidden + end, u + begin);
                add_bias(p.gate_b, expert, p.n_hidden + begin, p.n_hidden + end, u + begin);
            }
            add_bias(p.up_b, expert, begin, end, u + begin); // of a row left out nobody looks at the sum
            activate(p.act, (int) (end - begin), g + begin, u + begin);
        }
    }
    if (n_seen) {
        gate.store->note_neurons(gate, (uint64_t) n_active, (uint64_t) n_seen);
    }
}

// The sum of all experts' outputs in the order of the selection, each multiplied first: upstream's roundings.
void add_up(const plan & p, float * outputs, float * result) {
    const float * weights = (const float *) p.weights->data;
    for (int i = 0; i < p.n_used; i++) {
        ggml_vec_scale_f32((int) p.n_out, outputs + i * p.n_out, weights[i]);
    }
    memcpy(result, outputs, (size_t) p.n_out * sizeof(float));
    for (int i = 1; i < p.n_used; i++) {
        ggml_vec_add_f32((int) p.n_out, result, result, outputs + i * p.n_out);
    }
}

void compute_out(const ggml_compute_params * params, const plan & p, shared_state & state, char * own, float * result) {
    char *          work   = (char *) params->wdata;
    float *         out    = (float *) (work + p.at_out);
    expert_matrix & down   = *paged_matrix(p.down);
    const int64_t   rows   = p.down_rows ? down_rows_chunk(p.down, params->nth) : chunk_rows(p.n_out, params->nth * chunks_wanted);
    const int       chunks = (int) ((p.n_out + rows - 1) / rows);
    void *          values = own + 2 * p.input_bytes;
    int32_t *       active = (int32_t *) (own + 2 * p.input_bytes + p.values_bytes);
    walk experts(*down.store, second_key(params));
    for (int64_t expert; (expert = experts.next()) >= 0;) {
        const int place = p.place(expert);
        const float * hidden = (const float *) (work + p.at_gate) + place * p.n_hidden;
        bool taken = false;
        int  n_active = 0;
        for (int chunk; (chunk = state.next_out[place].fetch_add(1, std::memory_order_relaxed)) < chunks;) {
            if (!taken && p.down_rows) {
                n_active = not_zero(hidden, (int) p.n_hidden, active);
            } else if (!taken) {
                p.out.take(hidden, values);
            }
            taken = true;
            const int64_t begin = chunk * rows, end = std::min(begin + rows, p.n_out);
            float *       to    = out + place * p.n_out;
            if (p.down_rows) {
                down_rows_sum(p.down, down.data(expert), hidden, active, n_active, begin, end, to, values);
            } else {
                p.out.rows(down.data(expert), values, begin, end, to + begin);
            }
            add_bias(p.down_b, expert, begin, end, to + begin);
            if (state.done_out.fetch_add(1, std::memory_order_acq_rel) + 1 == chunks * p.n_used) {
                add_up(p, out, result); // the others have nothing to do but wait
            }
        }
    }
}

class moe_ffn_traits : public ggml::cpu::tensor_traits {
  public:
    bool work_size(int n_threads, const ggml_tensor * op, size_t & size) override {
        size = plan(op).work_bytes(n_threads);
        return true;
    }

    bool compute_forward(ggml_compute_params * params, ggml_tensor * op) override {
        const plan      p(op);
        char *          work   = (char *) params->wdata;
        shared_state &  state  = *(shared_state *) work;
        int64_t *       counts = (int64_t *) (work + p.at_counts);
        char *          own    = work + p.at_threads + (size_t) params->ith * p.thread_bytes;
        expert_matrix & gate   = *paged_matrix(p.gate);
        expert_matrix & down   = *paged_matrix(p.down);
        const route_ids routes = routes_of(p.selected);

        if (params->ith == 0) {
            memset(counts, 0, (size_t) p.down->ne[2] * sizeof(int64_t));
            for (int i = 0; i < p.n_used; i++) {
                const int32_t expert = routes.ids[i];
                GGML_ASSERT(expert >= 0 && expert < p.down->ne[2]);
                counts[expert] = 1;
                state.next_hidden[i].store(0, std::memory_order_relaxed);
                state.next_out[i].store(0, std::memory_order_relaxed);
            }
            state.done_out.store(0, std::memory_order_relaxed);
            gate.store->begin(params->threadpool, gate, counts, params->nth, routes, thimble_threadpool_stops,
                              p.up ? paged_matrix(p.up) : nullptr);
        }
        ggml_barrier(params->threadpool);
        compute_hidden(params, p, state, own);
        if (params->ith == 0) {
            // not before: in little memory what `down` would keep pinned might be what the others have to make room for
            down.store->begin(second_key(params), down, counts, params->nth, routes, second_stops);
        }
        ggml_barrier(params->threadpool);
        compute_out(params, p, state, own, (float *) op->data);
        return true;
    }
};

void not_paged(ggml_tensor *, int, int, void *) {
    GGML_ABORT("thimble: the experts of this node are not paged");
}

bool fits(const ggml_tensor * t) {
    return t && paged_matrix(t) && ggml_n_dims(t) == 3;
}

bool fits_bias(const ggml_tensor * biases, const ggml_tensor * matrix) {
    return !biases || (matrix && biases->type == GGML_TYPE_F32 && biases->nb[0] == sizeof(float) &&
                       biases->ne[0] == matrix->ne[1] && biases->ne[1] == matrix->ne[2]);
}

}  // namespace

ggml::cpu::tensor_traits * moe_ffn_traits_of(const ggml_tensor * op) {
    static moe_ffn_traits traits;
    ggml_custom_op_params params;
    memcpy(&params, op->op_params, sizeof(params));
    return params.fun == not_paged ? &traits : nullptr;
}

}  // namespace thimble

ggml_tensor * thimble_moe_ffn(ggml_context * ctx, const thimble_moe * moe) {
    using namespace thimble;
    const bool merged = moe->gate_up != nullptr;
    ggml_tensor * gate = merged ? moe->gate_up : moe->gate;
    const int of_hidden = moe->down && has_down_rows(moe->down) ? 1 : 0; // dimension of `down`
    if (!fits(moe->down) || !fits(gate) || (!merged && !fits(moe->up)) || moe->input->ne[1] != 1 ||
        moe->selected->ne[1] != 1 || moe->selected->ne[0] > max_used || moe->input->type != GGML_TYPE_F32 ||
        moe->weights->type != GGML_TYPE_F32 || ggml_nelements(moe->weights) != moe->selected->ne[0] ||
        gate->ne[1] != (merged ? 2 : 1) * moe->down->ne[of_hidden] || (!merged && !ggml_are_same_shape(gate, moe->up)) ||
        !fits_bias(moe->gate_b, gate) || !fits_bias(moe->up_b, merged ? nullptr : moe->up) ||
        !fits_bias(moe->down_b, of_hidden ? nullptr : moe->down)) {
        return nullptr;
    }
    ggml_tensor * args[] = { moe->down,   gate,      moe->input, moe->weights, moe->selected, merged ? nullptr : moe->up,
                             moe->gate_b, moe->up_b, moe->down_b };
    return ggml_custom_4d(ctx, GGML_TYPE_F32, moe->down->ne[1 - of_hidden], 1, 1, 1, args, 9, not_paged, GGML_N_TASKS_MAX,
                          (void *) (intptr_t) moe->act);
}
