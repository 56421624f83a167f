#include "attention-rows.h"

#include "ggml-cpu-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "vec.h"

#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__) // clang adds the lanes of a vector up in another order
#define THIMBLE_ATTENTION_F16
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

namespace thimble {

namespace {

constexpr int64_t max_rows    = 16;
constexpr int64_t max_block   = 128;
constexpr size_t  block_bytes = 16 * 1024; // of keys and values: with the next block and one row's numbers they stay in the first cache
constexpr int64_t line_floats = 16;

int64_t padded_floats(int64_t n) {
    return (n + line_floats - 1) / line_floats * line_floats;
}

// Positions that are gone through at a time.
int64_t block_of(const ggml_tensor * k, const ggml_tensor * v) {
    const size_t values = v->type == GGML_TYPE_F16 ? ggml_row_size(v->type, v->ne[0]) : v->ne[0] * sizeof(float);
    const size_t bytes  = ggml_row_size(k->type, k->ne[0]) + values;
    return std::clamp<int64_t>(block_bytes / bytes, 4, max_block);
}

// What a thread has in the work buffer: sums, a conversion of the query and scores for each row, and a block's values as F32.
struct layout {
    int64_t query;  // floats of one row
    int64_t sums;
    int64_t block;
    int64_t values; // floats of a block

    layout(const ggml_tensor * k, const ggml_tensor * v) :
        query(padded_floats(k->ne[0])),
        sums(padded_floats(v->ne[0])),
        block(block_of(k, v)),
        values(v->type == GGML_TYPE_F16 || v->type == GGML_TYPE_F32 ? 0 : block * padded_floats(v->ne[0])) {}

    int64_t row() const { return query + 2 * sums + padded_floats(block); }
    int64_t all() const { return max_rows * row() + values; }
};

struct row_state {
    float               M = -INFINITY; // the highest score
    float               S = 0.0f;      // the sum of what softmax divides by
    float               slope;
    const ggml_fp16_t * mask;
    float *             sums32;
    ggml_fp16_t *       sums16;
    void *              query;
    float *             scores;
};

void prefetch_row(const char * data, size_t bytes) {
#if defined(__GNUC__) || defined(__clang__)
    for (size_t offset = 0; offset < bytes; offset += 64) {
        __builtin_prefetch(data + offset);
    }
#else
    GGML_UNUSED(data);
    GGML_UNUSED(bytes);
#endif
}

#if defined(THIMBLE_ATTENTION_F16)

// ggml_vec_dot_f16 for n a multiple of 64, with the query as F32 already: four sums of sixteen, added up as
// GGML_F32x16_REDUCE and the compiler's _mm512_reduce_add_ps do.
inline __m512 dot_sums(int64_t n, const float * query, const ggml_fp16_t * key) {
    __m512 sum[4] = {};
    for (int64_t i = 0; i < n; i += 64) {
        for (int j = 0; j < 4; ++j) {
            sum[j] = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) (key + i + 16 * j))), _mm512_loadu_ps(query + i + 16 * j), sum[j]);
        }
    }
    return _mm512_add_ps(_mm512_add_ps(sum[0], sum[2]), _mm512_add_ps(sum[1], sum[3]));
}

inline void dot_1_row(int64_t n, const row_state & row, const char * key, int64_t at) {
    row.scores[at] = _mm512_reduce_add_ps(dot_sums(n, (const float *) row.query, (const ggml_fp16_t *) key));
}

