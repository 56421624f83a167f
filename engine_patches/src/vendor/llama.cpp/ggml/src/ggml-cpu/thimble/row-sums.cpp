#include "row-sums.h"

#include "gemv-x86.h"
#include "gemv.h"
#include "neon.h"
#include "single-rows.h"

#include <cmath>

namespace thimble {

namespace {

constexpr int block = 32; // values of a Q4_0 block

#if defined(THIMBLE_GEMV_512)

struct lanes {
    static constexpr int n = 16;
    __m512 v;
    static lanes of(float value) { return { _mm512_set1_ps(value) }; }
    static lanes at(const float * from) { return { _mm512_loadu_ps(from) }; }
    void to(float * where) const { _mm512_storeu_ps(where, v); }
    void add(lanes factor, lanes value) { v = _mm512_fmadd_ps(factor.v, value.v, v); }
};

// 32 values of one block
struct block_values {
    lanes part[2];
    block_values(const uint8_t * qs, const float * d) {
        // a block has 16 values only: a table of them is quicker than converting each
        const __m512  steps = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
        const __m512  table = _mm512_mul_ps(steps, _mm512_set1_ps(*d));
        const __m512i q     = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *) qs));
        // of the places only the low four bits count
        part[0] = { _mm512_permutexvar_ps(q, table) };
        part[1] = { _mm512_permutexvar_ps(_mm512_srli_epi32(q, 4), table) };
    }
};

#elif defined(THIMBLE_GEMV_X86)

struct lanes {
    static constexpr int n = 8;
    __m256 v;
    static lanes of(float value) { return { _mm256_set1_ps(value) }; }
    static lanes at(const float * from) { return { _mm256_loadu_ps(from) }; }
    void to(float * where) const { _mm256_storeu_ps(where, v); }
    void add(lanes factor, lanes value) { v = _mm256_fmadd_ps(factor.v, value.v, v); }
};

struct block_values {
    lanes part[4];
    block_values(const uint8_t * qs, const float * d_at) {
        const __m256  d    = _mm256_set1_ps(*d_at);
        const __m128i q    = _mm_loadu_si128((const __m128i *) qs);
        const __m128i mask = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
        const __m128i halves[2] = { _mm_sub_epi8(_mm_and_si128(q, mask), eight),
                                    _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(q, 4), mask), eight) };
        for (int i = 0; i < 4; i++) {
            const __m128i eight_of = i % 2 ? _mm_srli_si128(halves[i / 2], 8) : halves[i / 2];
            part[i] = { _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight_of))) };
        }
    }
};

#elif defined(THIMBLE_NEON)

struct lanes {
    static constexpr int n = 4;
    float32x4_t v;
    static lanes of(float value) { return { vdupq_n_f32(value) }; }
    static lanes at(const float * from) { return { vld1q_f32(from) }; }
    void to(float * where) const { vst1q_f32(where, v); }
    void add(lanes factor, lanes value) { v = vfmaq_f32(v, factor.v, value.v); }
};

struct block_values {
    lanes part[8];
    block_values(const uint8_t * qs, const float * d) {
        const uint8x16_t q    = vld1q_u8(qs);
        const int8x16_t  base = vdupq_n_s8(8);
        const int8x16_t halves[2] = { vsubq_s8(vreinterpretq_s8_u8(vandq_u8(q, vdupq_n_u8(15))), base),
                                      vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(q, 4)), base) };
        for (int i = 0; i < 4; i++) {
            const int16x8_t eight = vmovl_s8(i % 2 ? vget_high_s8(halves[i / 2]) : vget_low_s8(halves[i / 2]));
            part[2 * i]     = { vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(eight))), *d) };
            part[2 * i + 1] = { vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_high_s16(eight))), *d) };
        }
    }
};

#else

struct lanes {
    static constexpr int n = 1;
    float v;
    static lanes of(float value) { return { value }; }
    static lanes at(const float * from) { return { *from }; }
    void to(float * where) const { *where = v; }
    void add(lanes factor, lanes value) {
#if defined(FP_FAST_FMAF)
        v = fmaf(factor.v, value.v, v);
#else
        v += factor.v * value.v;
#endif
    }
};

