// Single rows of 4-bit types with blocks of 32 values on 64-bit ARM, with the bits of upstream's kernels there. With dotprod those are
// kernels for interleaved rows: each block's sum is whole before it becomes a float. Without, upstream has only products of a row:
// Q4_0 adds up eight floats, four for blocks with an even number and four for the others; IQ4_NL and MXFP4 two blocks at a time.

#include "nibbles-neon.h"
#include "single-rows.h"

namespace thimble {

#if defined(THIMBLE_NEON_DOT) || defined(THIMBLE_NEON_PLAIN)

namespace {

// the next rows' line that block b begins, nearly: three blocks are one
template <typename B> inline void fetch_blocks(const B * const * next, int n, int b) {
    for (int i = 0; b % 3 == 0 && i < n; i++) {
        fetch(next[i] + b);
    }
}

#if defined(THIMBLE_NEON_DOT)

template <typename L>
void eight_rows(const L & layout, int n_blocks, const typename L::block * const * rows, const typename L::block * const * next,
                const q8_0_block * a, float * sums) {
    float32x4_t acc[2] = { vdupq_n_f32(0), vdupq_n_f32(0) };
    for (int b = 0; b < n_blocks; b++) {
        fetch_blocks(next, rows_at_once, b);
        const int8x16_t a_0 = vld1q_s8(a[b].qs), a_16 = vld1q_s8(a[b].qs + 16);
        int32x4_t less = vdupq_n_s32(0); // what the numbers are too much
        if (L::base) {
            less = vdotq_s32(vdotq_s32(less, vdupq_n_s8(-L::base), a_0), vdupq_n_s8(-L::base), a_16);
        }
        const float d_a = to_float(a[b].d);
        for (int four = 0; four < 2; four++) {
            const auto * of_four = rows + 4 * four;
            int32x4_t    products[4];
            for (int i = 0; i < 4; i++) {
                const uint8x16_t q = vld1q_u8(of_four[i][b].qs);
                products[i] = vdotq_s32(vdotq_s32(less, layout.low_halves(q), a_0), layout.high_halves(q), a_16);
            }
            acc[four] = L::add(acc[four], vmulq_n_f32(layout.scales(of_four, b), d_a), vcvtq_f32_s32(sums_of(products)));
        }
    }
    vst1q_f32(sums, acc[0]);
    vst1q_f32(sums + 4, acc[1]);
}

#else

// The values of a block, and what four rows' products with them begin with.
struct vector_block {
    int8x8_t  a[4];
    int16x8_t less;
    float     d;