inline __m128 quarter_sum(__m512 x) {
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

// A key is converted once for four rows, and their sixteen lanes are added up together.
inline void dot_4_rows(int64_t n, const row_state * rows, const char * data, int64_t at) {
    const auto * key = (const ggml_fp16_t *) data;
    __m512 sum[4][4] = {};
    for (int64_t i = 0; i < n; i += 64) {
        for (int j = 0; j < 4; ++j) {
            const __m512 x = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) (key + i + 16 * j)));
            for (int r = 0; r < 4; ++r) {
                sum[r][j] = _mm512_fmadd_ps(x, _mm512_loadu_ps((const float *) rows[r].query + i + 16 * j), sum[r][j]);
            }
        }
    }
    __m128 lanes[4];
    for (int r = 0; r < 4; ++r) {
        lanes[r] = quarter_sum(_mm512_add_ps(_mm512_add_ps(sum[r][0], sum[r][2]), _mm512_add_ps(sum[r][1], sum[r][3])));
    }
    _MM_TRANSPOSE4_PS(lanes[0], lanes[1], lanes[2], lanes[3]);
    alignas(16) float out[4];
    _mm_store_ps(out, _mm_add_ps(_mm_add_ps(lanes[0], lanes[2]), _mm_add_ps(lanes[1], lanes[3])));
    for (int r = 0; r < 4; ++r) {
        rows[r].scores[at] = out[r];
    }
}

#endif

struct attention {
    const ggml_tensor * k;
    const ggml_tensor * v;
    float               scale   = 1.0f;
    float               softcap = 0.0f;
    bool                half;         // values and sums are F16
    bool                wide = false; // keys have a kernel here, and queries are kept as F32
    ggml_vec_dot_t      dot;
    ggml_to_float_t     to_float;
    size_t              key_bytes;
    size_t              value_bytes;
    layout              room;

    attention(const ggml_tensor * dst) :
        k(dst->src[1]), v(dst->src[2]), half(v->type == GGML_TYPE_F16), dot(ggml_get_type_traits_cpu(k->type)->vec_dot),
        to_float(v->type == GGML_TYPE_F32 ? nullptr : ggml_get_type_traits(v->type)->to_float),
        key_bytes(ggml_row_size(k->type, k->ne[0])), value_bytes(ggml_row_size(v->type, v->ne[0])), room(k, v) {
        memcpy(&scale,   (const float *) dst->op_params + 0, sizeof(float));
        memcpy(&softcap, (const float *) dst->op_params + 2, sizeof(float));
        if (softcap != 0) {
            scale /= softcap;
        }
#if defined(THIMBLE_ATTENTION_F16)
        wide = k->type == GGML_TYPE_F16 && k->ne[0] % 64 == 0;
#endif
    }

    // The query as the keys' product wants it.
    void convert_query(const float * query, void * out) const {
        const int64_t   n    = k->ne[0];
        const ggml_type type = ggml_get_type_traits_cpu(k->type)->vec_dot_type;
        ggml_get_type_traits_cpu(type)->from_float(query, out, n);
        if (wide) {
            float * floats = (float *) out;
            for (int64_t i = n; i-- > 0;) { // from the end: a float takes the room of two halves
                floats[i] = GGML_CPU_FP16_TO_FP32(((const ggml_fp16_t *) out)[i]);
            }
        }
    }

    // The keys of n positions, for every row; `ahead` of them are the next block's, which is asked for meanwhile.
    void score(row_state * rows, int n_rows, const char * keys, const char * values, int64_t n, int64_t ahead) const {
        for (int64_t i = 0; i < n; ++i) {
            if (i < ahead) {
                prefetch_row(keys   + (n + i) * k->nb[1], key_bytes);
                prefetch_row(values + (n + i) * v->nb[1], value_bytes);
            }
            const char * key = keys + i * k->nb[1];
            int          r   = 0;
#if defined(THIMBLE_ATTENTION_F16)
            if (wide) {
                for (; r + 4 <= n_rows; r += 4) {
                    dot_4_rows(k->ne[0], rows + r, key, i);
                }
                for (; r < n_rows; ++r) {
                    dot_1_row(k->ne[0], rows[r], key, i);
                }
            }
#endif
            for (; r < n_rows; ++r) {
                dot((int) k->ne[0], rows[r].scores + i, 0, key, 0, rows[r].query, 0, 1);
            }
        }
    }

