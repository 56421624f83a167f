#pragma once

// How halves of bytes become numbers, for the kernels of 4-bit types with blocks of 32 values.

#include "gemv-x86.h"
#include "gemv.h"

#if defined(THIMBLE_GEMV_X86)

namespace thimble {

// a file's own, in a unit test, too, that includes several
namespace {

#if defined(THIMBLE_GEMV_512)
using bytes = __m512i;
inline bytes every_byte(int value) { return _mm512_set1_epi8((char) value); }
inline bytes table_of(const uint8_t * values) { return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) values)); }
inline bytes look_up(bytes table, bytes q) { return _mm512_shuffle_epi8(table, _mm512_and_si512(q, every_byte(0x0f))); }
inline bytes high_halves(bytes q) { return _mm512_srli_epi16(q, 4); }
#else
using bytes = __m256i;
inline bytes every_byte(int value) { return _mm256_set1_epi8((char) value); }
inline bytes table_of(const uint8_t * values) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) values));
}
inline bytes look_up(bytes table, bytes q) { return _mm256_shuffle_epi8(table, _mm256_and_si256(q, every_byte(0x0f))); }
inline bytes high_halves(bytes q) { return _mm256_srli_epi16(q, 4); }
#endif

// How a layout's halves of bytes become numbers from 0 on, and its 8 scales. Products of one row's 32 numbers have to fit
// into words where there are no instructions that add them up in 32 bits: 8 × largest × 128 ≤ 32767.
struct q4_0_rows {
    using block = q4_0x8_block;
    static constexpr int base = 8, largest = 15;
    bytes low_halves(bytes q) const {
#if defined(THIMBLE_GEMV_512)
        return _mm512_ternarylogic_epi64(q, every_byte(0x0f), every_byte(0x08), 0x6a); // (q & 0x0f) ^ 0x08
#else
        return _mm256_xor_si256(_mm256_and_si256(q, every_byte(0x0f)), every_byte(0x08));
#endif
    }
    static __m256 scales(const block & w) { return to_floats(w.d); }
};

// one half-precision scale of each of eight rows as in a file
inline __m256 file_scales_of(const q4_0_block * const * rows, int b) {
    const auto d = [&](int i) { return (uint64_t) rows[i][b].d; };
    return _mm256_cvtph_ps(_mm_set_epi64x((int64_t) (d(4) | d(5) << 16 | d(6) << 32 | d(7) << 48),
                                          (int64_t) (d(0) | d(1) << 16 | d(2) << 32 | d(3) << 48)));
}

// as in a file: halves are from 0 on already
struct q4_0_file_rows {
    using file_block = q4_0_block;
    static constexpr int base = 8, largest = 15;
    static __m256 file_scales(const file_block * const * rows, int b) { return file_scales_of(rows, b); }
#if defined(THIMBLE_GEMV_512)
    bytes low_halves(bytes q) const { return _mm512_and_si512(q, every_byte(0x0f)); }
#else
    bytes low_halves(bytes q) const { return _mm256_and_si256(q, every_byte(0x0f)); }
#endif
};

struct iq4_nl_rows {
    using block      = iq4_nlx8_block;
    using file_block = q4_0_block;
    static constexpr int     base = 128, largest = 241;
    static constexpr uint8_t values[16] = { 1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241 };
    bytes table = table_of(values);
    bytes low_halves(bytes q) const { return look_up(table, q); }
    static __m256 scales(const block & w) { return to_floats(w.d); }
    static __m256 file_scales(const file_block * const * rows, int b) { return file_scales_of(rows, b); }
};

struct mxfp4_rows {
    using block      = mxfp4x8_block;
    using file_block = mxfp4_block;
    static constexpr int     base = 12, largest = 24;
    static constexpr uint8_t values[16] = { 12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0 };
    bytes table = table_of(values);
    bytes low_halves(bytes q) const { return look_up(table, q); }
    static __m256 scales(const block & w) { return powers(_mm_loadl_epi64((const __m128i *) w.e)); }
    static __m256 file_scales(const file_block * const * rows, int b) {
        uint64_t e = 0;
        for (int i = 0; i < 8; i++) {
            e |= (uint64_t) rows[i][b].e << 8 * i;
        }
        return powers(_mm_cvtsi64_si128((int64_t) e));
    }
    static __m256 powers(__m128i exponents) {
        const __m256i e      = _mm256_cvtepu8_epi32(exponents);
        const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
        const __m256i small  = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e); // 2^-128, 2^-127
        return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, small, _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e)));
    }
};

}  // namespace

}  // namespace thimble

#endif