float half_to_float(uint16_t half) {
    const int   exponent = half >> 10 & 31;
    const float mantissa = (float) (half & 1023);
    const float size     = exponent == 31 ? (mantissa > 0 ? NAN : INFINITY)
                         : exponent == 0  ? std::ldexp(mantissa, -24)
                                          : std::ldexp(mantissa + 1024, exponent - 25);
    return half & 0x8000 ? -size : size;
}

struct block_values {
    lanes part[block];
    block_values(const uint8_t * qs, const float * d) {
        for (int i = 0; i < block / 2; i++) {
            part[i]             = { *d * (float) ((qs[i] & 15) - 8) };
            part[i + block / 2] = { *d * (float) ((qs[i] >> 4) - 8) };
        }
    }
};

#endif

constexpr int parts = block / lanes::n;

constexpr int blocks_at_once = 64;

// The scales of up to 64 blocks, first: one by one they would cost as much as the values.
void scales_of(const q4_0_block * blocks, int n, float * d) {
    uint16_t halves[blocks_at_once];
    for (int b = 0; b < n; b++) {
        halves[b] = blocks[b].d;
    }
#if defined(THIMBLE_GEMV_X86)
    for (int b = 0; b < n; b += 8) {
        _mm256_storeu_ps(d + b, to_floats(halves + b));
    }
#elif defined(THIMBLE_NEON)
    for (int b = 0; b < n; b += 4) {
        vst1q_f32(d + b, to_floats(vld1_u16(halves + b)));
    }
#else
    for (int b = 0; b < n; b++) {
        d[b] = half_to_float(halves[b]);
    }
#endif
}

// N rows at once share the loads and stores of the sums. Meanwhile the next N, wherever they are, are on their way.
template <int N>
void add_q4_0(const q4_0_block * const * rows, const q4_0_block * const * next, const float * factors, int64_t n_blocks, float * out) {
    lanes factor[N];
    for (int i = 0; i < N; i++) {
        factor[i] = lanes::of(factors[i]);
    }
    for (int64_t first = 0; first < n_blocks; first += blocks_at_once) {
        const int n = (int) (n_blocks - first < blocks_at_once ? n_blocks - first : blocks_at_once);
        float     d[N][blocks_at_once];
        for (int i = 0; i < N; i++) {
            scales_of(rows[i] + first, n, d[i]);
        }
        for (int b = 0; b < n; b++) {
            float * to = out + (first + b) * block;
            lanes   sum[parts];
            for (int p = 0; p < parts; p++) {
                sum[p] = lanes::at(to + p * lanes::n);
            }
            for (int i = 0; b % 3 == 0 && i < N; i++) {
                fetch(next[i] + first + b); // three blocks are a line, nearly
            }
            for (int i = 0; i < N; i++) {
                const block_values w(rows[i][first + b].qs, &d[i][b]);
                for (int p = 0; p < parts; p++) {
                    sum[p].add(factor[i], w.part[p]);
                }
            }
            for (int p = 0; p < parts; p++) {
                sum[p].to(to + p * lanes::n);
            }
        }
    }
}

// which of the first n (at most 64) factors are not zero
uint64_t mask_of(const float * factors, int n) {
    uint64_t mask = 0;
    int      i    = 0;
#if defined(THIMBLE_GEMV_512)
    for (; i + 16 <= n; i += 16) {
        mask |= (uint64_t) _mm512_cmp_ps_mask(_mm512_loadu_ps(factors + i), _mm512_setzero_ps(), _CMP_NEQ_UQ) << i;
    }
#elif defined(THIMBLE_GEMV_X86)
    for (; i + 8 <= n; i += 8) {
        const __m256 is = _mm256_cmp_ps(_mm256_loadu_ps(factors + i), _mm256_setzero_ps(), _CMP_NEQ_UQ);
        mask |= (uint64_t) (uint32_t) _mm256_movemask_ps(is) << i;
    }
#elif defined(THIMBLE_NEON)
    const uint32x4_t bits = { 1, 2, 4, 8 };
    for (; i + 4 <= n; i += 4) {
        mask |= (uint64_t) vaddvq_u32(vbicq_u32(bits, vceqzq_f32(vld1q_f32(factors + i)))) << i;
    }
#endif
    for (; i < n; i++) {
        mask |= (uint64_t) (factors[i] != 0) << i;
    }
    return mask;
}

