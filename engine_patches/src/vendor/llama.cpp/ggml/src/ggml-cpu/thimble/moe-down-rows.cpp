#include "moe-down-rows.h"

#include "ggml-cpu-impl.h"
#include "ggml-impl.h"
#include "row-sums.h"
#include "thimble-paged.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace thimble {

namespace {

constexpr int64_t tile_columns = 128; // of a prompt: 768 rows of them as floats stay in a core's second cache,
constexpr int64_t tile_rows    = 64;  // and so many in its first
constexpr int64_t few_tokens   = 2;   // of one expert: not worth turning its rows into floats first

int64_t round_up(int64_t n, int64_t step) {
    return (n + step - 1) / step * step;
}

int64_t tile_of(const ggml_tensor * down) {
    return round_up(tile_columns, ggml_blck_size(down->type));
}

void to_floats(ggml_type type, const char * from, float * to, int64_t n) {
    if (type == GGML_TYPE_F32) {
        memcpy(to, from, (size_t) n * sizeof(float));
    } else if (type == GGML_TYPE_Q4_0) {
        floats_of_q4_0(from, to, n);
    } else {
        ggml_get_type_traits(type)->to_float(from, to, n);
    }
}

size_t padded(size_t bytes) {
    constexpr size_t line = 128;
    return (bytes + line - 1) / line * line;
}

// a token's place among those of its expert
struct pair {
    int32_t slot;
    int32_t token;
};

// The operands of the node, and where its parts of the work buffer are.
struct plan {
    const ggml_tensor * down;
    const ggml_tensor * hidden;   // [n_hidden, n_used, n_tokens]
    const ggml_tensor * selected; // [n_used, n_tokens]
    int64_t             n_hidden, n_experts, tile;
    size_t              at_starts, at_chunks, at_pairs, at_threads, rows_bytes, thread_bytes;

    explicit plan(const ggml_tensor * op)
        : down(op->src[0]), hidden(op->src[1]), selected(op->src[2]), n_hidden(down->ne[1]), n_experts(down->ne[2]),
          tile(tile_of(down)) {
        at_starts    = padded((size_t) n_experts * sizeof(int64_t)); // behind the counts
        at_chunks    = at_starts + padded((size_t) n_experts * sizeof(int64_t));
        at_pairs     = at_chunks + padded((size_t) n_experts * sizeof(std::atomic<int64_t>));
        at_threads   = at_pairs + padded((size_t) ggml_nelements(selected) * sizeof(pair));
        rows_bytes   = padded(std::max((size_t) (n_hidden * tile) * sizeof(float), down_rows_room(down)));
        thread_bytes = rows_bytes + padded((size_t) n_hidden * sizeof(int32_t));
    }
};

class down_rows_traits : public ggml::cpu::tensor_traits {
  public:
    bool work_size(int n_threads, const ggml_tensor * op, size_t & size) override {
        const plan p(op);
        size = p.at_threads + (size_t) n_threads * p.thread_bytes;
        return true;
    }

    bool compute_forward(ggml_compute_params * params, ggml_tensor * op) override {
        const plan p(op);
        char *     work   = (char *) params->wdata;
        int64_t *  counts = (int64_t *) work;
        int64_t *  starts = (int64_t *) (work + p.at_starts);
        auto *     chunks = (std::atomic<int64_t> *) (work + p.at_chunks);
        pair *     pairs  = (pair *) (work + p.at_pairs);
        if (params->ith == 0) {
            sort(p, counts, starts, pairs);
            for (int64_t e = 0; e < p.n_experts; e++) {
                chunks[e].store(0, std::memory_order_relaxed);
            }
            thimble_walk_prepare(params, op, counts);
        }
        ggml_barrier(params->threadpool);

        char *       own = work + p.at_threads + (size_t) params->ith * p.thread_bytes;
        thimble_walk walk;
        thimble_walk_begin(&walk, params, op, counts);
        for (int64_t expert; (expert = thimble_walk_next(&walk)) >= 0;) {
            const bool    few     = counts[expert] <= few_tokens;
            const int64_t columns = few ? down_rows_chunk(p.down, params->nth) : p.tile;
            const char *  matrix  = thimble_expert_data(p.down, expert);
            for (int64_t begin; (begin = columns * chunks[expert].fetch_add(1, std::memory_order_relaxed)) < p.down->ne[0];) {
                const int64_t end = std::min(begin + columns, p.down->ne[0]);
                compute(p, op, matrix, pairs + starts[expert], counts[expert], few, begin, end, own);
            }
        }
        thimble_walk_end(&walk);
        return true;
    }