    // One row over a block: online softmax (arXiv 2112.05682), each step as upstream's.
    void add(row_state & row, int64_t ic, const char * values, size_t stride, int64_t n) const {
        const int DV = (int) v->ne[0];
        for (int64_t i = 0; i < n; ++i) {
            const float mv = row.mask ? row.slope * GGML_CPU_FP16_TO_FP32(row.mask[ic + i]) : 0.0f;
            if (mv == -INFINITY) {
                continue;
            }
            float s = row.scores[i] * scale;
            if (softcap != 0.0f) {
                s = softcap * tanhf(s);
            }
            s += mv;

            float ms = 1.0f;
            float vs = 1.0f;
            if (s > row.M) {
                ms    = expf(row.M - s);
                row.M = s;
                if (half) {
                    ggml_vec_scale_f16(DV, row.sums16, ms);
                } else {
                    ggml_vec_scale_f32(DV, row.sums32, ms);
                }
            } else {
                vs = expf(s - row.M);
            }
            if (half) {
                ggml_vec_mad_f16(DV, row.sums16, (const ggml_fp16_t *) (values + i * stride), vs);
            } else {
                ggml_vec_mad_f32(DV, row.sums32, (const float *) (values + i * stride), vs);
            }
            row.S = row.S * ms + vs;
        }
    }
};

// Rows with the same keys and values.
void compute_group(const attention & a, const ggml_tensor * dst, float * scratch, int64_t ir, int n_rows, int64_t ic_start, int64_t ic_end,
                   float * partials, int64_t partial_stride) {
    const ggml_tensor * q     = dst->src[0];
    const ggml_tensor * mask  = dst->src[3];
    const ggml_tensor * sinks = dst->src[4];
    const int64_t       n_q   = q->ne[1];
    const int64_t       heads = q->ne[2];
    const int           DV    = (int) a.v->ne[0];

    float max_bias;
    memcpy(&max_bias, (const float *) dst->op_params + 1, sizeof(float));
    const uint32_t n_head_log2 = 1u << (uint32_t) floor(log2((double) heads));
    const float    m0          = powf(2.0f, -(max_bias       ) / n_head_log2);
    const float    m1          = powf(2.0f, -(max_bias / 2.0f) / n_head_log2);

    row_state rows[max_rows];
    for (int r = 0; r < n_rows; ++r) {
        const int64_t iq3 = (ir + r) / (heads * n_q);
        const int64_t iq2 = (ir + r) / n_q % heads;
        const int64_t iq1 = (ir + r) % n_q;
        row_state &   row = rows[r];
        float *       at  = scratch + r * a.room.row();
        const auto    h   = (uint32_t) iq2;
        row.slope  = max_bias > 0.0f ? h < n_head_log2 ? powf(m0, h + 1) : powf(m1, 2 * (h - n_head_log2) + 1) : 1.0f;
        row.mask   = mask ? (const ggml_fp16_t *) ((const char *) mask->data + iq1 * mask->nb[1] + iq2 % mask->ne[2] * mask->nb[2] + iq3 % mask->ne[3] * mask->nb[3]) : nullptr;
        row.query  = at;
        row.sums32 = at + a.room.query;
        row.sums16 = (ggml_fp16_t *) (row.sums32 + a.room.sums);
        row.scores = row.sums32 + 2 * a.room.sums;
        memset(row.sums32, 0, 2 * a.room.sums * sizeof(float));
        a.convert_query((const float *) ((const char *) q->data + iq1 * q->nb[1] + iq2 * q->nb[2] + iq3 * q->nb[3]), row.query);
    }

    const int64_t iq3    = ir / (heads * n_q);
    const int64_t iq2    = ir / n_q % heads;
    const char *  keys   = (const char *) a.k->data + iq2 / (heads / a.k->ne[2]) * a.k->nb[2] + iq3 / (q->ne[3] / a.k->ne[3]) * a.k->nb[3];
    const char *  values = (const char *) a.v->data + iq2 / (heads / a.v->ne[2]) * a.v->nb[2] + iq3 / (q->ne[3] / a.v->ne[3]) * a.v->nb[3];
    float *       floats = scratch + max_rows * a.room.row();

    for (int64_t ic = ic_start; ic < ic_end; ic += a.room.block) {
        const int64_t n     = std::min(a.room.block, ic_end - ic);
        const int64_t ahead = std::min(n, ic_end - ic - n);
        const char *  from  = values + ic * a.v->nb[1];
        size_t        step  = a.v->nb[1];
        a.score(rows, n_rows, keys + ic * a.k->nb[1], from, n, ahead);
        if (a.room.values) {
            for (int64_t i = 0; i < n; ++i) {
                a.to_float(from + i * step, floats + i * a.room.sums, DV);
            }
            from = (const char *) floats;
            step = a.room.sums * sizeof(float);
        }
        for (int r = 0; r < n_rows; ++r) {
            a.add(rows[r], ic, from, step, n);
        }
    }

    for (int r = 0; r < n_rows; ++r) {
        row_state &   row = rows[r];
        const int64_t i3  = (ir + r) / (heads * n_q);
        const int64_t i2  = (ir + r) / n_q % heads;
        const int64_t i1  = (ir + r) % n_q;
        if (a.half) {
            for (int d = 0; d < DV; ++d) {
                row.sums32[d] = GGML_CPU_FP16_TO_FP32(row.sums16[d]);
            }
        }
        if (sinks && ic_start == 0) { // once, with the first part
            const float s  = ((const float *) sinks->data)[i2];
            float       ms = 1.0f;
            float       vs = 1.0f;
            if (s > row.M) {
                ms    = expf(row.M - s);
                row.M = s;
                ggml_vec_scale_f32(DV, row.sums32, ms);
            } else {
                vs = expf(s - row.M);
            }
            row.S = row.S * ms + vs;
        }
        if (partials) {
            float * partial = partials + (ir + r) * partial_stride;
            partial[0] = row.M;
            partial[1] = row.S;
            memcpy(partial + 2, row.sums32, DV * sizeof(float));
        } else {
            ggml_vec_scale_f32(DV, row.sums32, row.S == 0.0f ? 0.0f : 1.0f / row.S);
            memcpy((char *) dst->data + (i3 * dst->ne[2] * dst->ne[1] + i2 + i1 * dst->ne[1]) * dst->nb[1], row.sums32, dst->nb[1]);
        }
    }
}

} // namespace

} // namespace thimble

