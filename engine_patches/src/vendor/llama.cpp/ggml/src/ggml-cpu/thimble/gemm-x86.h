#pragma once

// What the kernels for many vectors share: as many rows as a register has lanes of 32 bits, each in a lane of its own.

#include "gemv-x86.h"

#include <type_traits>

#if defined(THIMBLE_GEMV_X86)

namespace thimble {

// a file's own, as each is compiled for one instruction set
namespace {

#if defined(THIMBLE_GEMV_512)

constexpr int rows_of_tile = 16;
using lanes  = __m512i; // bytes, words or 32 bits
using floats = __m512;

inline lanes  no_lanes() { return _mm512_setzero_si512(); }
inline floats no_floats() { return _mm512_setzero_ps(); }
inline lanes  every_lane(int32_t value) { return _mm512_set1_epi32(value); }
inline floats every_lane(float value) { return _mm512_set1_ps(value); }
inline lanes  load(const void * from) { return _mm512_loadu_si512(from); }
inline lanes  add(lanes a, lanes b) { return _mm512_add_epi32(a, b); }
inline lanes  products_of_words(lanes a, lanes b) { return _mm512_madd_epi16(a, b); } // sums of pairs
inline lanes  low_nibbles(lanes q) { return _mm512_and_si512(q, _mm512_set1_epi8(0x0f)); }
inline lanes  high_nibbles(lanes q) { return low_nibbles(_mm512_srli_epi16(q, 4)); }
inline floats mul(floats a, floats b) { return _mm512_mul_ps(a, b); }
inline floats sub(floats a, floats b) { return _mm512_sub_ps(a, b); }
inline floats add_product(lanes a, floats b, floats sum) { return _mm512_fmadd_ps(_mm512_cvtepi32_ps(a), b, sum); }
inline floats joined(__m256 first, __m256 second) {
    const __m512i low = _mm512_castsi256_si512(_mm256_castps_si256(first));
    return _mm512_castsi512_ps(_mm512_inserti64x4(low, _mm256_castps_si256(second), 1));
}
inline void store(float * to, floats values, int n) { _mm512_mask_storeu_ps(to, (__mmask16) ((1u << n) - 1), values); }

// Four vectors with the 1st, 2nd, 3rd and 4th four bytes of 16 that each row has; `at(i)` is where row i has them.
template <typename F> inline void lay_out_bytes(F at, lanes * bytes) {
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

#else

constexpr int rows_of_tile = 8;
using lanes  = __m256i;
using floats = __m256;

inline lanes  no_lanes() { return _mm256_setzero_si256(); }
inline floats no_floats() { return _mm256_setzero_ps(); }
inline lanes  every_lane(int32_t value) { return _mm256_set1_epi32(value); }
inline floats every_lane(float value) { return _mm256_set1_ps(value); }
inline lanes  load(const void * from) { return _mm256_loadu_si256((const __m256i *) from); }
inline lanes  add(lanes a, lanes b) { return _mm256_add_epi32(a, b); }
inline lanes  products_of_words(lanes a, lanes b) { return _mm256_madd_epi16(a, b); }
inline lanes  low_nibbles(lanes q) { return _mm256_and_si256(q, _mm256_set1_epi8(0x0f)); }
inline lanes  high_nibbles(lanes q) { return low_nibbles(_mm256_srli_epi16(q, 4)); }
inline floats mul(floats a, floats b) { return _mm256_mul_ps(a, b); }
inline floats sub(floats a, floats b) { return _mm256_sub_ps(a, b); }
inline floats add_product(lanes a, floats b, floats sum) { return _mm256_fmadd_ps(_mm256_cvtepi32_ps(a), b, sum); }
inline void   store(float * to, floats values, int n) {
    if (n == rows_of_tile) {
        _mm256_storeu_ps(to, values);
        return;
    }
    float all[rows_of_tile];
    _mm256_storeu_ps(all, values);
    memcpy(to, all, (size_t) n * sizeof(float));
}

template <typename F> inline void lay_out_bytes(F at, lanes * bytes) {
    const auto two = [&](int i) { // rows i and i + 4
        return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) at(i))),
                                       _mm_loadu_si128((const __m128i *) at(i + 4)), 1);
    };
    const __m256i low_01 = _mm256_unpacklo_epi32(two(0), two(1)), low_23 = _mm256_unpacklo_epi32(two(2), two(3));
    const __m256i high_01 = _mm256_unpackhi_epi32(two(0), two(1)), high_23 = _mm256_unpackhi_epi32(two(2), two(3));
    bytes[0] = _mm256_unpacklo_epi64(low_01, low_23);
    bytes[1] = _mm256_unpackhi_epi64(low_01, low_23);
    bytes[2] = _mm256_unpacklo_epi64(high_01, high_23);
    bytes[3] = _mm256_unpackhi_epi64(high_01, high_23);
}

#endif

inline lanes everywhere_4(const void * four_bytes) {
    int32_t value;
    memcpy(&value, four_bytes, sizeof(value));
    return every_lane(value);
}

// call(some, as a number that the compiler knows, so that what there is of each vector stays in registers). 1 <= some <= most. An
// expert of a prompt often has two or three vectors only.
template <int most, typename F> void with_number(int some, F call) {
    if constexpr (most > 1) {
        if (some < most) {
            with_number<most - 1>(some, call);
            return;
        }
    }
    call(std::integral_constant<int, most>());
}

// Sums of products of four numbers up to `largest` and four signed bytes in each lane. Without instructions that add them up in 32
// bits they are sums of words, as many as fit: of IQ4_NL not even one pair does.
#if defined(THIMBLE_GEMV_512) || defined(__AVXVNNI__)
template <int largest> struct sum_of_products {
    static constexpr bool fits    = true;
    static constexpr int  at_once = 8;
    lanes so_far = no_lanes();
#if defined(THIMBLE_GEMV_512)
    void add(lanes q, lanes a) { so_far = _mm512_dpbusd_epi32(so_far, q, a); }
#else
    void add(lanes q, lanes a) { so_far = _mm256_dpbusd_avx_epi32(so_far, q, a); }
#endif
    lanes whole() const { return so_far; }
};
#else
template <int largest> struct sum_of_products {
    static constexpr bool fits    = 4 * 2 * largest * 128 <= 32767;
    static constexpr int  at_once = 2 * 4 * 2 * largest * 128 <= 32767 ? 8 : 4;
    lanes so_far = no_lanes();
    void add(lanes q, lanes a) { so_far = _mm256_add_epi16(so_far, _mm256_maddubs_epi16(q, a)); }
    lanes whole() const { return products_of_words(so_far, _mm256_set1_epi16(1)); }
};
#endif

}  // namespace

}  // namespace thimble

#endif
