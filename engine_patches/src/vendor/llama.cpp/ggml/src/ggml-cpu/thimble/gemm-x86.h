#pragma once

// What the kernels for many vectors share: sixteen rows, each in a lane of its own.

#include "gemv-x86.h"

#if defined(THIMBLE_GEMV_512)

namespace thimble {

constexpr int rows_of_tile = 16;

// Four vectors with the 1st, 2nd, 3rd and 4th four bytes of 16 that each row has; `at(i)` is where row i has them.
template <typename F> inline void lay_out_bytes(F at, __m512i * bytes) {
    __m512i four[4]; // lane k of four[i] is row 4 i + k
    for (int i = 0; i < 4; i++) {
        const auto qs = [&](int k) { return _mm_loadu_si128((const __m128i *) at(4 * i + k)); };
        __m512i q = _mm512_castsi128_si512(qs(0));
        q = _mm512_mask_broadcast_i32x4(q, 0x00f0, qs(1));
        q = _mm512_mask_broadcast_i32x4(q, 0x0f00, qs(2));
        four[i] = _mm512_mask_broadcast_i32x4(q, 0xf000, qs(3));
    }
    const __m512i first_of_lanes = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
    for (int j = 0; j < 4; j++) {
        const __m512i places = _mm512_add_epi32(first_of_lanes, _mm512_set1_epi32(j));
        const __m512i low    = _mm512_permutex2var_epi32(four[0], places, four[1]);
        const __m512i high   = _mm512_permutex2var_epi32(four[2], places, four[3]);
        bytes[j] = _mm512_inserti64x4(low, _mm512_castsi512_si256(high), 1);
    }
}

inline __m512i everywhere_4(const void * four_bytes) {
    int32_t value;
    memcpy(&value, four_bytes, sizeof(value));
    return _mm512_set1_epi32(value);
}

}  // namespace thimble

#endif