size_t thimble_attention_work_size(const ggml_tensor * node, int n_threads) {
    return n_threads * thimble::layout(node->src[1], node->src[2]).all() * sizeof(float);
}

bool thimble_attention_rows(const ggml_compute_params * params, ggml_tensor * dst, int64_t ir0, int64_t ir1, int64_t ic_start, int64_t ic_end,
                            float * partials, int64_t partial_stride, size_t used) {
    const ggml_tensor * q = dst->src[0];
    const ggml_tensor * k = dst->src[1];
    const ggml_tensor * v = dst->src[2];
    // rows of one head of keys and of values; upstream's order of rows has them side by side
    const int64_t sharing = q->ne[1] * std::min(q->ne[2] / k->ne[2], q->ne[2] / v->ne[2]);
    if (params->use_ref || sharing == 1) {
        return false;
    }
    const thimble::attention a(dst);
    float * scratch = (float *) params->wdata + used + params->ith * a.room.all();
    GGML_ASSERT((char *) (scratch + a.room.all()) <= (char *) params->wdata + params->wsize);
    for (int64_t ir = ir0; ir < ir1;) {
        const int64_t n = std::min({ir1 - ir, sharing - ir % sharing, thimble::max_rows});
        thimble::compute_group(a, dst, scratch, ir, (int) n, ic_start, ic_end, partials, partial_stride);
        ir += n;
    }
    return true;
}