  private:
    // which tokens each expert has
    static void sort(const plan & p, int64_t * counts, int64_t * starts, pair * pairs) {
        const auto expert_of = [&](int64_t slot, int64_t token) {
            const int32_t e = *(const int32_t *) ((const char *) p.selected->data + token * p.selected->nb[1] + slot * p.selected->nb[0]);
            GGML_ASSERT(e >= 0 && e < p.n_experts);
            return e;
        };
        memset(counts, 0, (size_t) p.n_experts * sizeof(int64_t));
        for (int64_t token = 0; token < p.selected->ne[1]; token++) {
            for (int64_t slot = 0; slot < p.selected->ne[0]; slot++) {
                counts[expert_of(slot, token)]++;
            }
        }
        int64_t before = 0;
        for (int64_t e = 0; e < p.n_experts; e++) {
            starts[e] = before;
            before += counts[e];
        }
        for (int64_t token = 0; token < p.selected->ne[1]; token++) {
            for (int64_t slot = 0; slot < p.selected->ne[0]; slot++) {
                pairs[starts[expert_of(slot, token)]++] = { (int32_t) slot, (int32_t) token };
            }
        }
        for (int64_t e = 0; e < p.n_experts; e++) {
            starts[e] -= counts[e];
        }
    }

    static void compute(const plan & p, ggml_tensor * op, const char * matrix, const pair * pairs, int64_t n_pairs, bool few,
                        int64_t begin, int64_t end, char * own) {
        const auto hidden_of = [&](const pair & it) {
            return (const float *) ((const char *) p.hidden->data + it.slot * p.hidden->nb[1] + it.token * p.hidden->nb[2]);
        };
        const auto out_of = [&](const pair & it) {
            return (float *) ((char *) op->data + it.slot * op->nb[1] + it.token * op->nb[2]);
        };
        if (few) {
            int32_t * active = (int32_t *) (own + p.rows_bytes);
            for (int64_t i = 0; i < n_pairs; i++) {
                const int n = not_zero(hidden_of(pairs[i]), (int) p.n_hidden, active);
                down_rows_sum(p.down, matrix, hidden_of(pairs[i]), active, n, begin, end, out_of(pairs[i]), own);
            }
            return;
        }
        float *      rows  = (float *) own;
        const char * first = matrix + ggml_row_size(p.down->type, begin);
        for (int64_t j = 0; j < p.n_hidden; j++) {
            to_floats(p.down->type, first + (size_t) j * p.down->nb[1], rows + j * p.tile, end - begin);
        }
        for (int64_t i = 0; i < n_pairs; i++) {
            memset(out_of(pairs[i]) + begin, 0, (size_t) (end - begin) * sizeof(float));
        }
        for (int64_t j = 0; j < p.n_hidden; j += tile_rows) {
            const int n = (int) std::min(tile_rows, p.n_hidden - j);
            for (int64_t i = 0; i < n_pairs; i++) {
                add_rows_f32(rows + j * p.tile, (size_t) p.tile, hidden_of(pairs[i]) + j, n, end - begin, out_of(pairs[i]) + begin);
            }
        }
    }
};

void not_computed(ggml_tensor *, int, int, void *) {
    GGML_ABORT("thimble: a node of down rows is computed by its traits");
}

}  // namespace

bool has_down_rows(const ggml_tensor * down) {
    return (down->flags & GGML_TENSOR_FLAG_ROWS) != 0;
}

int64_t down_rows_chunk(const ggml_tensor * down, int n_threads) {
    return round_up((down->ne[0] + n_threads - 1) / n_threads, tile_of(down));
}

size_t down_rows_room(const ggml_tensor * down) {
    return down->type == GGML_TYPE_Q4_0 ? 0 : (size_t) down->ne[0] * sizeof(float);
}

void down_rows_sum(const ggml_tensor * down, const char * matrix, const float * hidden, const int32_t * active, int n_active,
                   int64_t begin, int64_t end, float * out, void * room) {
    const char * first = matrix + ggml_row_size(down->type, begin);
    memset(out + begin, 0, (size_t) (end - begin) * sizeof(float));
    if (down->type == GGML_TYPE_Q4_0) {
        add_rows_q4_0(first, down->nb[1], hidden, active, n_active, end - begin, out + begin);
        return;
    }
    for (int a = 0; a < n_active; a++) {
        to_floats(down->type, first + (size_t) active[a] * down->nb[1], (float *) room, end - begin);
        add_rows_f32((const float *) room, 0, &hidden[active[a]], 1, end - begin, out + begin);
    }
}

ggml::cpu::tensor_traits * down_rows_traits_of(const ggml_tensor * op) {
    static down_rows_traits traits;
    ggml_custom_op_params params;
    memcpy(&params, op->op_params, sizeof(params));
    return params.fun == not_computed ? &traits : nullptr;
}

}  // namespace thimble

ggml_tensor * thimble_moe_down_rows(ggml_context * ctx, ggml_tensor * down, ggml_tensor * hidden, ggml_tensor * selected) {
    GGML_ASSERT(hidden->type == GGML_TYPE_F32 && hidden->nb[0] == sizeof(float) && hidden->ne[0] == down->ne[1]);
    GGML_ASSERT(!down->extra || thimble::paged_matrix(down)); // re-arranged rows cannot be computed
    GGML_ASSERT(selected->type == GGML_TYPE_I32 && hidden->ne[1] == selected->ne[0] && hidden->ne[2] == selected->ne[1]);
    ggml_tensor * args[] = { down, hidden, selected };
    return ggml_custom_4d(ctx, GGML_TYPE_F32, down->ne[0], hidden->ne[1], hidden->ne[2], 1, args, 3, thimble::not_computed,
                          GGML_N_TASKS_MAX, nullptr);
}
