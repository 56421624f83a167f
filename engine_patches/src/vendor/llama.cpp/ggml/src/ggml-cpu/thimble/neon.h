#pragma once

// What the kernels for 64-bit ARM share. THIMBLE_NEON says that there are any; THIMBLE_NEON_DOT that one instruction multiplies and
// adds up four bytes for each lane.

#include <cstdint>
#include <cstring>

#if defined(__aarch64__) && defined(__ARM_NEON)
#define THIMBLE_NEON
#if defined(__ARM_FEATURE_DOTPROD)
#define THIMBLE_NEON_DOT
#elif !defined(__ARM_FEATURE_SVE)
#define THIMBLE_NEON_PLAIN // with SVE and without these instructions upstream adds up in an order of its own
#endif

#include <arm_neon.h>

namespace thimble {

inline float to_float(uint16_t half) {
    __fp16 value;
    memcpy(&value, &half, sizeof(value));
    return value;
}

inline float32x4_t to_floats(uint16x4_t halves) {
    return vcvt_f32_f16(vreinterpret_f16_u16(halves));
}

// the sum of each of four vectors
inline int32x4_t sums_of(const int32x4_t * v) {
    return vpaddq_s32(vpaddq_s32(v[0], v[1]), vpaddq_s32(v[2], v[3]));
}

// the four bytes at 4 j of each of four vectors, in vector j
inline void transpose(const uint8x16_t * rows, uint8x16_t * columns) {
    const auto low  = [](uint8x16_t a, uint8x16_t b) { return vzip1q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)); };
    const auto high = [](uint8x16_t a, uint8x16_t b) { return vzip2q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)); };
    const uint32x4_t low_02 = low(rows[0], rows[2]), low_13 = low(rows[1], rows[3]);
    const uint32x4_t high_02 = high(rows[0], rows[2]), high_13 = high(rows[1], rows[3]);
    columns[0] = vreinterpretq_u8_u32(vzip1q_u32(low_02, low_13));
    columns[1] = vreinterpretq_u8_u32(vzip2q_u32(low_02, low_13));
    columns[2] = vreinterpretq_u8_u32(vzip1q_u32(high_02, high_13));
    columns[3] = vreinterpretq_u8_u32(vzip2q_u32(high_02, high_13));
}

#if defined(THIMBLE_NEON_DOT)
// with the products of 16 numbers of four rows, four in a lane of each of four vectors, and of a vector
inline int32x4_t add_16(int32x4_t sum, const int8x16_t * q, int8x16_t a) {
    sum = vdotq_laneq_s32(sum, q[0], a, 0);
    sum = vdotq_laneq_s32(sum, q[1], a, 1);
    sum = vdotq_laneq_s32(sum, q[2], a, 2);
    return vdotq_laneq_s32(sum, q[3], a, 3);
}
#endif

}  // namespace thimble
#endif