inline int lowest_bit(uint64_t mask) {
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(mask);
#else
    int at = 0;
    for (; !(mask & 1); mask >>= 1) {
        at++;
    }
    return at;
#endif
}

// N vectors of columns, kept in registers over all rows
template <int N> void add_f32(const float * rows, size_t row_floats, const float * factors, uint64_t mask, float * out) {
    lanes sum[N];
    for (int i = 0; i < N; i++) {
        sum[i] = lanes::at(out + i * lanes::n);
    }
    for (; mask; mask &= mask - 1) {
        const int     j      = lowest_bit(mask);
        const float * row    = rows + (size_t) j * row_floats;
        const lanes   factor = lanes::of(factors[j]);
        for (int i = 0; i < N; i++) {
            sum[i].add(factor, lanes::at(row + i * lanes::n));
        }
    }
    for (int i = 0; i < N; i++) {
        sum[i].to(out + i * lanes::n);
    }
}

}  // namespace

int not_zero(const float * factors, int n, int32_t * active) {
    int count = 0;
    for (int first = 0; first < n; first += 64) {
        for (uint64_t mask = mask_of(factors + first, n - first < 64 ? n - first : 64); mask; mask &= mask - 1) {
            active[count++] = first + lowest_bit(mask);
        }
    }
    return count;
}

void add_rows_q4_0(const void * rows, size_t row_bytes, const float * factors, const int32_t * active, int n_active,
                   int64_t n_columns, float * out) {
    constexpr int at_once = 8;
    const q4_0_block * of[2 * at_once];
    float              factor[at_once];
    const auto place = [&](int a) {
        return (const q4_0_block *) ((const char *) rows + (size_t) active[a < n_active ? a : n_active - 1] * row_bytes);
    };
    int a = 0;
    for (; a + at_once <= n_active; a += at_once) {
        for (int i = 0; i < at_once; i++) {
            of[i]           = place(a + i);
            of[at_once + i] = place(a + at_once + i);
            factor[i]       = factors[active[a + i]];
        }
        add_q4_0<at_once>(of, of + at_once, factor, n_columns / block, out);
    }
    for (; a < n_active; a++) {
        of[0] = place(a);
        add_q4_0<1>(of, of, &factors[active[a]], n_columns / block, out);
    }
}

void add_rows_f32(const float * rows, size_t row_floats, const float * factors, int n_rows, int64_t n_columns, float * out) {
    constexpr int  at_once = 8;
    const uint64_t mask    = mask_of(factors, n_rows);
    int64_t        c       = 0;
    for (; c + at_once * lanes::n <= n_columns; c += at_once * lanes::n) {
        add_f32<at_once>(rows + c, row_floats, factors, mask, out + c);
    }
    for (; c < n_columns; c += lanes::n) {
        add_f32<1>(rows + c, row_floats, factors, mask, out + c);
    }
}

void floats_of_q4_0(const void * from, float * to, int64_t n) {
    const auto * blocks = (const q4_0_block *) from;
    for (int64_t first = 0; first < n / block; first += blocks_at_once) {
        const int some = (int) (n / block - first < blocks_at_once ? n / block - first : blocks_at_once);
        float     d[blocks_at_once];
        scales_of(blocks + first, some, d);
        for (int b = 0; b < some; b++) {
            const block_values w(blocks[first + b].qs, &d[b]);
            for (int p = 0; p < parts; p++) {
                w.part[p].to(to + (first + b) * block + p * lanes::n);
            }
        }
    }
}

}  // namespace thimble
