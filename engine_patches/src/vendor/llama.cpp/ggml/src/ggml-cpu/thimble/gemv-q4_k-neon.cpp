// Single rows of Q4_K on 64-bit ARM, with the bits of upstream's kernels there (q4_k-neon.h).

#include "q4_k-neon.h"
#include "single-rows.h"

namespace thimble {

#if defined(THIMBLE_NEON_DOT) || defined(THIMBLE_NEON_PLAIN)

namespace {

// numbers up to 15 times values of 16 + 16
inline int32x4_t products_of(uint8x16_t q_0, uint8x16_t q_16, const int8_t * a) {
    const int8x16_t w_0 = vreinterpretq_s8_u8(q_0), w_16 = vreinterpretq_s8_u8(q_16);
    const int8x16_t a_0 = vld1q_s8(a), a_16 = vld1q_s8(a + 16);
#if defined(THIMBLE_NEON_DOT)
    return vdotq_s32(vdotq_s32(vdupq_n_s32(0), w_0, a_0), w_16, a_16);
#else
    int16x8_t words = vmull_s8(vget_low_s8(w_0), vget_low_s8(a_0)); // 4 × 15 × 128 at most
    words = vmlal_s8(words, vget_high_s8(w_0), vget_high_s8(a_0));
    words = vmlal_s8(words, vget_low_s8(w_16), vget_low_s8(a_16));
    return vpaddlq_s16(vmlal_s8(words, vget_high_s8(w_16), vget_high_s8(a_16)));
#endif
}

void four_rows(int n_blocks, const q4_K_block * const * rows, const q4_K_block * const * next, const q8_K_block * a, float * sums) {
    const uint8x16_t low = vdupq_n_u8(15);
    q4_K_sum sum;
    for (int b = 0; b < n_blocks; b++) {
        const q4_K_scales scales(rows, b);
        const float32x4_t d = vmulq_n_f32(scales.d, a[b].d), d_min = vmulq_n_f32(scales.d_min, a[b].d);
        int16_t   of_values[8];
        int32x4_t minimums = vdupq_n_s32(0);
        sub_block_sums(a[b], of_values);
        for (int sub = 0; sub < 8; sub++) {
            minimums = vmlaq_n_s32(minimums, scales.minimum(sub), of_values[sub]);
        }
        for (int pair = 0; pair < 4; pair++) {
            int32x4_t first[4], second[4];
            for (int i = 0; i < 4; i++) {
                const uint8_t *  qs   = rows[i][b].qs + 32 * pair;
                const uint8x16_t q_0  = vld1q_u8(qs), q_16 = vld1q_u8(qs + 16);
                const int8_t *   of_a = a[b].qs + 64 * pair;
                if (pair % 2 == 0) {
                    fetch((const char *) (next[i] + b) + 36 * pair); // a block is 144 bytes
                }
                first[i]  = products_of(vandq_u8(q_0, low), vandq_u8(q_16, low), of_a);
                second[i] = products_of(vshrq_n_u8(q_0, 4), vshrq_n_u8(q_16, 4), of_a + 32);
            }
            sum.add(vmulq_s32(sums_of(first), scales.scale(2 * pair)), vmulq_s32(sums_of(second), scales.scale(2 * pair + 1)), d);
        }
        sum.finish_block(minimums, d, d_min);
    }
    vst1q_f32(sums, sum.so_far);
}

}  // namespace

bool gemv_q4_K_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    const int n_blocks = n / 256;
    for_eight_rows<q4_K_block>(w, n_blocks, rows, n_rows, out, [&](const auto * const * here, const auto * const * next, float * sums) {
        four_rows(n_blocks, here, next, (const q8_K_block *) a, sums);
        four_rows(n_blocks, here + 4, next + 4, (const q8_K_block *) a, sums + 4);
    });
    return true;
}

#endif

}  // namespace thimble