    vector_block(const q8_0_block & block, int base) : d(to_float(block.d)) {
        for (int i = 0; i < 4; i++) {
            a[i] = vld1_s8(block.qs + 8 * i);
        }
        less = vmulq_n_s16(vaddq_s16(vaddl_s8(a[0], a[1]), vaddl_s8(a[2], a[3])), (int16_t) -base);
    }
};

// A block's products in four lanes, which the two halves of 16 values share as in upstream's stand-in for dotprod. Of Q4_0 and MXFP4
// four products fit into a word, of IQ4_NL two.
template <typename L> inline int32x4_t products_of(const L & layout, const uint8_t * qs, const vector_block & v) {
    const uint8x16_t q     = vld1q_u8(qs);
    const int8x16_t  low   = layout.low_halves(q);
    const int8x16_t  high  = layout.high_halves(q);
    const int16x8_t  first = vmlal_s8(vmlal_s8(v.less, vget_low_s8(low), v.a[0]), vget_high_s8(low), v.a[1]);
    if (L::base) {
        return vpaddlq_s16(vmlal_s8(vmlal_s8(first, vget_low_s8(high), v.a[2]), vget_high_s8(high), v.a[3]));
    }
    const int16x8_t second = vmlal_s8(vmull_s8(vget_low_s8(high), v.a[2]), vget_high_s8(high), v.a[3]);
    return vpadalq_s16(vpaddlq_s16(first), second);
}

template <typename L>
inline float32x4_t block_sums(const L & layout, const typename L::block * const * rows, int b, const vector_block & v) {
    int32x4_t products[4];
    for (int i = 0; i < 4; i++) {
        products[i] = products_of(layout, rows[i][b].qs, v);
    }
    return vcvtq_f32_s32(sums_of(products));
}

template <typename L>
void four_rows(const L & layout, int n_blocks, const typename L::block * const * rows, const typename L::block * const * next,
               const q8_0_block * a, float * sums) {
    float32x4_t acc = vdupq_n_f32(0);
    int         b   = 0;
    for (; b + 1 < n_blocks; b += 2) {
        fetch_blocks(next, 4, b);
        fetch_blocks(next, 4, b + 1);
        const vector_block first(a[b], L::base), second(a[b + 1], L::base);
        const float32x4_t  of_second = vmulq_f32(vmulq_n_f32(layout.scales(rows, b + 1), second.d), block_sums(layout, rows, b + 1, second));
        acc = vaddq_f32(acc, vfmaq_f32(of_second, vmulq_n_f32(layout.scales(rows, b), first.d), block_sums(layout, rows, b, first)));
    }
    if (b < n_blocks) {
        const vector_block last(a[b], L::base);
        acc = vfmaq_f32(acc, vmulq_n_f32(layout.scales(rows, b), last.d), block_sums(layout, rows, b, last));
    }
    vst1q_f32(sums, acc);
}

template <>
void four_rows(const q4_0_rows & layout, int n_blocks, const q4_0_block * const * rows, const q4_0_block * const * next,
               const q8_0_block * a, float * sums) {
    float32x4_t acc[2][4];
    for (auto & of_parity : acc) {
        for (auto & sum : of_parity) {
            sum = vdupq_n_f32(0);
        }
    }
    const int whole = n_blocks / 2 * 2;
    const auto add = [&](int b, float32x4_t * to) {
        fetch_blocks(next, 4, b);
        const vector_block v(a[b], q4_0_rows::base);
        float              d[4];
        vst1q_f32(d, vmulq_n_f32(layout.scales(rows, b), v.d));
        for (int i = 0; i < 4; i++) {
            to[i] = vmlaq_n_f32(to[i], vcvtq_f32_s32(products_of(layout, rows[i][b].qs, v)), d[i]); // as upstream; see nibbles-neon.h
        }
    };
    for (int b = 0; b < whole; b += 2) {
        add(b, acc[0]);
        add(b + 1, acc[1]);
    }
    for (int i = 0; i < 4; i++) {
        sums[i] = vaddvq_f32(acc[0][i]) + vaddvq_f32(acc[1][i]);
    }
    if (whole < n_blocks) {
        const vector_block last(a[whole], q4_0_rows::base);
        const float32x4_t  scaled = vmulq_f32(block_sums(layout, rows, whole, last), layout.scales(rows, whole));
        vst1q_f32(sums, vfmaq_n_f32(vld1q_f32(sums), scaled, last.d));
    }
}

template <typename L>
void eight_rows(const L & layout, int n_blocks, const typename L::block * const * rows, const typename L::block * const * next,
                const q8_0_block * a, float * sums) {
    four_rows(layout, n_blocks, rows, next, a, sums);
    four_rows(layout, n_blocks, rows + 4, next + 4, a, sums + 4);
}

#endif

template <typename L>
bool single_product(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    const L   layout;
    const int n_blocks = n / 32;
    for_eight_rows<typename L::block>(w, n_blocks, rows, n_rows, out, [&](const auto * const * here, const auto * const * next, float * sums) {
        eight_rows(layout, n_blocks, here, next, (const q8_0_block *) a, sums);
    });
    return true;
}

}  // namespace

bool gemv_q4_0_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<q4_0_rows>(n, out, w, a, rows, n_rows);
}

bool gemv_iq4_nl_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<iq4_nl_rows>(n, out, w, a, rows, n_rows);
}

bool gemv_mxfp4_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<mxfp4_rows>(n, out, w, a, rows, n_rows);
}

#endif

}  // namespace thimble
