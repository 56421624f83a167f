#include "lm-head.h"

#include "gemv.h"
#include "ggml-cpu-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "thimble-paged.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace thimble {

namespace {

constexpr int rows_at_once  = 512; // of the vocabulary, by one thread
constexpr int units_at_once = 16;  // of the profiler's hidden values

size_t padded(size_t bytes) {
    constexpr size_t line = 128;
    return (bytes + line - 1) / line * line;
}

// How rows as in a file, n values each, are multiplied with one vector.
struct row_products {
    int64_t        n;
    size_t         row_bytes;
    bool           single; // several at once
    ggml_type      values;
    ggml_vec_dot_t dot;

    row_products(ggml_type type, int64_t n_values)
        : n(n_values), row_bytes(ggml_row_size(type, n_values)),
          single(type == GGML_TYPE_Q4_0 && gemv_q4_0_single((int) n_values, nullptr, nullptr, nullptr, nullptr, 0)) {
        const ggml_type_traits_cpu * traits = ggml_get_type_traits_cpu(type);
        values = traits->vec_dot_type;
        dot    = traits->vec_dot;
    }

    size_t vector_bytes() const { return padded(ggml_row_size(values, n)); }

    void take(const float * from, void * to) const {
        if (values == GGML_TYPE_F32) {
            memcpy(to, from, (size_t) n * sizeof(float));
        } else {
            ggml_get_type_traits_cpu(values)->from_float(from, to, n);
        }
    }

    // out[r] for the rows r of the list
    void some(const char * matrix, const void * vector, const int32_t * rows, int n_rows, float * out) const {
        if (single) {
            gemv_q4_0_single((int) n, out, matrix, vector, rows, n_rows);
            return;
        }
        for (int i = 0; i < n_rows; i++) {
            dot((int) n, out + rows[i], 0, matrix + (size_t) rows[i] * row_bytes, 0, vector, 0, 1);
        }
    }
};

// what the threads share; one is made anew for each node
struct shared_state {
    std::atomic<int64_t> next_units;
    std::atomic<int64_t> next_rows;
    std::atomic<int64_t> next_whole; // once more, when no row has been kept
    std::atomic<int64_t> kept;
    bool                 whole;
    bool                 check;
};

struct highest {
    float kept;
    float skipped;
};

struct plan {
    const ggml_tensor * output;   // [n_embd, n_vocab]
    const ggml_tensor * profiler;
    const ggml_tensor * input;
    lm_head *           head;
    int64_t             n_vocab, n_units;
    row_products        first, second, rows;
    size_t              at_units, at_highest, thread_bytes;

    explicit plan(const ggml_tensor * op)
        : output(op->src[0]), profiler(op->src[1]), input(op->src[2]), n_vocab(output->ne[1]),
          n_units(ggml_nelements(profiler) / (output->ne[0] + n_vocab)), first(profiler->type, output->ne[0]),
          second(profiler->type, n_units), rows(output->type, output->ne[0]) {
        ggml_custom_op_params params;
        memcpy(&params, op->op_params, sizeof(params));
        head         = (lm_head *) params.userdata;
        at_units     = padded(sizeof(shared_state));
        at_highest   = at_units + padded((size_t) n_units * sizeof(float));
        // the input twice, as the two matrices want it, and the hidden values
        thread_bytes = first.vector_bytes() + rows.vector_bytes() + second.vector_bytes();
    }

    // behind what each thread has found
    size_t threads_at(int n_threads) const { return at_highest + padded((size_t) n_threads * sizeof(highest)); }
    size_t work_bytes(int n_threads) const { return threads_at(n_threads) + (size_t) n_threads * thread_bytes; }
};

// A thread's share of the hidden values.
void compute_units(const plan & p, shared_state & state, const void * input, float * units) {
    int32_t list[units_at_once];
    for (int64_t begin; (begin = state.next_units.fetch_add(units_at_once, std::memory_order_relaxed)) < p.n_units;) {
        const int n = (int) std::min<int64_t>(units_at_once, p.n_units - begin);
        std::iota(list, list + n, (int32_t) begin);
        p.first.some((const char *) p.profiler->data, input, list, n, units);
    }
}

// A thread's share of the logits: those with a score above zero, or all of them.
highest compute_rows(const plan & p, shared_state & state, std::atomic<int64_t> & next, bool whole, const void * hidden,
                     const void * input, float * logits) {
    const char * scores_of = (const char *) p.profiler->data + (size_t) p.n_units * p.first.row_bytes;
    int32_t      all[rows_at_once], kept[rows_at_once], skipped[rows_at_once];
    float        scores[rows_at_once];
    highest      top { -INFINITY, -INFINITY };
    int64_t      n_kept_in_all = 0;
    std::iota(all, all + rows_at_once, 0);
    for (int64_t begin; (begin = next.fetch_add(rows_at_once, std::memory_order_relaxed)) < p.n_vocab;) {
        const int    n      = (int) std::min<int64_t>(rows_at_once, p.n_vocab - begin);
        const char * matrix = (const char *) p.output->data + (size_t) begin * p.output->nb[1];
        float *      out    = logits + begin;
        if (whole) {
            p.rows.some(matrix, input, all, n, out);
            continue;
        }
        p.second.some(scores_of + (size_t) begin * p.second.row_bytes, hidden, all, n, scores);
        int n_kept = 0, n_skipped = 0;
        for (int i = 0; i < n; i++) {
            const bool keep = !(scores[i] <= 0); // what is no number says nothing
            kept[n_kept] = i;
            skipped[n_skipped] = i;
            n_kept += keep;
            n_skipped += !keep;
        }
        n_kept_in_all += n_kept;
        p.rows.some(matrix, input, kept, n_kept, out);
        if (state.check) {
            p.rows.some(matrix, input, skipped, n_skipped, out);
            for (int i = 0; i < n_kept; i++) {
                top.kept = std::max(top.kept, out[kept[i]]);
            }
            for (int i = 0; i < n_skipped; i++) {
                top.skipped = std::max(top.skipped, out[skipped[i]]);
            }
        }
        for (int i = 0; i < n_skipped; i++) {
            out[skipped[i]] = -INFINITY;
        }
    }
    state.kept.fetch_add(n_kept_in_all, std::memory_order_relaxed);
    return top;
}

void count(const plan & p, const shared_state & state, const highest * tops, int n_threads) {
    const int64_t kept = state.kept.load(std::memory_order_relaxed);
    lm_head &     head = *p.head;
    head.rows.fetch_add((uint64_t) (kept ? kept : p.n_vocab), std::memory_order_relaxed);
    head.all_rows.fetch_add((uint64_t) p.n_vocab, std::memory_order_relaxed);
    head.none_kept.fetch_add(kept == 0, std::memory_order_relaxed);
    if (state.check && kept) {
        highest top = tops[0];
        for (int i = 1; i < n_threads; i++) {
            top.kept    = std::max(top.kept, tops[i].kept);
            top.skipped = std::max(top.skipped, tops[i].skipped);
        }
        head.checked.fetch_add(1, std::memory_order_relaxed);
        head.changed.fetch_add(top.skipped > top.kept, std::memory_order_relaxed);
    }
    head.tokens.fetch_add(1, std::memory_order_relaxed);
}

class lm_head_traits : public ggml::cpu::tensor_traits {
  public:
    bool work_size(int n_threads, const ggml_tensor * op, size_t & size) override {
        size = plan(op).work_bytes(n_threads);
        return true;
    }

