#pragma once

// How halves of bytes become numbers on ARM, for 4-bit types with blocks of 32 values.

#include "gemv.h"
#include "neon.h"

#if defined(THIMBLE_NEON)

namespace thimble {

namespace {

inline float32x4_t half_scales(const q4_0_block * const * rows, int b) {
    const uint16x4_t d = { rows[0][b].d, rows[1][b].d, rows[2][b].d, rows[3][b].d };
    return to_floats(d);
}

// Numbers are from 0 on: `base` too much. add() is upstream's step: whether vmlaq_f32 rounds the product first is up to the compiler,
// so the same intrinsic has to be used.
struct q4_0_rows {
    using block = q4_0_block;
    static constexpr int base = 8;
    static int8x16_t   low_halves (uint8x16_t q) { return vreinterpretq_s8_u8(vandq_u8(q, vdupq_n_u8(15))); }
    static int8x16_t   high_halves(uint8x16_t q) { return vreinterpretq_s8_u8(vshrq_n_u8(q, 4)); }
    static float32x4_t scales(const block * const * rows, int b) { return half_scales(rows, b); } // of four rows
    static float32x4_t add(float32x4_t sum, float32x4_t d, float32x4_t products) { return vfmaq_f32(sum, d, products); }
};

template <const int8_t * VALUES> struct table_rows {
    static constexpr int base = 0;
    int8x16_t table = vld1q_s8(VALUES);
    int8x16_t low_halves (uint8x16_t q) const { return vqtbl1q_s8(table, vandq_u8(q, vdupq_n_u8(15))); }
    int8x16_t high_halves(uint8x16_t q) const { return vqtbl1q_s8(table, vshrq_n_u8(q, 4)); }
    static float32x4_t add(float32x4_t sum, float32x4_t d, float32x4_t products) { return vmlaq_f32(sum, d, products); }
};

constexpr int8_t iq4_nl_values[16] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
constexpr int8_t mxfp4_values[16]  = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

struct iq4_nl_rows : table_rows<iq4_nl_values> {
    using block = q4_0_block;
    static float32x4_t scales(const block * const * rows, int b) { return half_scales(rows, b); }
};

struct mxfp4_rows : table_rows<mxfp4_values> {
    using block = mxfp4_block;
    static float32x4_t scales(const block * const * rows, int b) {
        const uint32x4_t e      = { rows[0][b].e, rows[1][b].e, rows[2][b].e, rows[3][b].e };
        const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
        const uint32x4_t small  = vshlq_u32(vdupq_n_u32(0x00200000), vreinterpretq_s32_u32(e)); // 2^-128, 2^-127
        return vreinterpretq_f32_u32(vbslq_u32(vcltq_u32(e, vdupq_n_u32(2)), small, normal));
    }
};

}  // namespace

}  // namespace thimble

#endif
