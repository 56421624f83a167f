#pragma once

// What the kernels for Q4_K on 64-bit ARM share: blocks of four rows, a lane for each.

#include "gemv.h"
#include "neon.h"

#if defined(THIMBLE_NEON_DOT) || defined(THIMBLE_NEON_PLAIN)

namespace thimble {

namespace {

// Of block b of four rows: the scale and the minimum of each sub-block, and what they are multiplied with.
struct q4_K_scales {
    uint32x4_t  scales[2]; // a byte for each sub-block: 0…3, 4…7
    uint32x4_t  minimums[2];
    float32x4_t d, d_min;

    q4_K_scales(const q4_K_block * const * rows, int b) {
        uint32_t u[3][4];
        uint16_t halves[2][4];
        for (int i = 0; i < 4; i++) {
            const q4_K_block & block = rows[i][b];
            for (int j = 0; j < 3; j++) {
                memcpy(&u[j][i], block.scales + 4 * j, sizeof(uint32_t));
            }
            halves[0][i] = block.d;
            halves[1][i] = block.d_min;
        }
        const uint32x4_t six  = vdupq_n_u32(0x3f3f3f3f), two = vdupq_n_u32(0x30303030), four = vdupq_n_u32(0x0f0f0f0f);
        const uint32x4_t u_0 = vld1q_u32(u[0]), u_1 = vld1q_u32(u[1]), u_2 = vld1q_u32(u[2]);
        scales[0]   = vandq_u32(u_0, six);
        scales[1]   = vorrq_u32(vandq_u32(u_2, four), vandq_u32(vshrq_n_u32(u_0, 2), two));
        minimums[0] = vandq_u32(u_1, six);
        minimums[1] = vorrq_u32(vandq_u32(vshrq_n_u32(u_2, 4), four), vandq_u32(vshrq_n_u32(u_1, 2), two));
        d     = to_floats(vld1_u16(halves[0]));
        d_min = to_floats(vld1_u16(halves[1]));
    }

    static int32x4_t of_sub(const uint32x4_t * bytes, int sub) {
        const uint32x4_t shifted = vshlq_u32(bytes[sub / 4], vdupq_n_s32(-8 * (sub % 4)));
        return vreinterpretq_s32_u32(vandq_u32(shifted, vdupq_n_u32(255)));
    }
    int32x4_t scale(int sub) const { return of_sub(scales, sub); }
    int32x4_t minimum(int sub) const { return of_sub(minimums, sub); }
};

// The sums of each sub-block's values.
inline void sub_block_sums(const q8_K_block & a, int16_t * sums) {
    vst1q_s16(sums, vpaddq_s16(vld1q_s16(a.sums), vld1q_s16(a.sums + 8)));
}

// One vector's products with four rows, added up in the order of upstream's kernel: with i8mm each sub-block is added as a float, with
// dotprod each pair, and minimums come last; without, both are whole for the block, minimums first.
struct q4_K_sum {
    float32x4_t so_far = vdupq_n_f32(0);
    int32x4_t   block  = vdupq_n_s32(0);

    // of two sub-blocks, each times its scale
    void add(int32x4_t first, int32x4_t second, float32x4_t d) {
#if defined(THIMBLE_NEON_DOT) && defined(__ARM_FEATURE_MATMUL_INT8)
        so_far = vfmaq_f32(so_far, d, vcvtq_f32_s32(first));
        so_far = vfmaq_f32(so_far, d, vcvtq_f32_s32(second));
#elif defined(THIMBLE_NEON_DOT)
        so_far = vfmaq_f32(so_far, d, vcvtq_f32_s32(vaddq_s32(first, second)));
#else
        (void) d;
        block = vaddq_s32(block, vaddq_s32(first, second));
#endif
    }

    void finish_block(int32x4_t minimums, float32x4_t d, float32x4_t d_min) {
#if defined(THIMBLE_NEON_DOT)
        so_far = vmlsq_f32(so_far, vcvtq_f32_s32(minimums), d_min);
        (void) d;
#else
        so_far = vfmsq_f32(so_far, vcvtq_f32_s32(minimums), d_min);
        so_far = vfmaq_f32(so_far, d, vcvtq_f32_s32(block));
        block  = vdupq_n_s32(0);
#endif
    }
};

}  // namespace

}  // namespace thimble

#endif