    bool compute_forward(ggml_compute_params * params, ggml_tensor * op) override {
        const plan     p(op);
        char *         work   = (char *) params->wdata;
        shared_state & state  = *(shared_state *) work;
        float *        units  = (float *) (work + p.at_units);
        highest *      tops   = (highest *) (work + p.at_highest);
        char *         own    = work + p.threads_at(params->nth) + (size_t) params->ith * p.thread_bytes;
        void *         first  = own;
        void *         input  = own + p.first.vector_bytes();
        void *         hidden = own + p.first.vector_bytes() + p.rows.vector_bytes();
        float *        logits = (float *) op->data;
        if (params->ith == 0) {
            state.next_units.store(0, std::memory_order_relaxed);
            state.next_rows.store(0, std::memory_order_relaxed);
            state.next_whole.store(0, std::memory_order_relaxed);
            state.kept.store(0, std::memory_order_relaxed);
            const uint32_t every = p.head->check_every.load(std::memory_order_relaxed);
            state.whole = p.head->whole.load(std::memory_order_relaxed);
            state.check = every && (p.head->tokens.load(std::memory_order_relaxed) + 1) % every == 0;
        }
        p.first.take((const float *) p.input->data, first);
        p.rows.take((const float *) p.input->data, input);
        ggml_barrier(params->threadpool);
        if (state.whole) {
            compute_rows(p, state, state.next_rows, true, nullptr, input, logits);
            return true;
        }
        compute_units(p, state, first, units);
        ggml_barrier(params->threadpool);
        p.second.take(units, hidden);
        tops[params->ith] = compute_rows(p, state, state.next_rows, false, hidden, input, logits);
        ggml_barrier(params->threadpool);
        if (params->ith == 0) {
            count(p, state, tops, params->nth);
        }
        if (state.kept.load(std::memory_order_relaxed) == 0) {
            compute_rows(p, state, state.next_whole, true, nullptr, input, logits);
        }
        return true;
    }
};

void not_computed(ggml_tensor *, int, int, void *) {
    GGML_ABORT("thimble: a node of the head is computed by its traits");
}

bool is_in_memory(const ggml_tensor * t) {
    return t->buffer && ggml_backend_buffer_is_host(t->buffer) && !t->extra;
}

}  // namespace

ggml::cpu::tensor_traits * lm_head_traits_of(const ggml_tensor * op) {
    static lm_head_traits traits;
    ggml_custom_op_params params;
    memcpy(&params, op->op_params, sizeof(params));
    return params.fun == not_computed ? &traits : nullptr;
}

}  // namespace thimble

ggml_tensor * thimble_lm_head(ggml_context * ctx, ggml_tensor * output, ggml_tensor * profiler, ggml_tensor * input, void * head) {
    const int64_t n_embd  = output->ne[0];
    const int64_t n_units = ggml_nelements(profiler) / (n_embd + output->ne[1]);
    const int64_t block   = ggml_blck_size(profiler->type);
    if (!head || input->ne[1] != 1 || input->ne[0] != n_embd || input->type != GGML_TYPE_F32 || n_units == 0 ||
        ggml_nelements(profiler) != n_units * (n_embd + output->ne[1]) || n_embd % block != 0 || n_units % block != 0 ||
        !thimble::is_in_memory(output) || !thimble::is_in_memory(profiler)) {
        return nullptr;
    }
    ggml_tensor * args[] = { output, profiler, input };
    return ggml_custom_4d(ctx, GGML_TYPE_F32, output->ne[1], 1, 1, 1, args, 3, thimble::not_computed, GGML_N_TASKS_MAX, head);
}
