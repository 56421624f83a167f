#include "gemv-x86.h"
#include "gemv.h"
#include "neon.h"
#include "single-rows.h"

namespace thimble {

static_assert(sizeof(q8_K_block) == 292 && sizeof(q4_K_block) == 144 && sizeof(q4_Kx8_block) == 1152, "ggml's layouts");

#if defined(THIMBLE_GEMV_X86)

namespace {

// 8 scales, then 8 minimums, a byte each: of one sub-block of 8 interleaved rows, or of the 8 sub-blocks of one
inline __m128i scales_and_minimums(const uint8_t * packed) {
    uint32_t u[3];
    memcpy(u, packed, sizeof(u));
    const uint32_t scales_0 = u[0] & 0x3f3f3f3f, scales_4 = (u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030);
    const uint32_t min_0    = u[1] & 0x3f3f3f3f, min_4    = (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030);
    return _mm_setr_epi32((int) scales_0, (int) scales_4, (int) min_0, (int) min_4);
}

// each of 8 scales as four words: of the four pairs of products that a row has in a chunk of 8 values
inline __m256i four_times(__m128i scales) {
    const __m256i places = _mm256_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
                                            4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(scales), places);
}

#if defined(THIMBLE_GEMV_512)

// 8 rows, two lanes each
struct row_sums {
    __m512i so_far = _mm512_setzero_si512();

    void add(const uint8_t * qs, bool high, const int8_t * a, __m128i scales) {
        const __m512i low = _mm512_set1_epi8(0x0f);
        __m512i words = _mm512_setzero_si512(); // 4 × 2 × 15 × 128 at most
        for (int chunk = 0; chunk < 4; chunk++) {
            const __m512i q = _mm512_loadu_si512(qs + 64 * chunk);
            words = _mm512_add_epi16(words, _mm512_maddubs_epi16(_mm512_and_si512(high ? _mm512_srli_epi16(q, 4) : q, low),
                                                                 _mm512_set1_epi64(eight_values(a + 8 * chunk))));
        }
        so_far = _mm512_add_epi32(so_far, _mm512_madd_epi16(words, _mm512_cvtepu8_epi16(four_times(scales))));
    }

    __m256i in_order() const { return _mm512_cvtepi64_epi32(_mm512_add_epi32(so_far, _mm512_srli_epi64(so_far, 32))); }
};

#else

struct row_sums {
    __m256i first  = _mm256_setzero_si256();
    __m256i second = _mm256_setzero_si256();

    void add(const uint8_t * qs, bool high, const int8_t * a, __m128i scales) {
        const __m256i low = _mm256_set1_epi8(0x0f);
        __m256i words_first = _mm256_setzero_si256(), words_second = _mm256_setzero_si256();
        for (int chunk = 0; chunk < 4; chunk++) {
            const __m256i values   = _mm256_set1_epi64x(eight_values(a + 8 * chunk));
            const __m256i q_first  = _mm256_loadu_si256((const __m256i *) (qs + 64 * chunk));
            const __m256i q_second = _mm256_loadu_si256((const __m256i *) (qs + 64 * chunk + 32));
            const auto    half     = [&](__m256i q) { return _mm256_and_si256(high ? _mm256_srli_epi16(q, 4) : q, low); };
            words_first  = _mm256_add_epi16(words_first, _mm256_maddubs_epi16(half(q_first), values));
            words_second = _mm256_add_epi16(words_second, _mm256_maddubs_epi16(half(q_second), values));
        }
        const __m256i factors = four_times(scales);
        first  = _mm256_add_epi32(first, _mm256_madd_epi16(words_first, _mm256_cvtepu8_epi16(_mm256_castsi256_si128(factors))));
        second = _mm256_add_epi32(second, _mm256_madd_epi16(words_second, _mm256_cvtepu8_epi16(_mm256_extracti128_si256(factors, 1))));
    }

    __m256i in_order() const {
        return _mm256_permutevar8x32_epi32(_mm256_hadd_epi32(first, second), _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7));
    }
};

#endif

// 8 rows
void rows(int n_blocks, float * out, const q4_Kx8_block * w, const q8_K_block * a) {
    __m256 acc = _mm256_setzero_ps(), acc_min = _mm256_setzero_ps();
    for (int b = 0; b < n_blocks; b++) {
        const q4_Kx8_block & block = w[b];
        row_sums products;
        __m256i  minimums = _mm256_setzero_si256();
        for (int pair = 0; pair < 4; pair++) {
            const uint8_t * qs     = block.qs + 256 * pair;
            const int8_t *  values = a[b].qs + 64 * pair;
            const __m128i   first  = scales_and_minimums(block.scales + 24 * pair);
            const __m128i   second = scales_and_minimums(block.scales + 24 * pair + 12);
            products.add(qs, false, values, first);
            products.add(qs, true, values + 32, second);
            // (minimum of the first, of the second) for each row, times (sum of the first's values, of the second's)
            const int16_t * s      = a[b].sums + 4 * pair;
            const uint32_t  both   = (uint16_t) (s[0] + s[1]) | (uint32_t) (uint16_t) (s[2] + s[3]) << 16;
            const __m256i   of_row = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(first, second));
            minimums = _mm256_add_epi32(minimums, _mm256_madd_epi16(_mm256_set1_epi32((int) both), of_row));
        }
        const __m256 d_a = _mm256_set1_ps(a[b].d);
        acc     = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products.in_order()), _mm256_mul_ps(to_floats(block.d), d_a), acc);
        acc_min = _mm256_fmadd_ps(_mm256_cvtepi32_ps(minimums), _mm256_mul_ps(to_floats(block.d_min), d_a), acc_min);
    }
    _mm256_storeu_ps(out, _mm256_sub_ps(acc, acc_min));
}

// The products of one block of a row as in a file, each times its sub-block's scale: eight sums that are to be added up.
__m256i products_of(const q4_K_block & w, const q8_K_block & a, __m128i scales) {
    const __m256i low     = _mm256_set1_epi8(0x0f);
    const __m256i factors = _mm256_cvtepu8_epi16(scales); // words 0…7 in the first lane
    const __m256i of_lane = _mm256_permute4x64_epi64(factors, 0x44);
    __m256i so_far = _mm256_setzero_si256();
    for (int pair = 0; pair < 4; pair++) {
        const __m256i q      = _mm256_loadu_si256((const __m256i *) (w.qs + 32 * pair));
        const __m256i first  = _mm256_loadu_si256((const __m256i *) (a.qs + 64 * pair));
        const __m256i second = _mm256_loadu_si256((const __m256i *) (a.qs + 64 * pair + 32));
        const __m256i s_0    = _mm256_shuffle_epi8(of_lane, _mm256_set1_epi16((short) (0x0100 + 0x0404 * pair)));
        const __m256i s_1    = _mm256_shuffle_epi8(of_lane, _mm256_set1_epi16((short) (0x0302 + 0x0404 * pair)));
        so_far = _mm256_add_epi32(so_far, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_and_si256(q, low), first), s_0));
        so_far = _mm256_add_epi32(so_far, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(q, 4), low), second), s_1));
    }
    return so_far;
}

// the sum of each of 8 vectors
__m256i sums_of(const __m256i * v) {
    const __m256i low  = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}

// 8 rows, wherever they are
void single_rows(int n_blocks, float * out, const q4_K_block * const * w, const q4_K_block * const * next, const q8_K_block * a) {
    __m256 acc = _mm256_setzero_ps(), acc_min = _mm256_setzero_ps();
    for (int b = 0; b < n_blocks; b++) {
        const __m128i * s     = (const __m128i *) a[b].sums;
        const __m128i   pairs = _mm_hadd_epi16(_mm_loadu_si128(s), _mm_loadu_si128(s + 1)); // of each sub-block's values
        __m256i  products[8];
        __m256i  minimums[8];
        uint16_t d[8], d_min[8];
        for (int i = 0; i < 8; i++) {
            for (size_t at = 0; at < sizeof(q4_K_block); at += 64) {
                fetch((const char *) (next[i] + b) + at);
            }
            const q4_K_block & block = w[i][b];
            const __m128i      both  = scales_and_minimums(block.scales);
            products[i] = products_of(block, a[b], both);
            minimums[i] = _mm256_zextsi128_si256(_mm_madd_epi16(pairs, _mm_cvtepu8_epi16(_mm_srli_si128(both, 8))));
            d[i]     = block.d;
            d_min[i] = block.d_min;
        }
        const __m256 d_a = _mm256_set1_ps(a[b].d);
        acc     = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums_of(products)), _mm256_mul_ps(to_floats(d), d_a), acc);
        acc_min = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums_of(minimums)), _mm256_mul_ps(to_floats(d_min), d_a), acc_min);
    }
    _mm256_storeu_ps(out, _mm256_sub_ps(acc, acc_min));
}

// The scales and minimums of 8 rows' blocks: 12 bytes for each sub-block.
void interleave_scales(const __m128i * rows, uint32_t * out) {
    const __m128i low_6 = _mm_set1_epi8(0x30), low_4 = _mm_set1_epi8(0x0f);
    __m128i quads[2][4]; // of rows 0…3 and 4…7: scales of sub-blocks 0…3, 4…7, minimums of 0…3, 4…7
    for (int half = 0; half < 2; half++) {
        const __m128i * r = rows + 4 * half;
        const __m128i scales_01 = _mm_unpacklo_epi8(r[0], r[1]), scales_23 = _mm_unpacklo_epi8(r[2], r[3]);
        const __m128i min_01    = _mm_unpackhi_epi8(r[0], r[1]), min_23    = _mm_unpackhi_epi8(r[2], r[3]);
        quads[half][0] = _mm_unpacklo_epi16(scales_01, scales_23);
        quads[half][1] = _mm_unpackhi_epi16(scales_01, scales_23);
        quads[half][2] = _mm_unpacklo_epi16(min_01, min_23);
        quads[half][3] = _mm_unpackhi_epi16(min_01, min_23);
    }
    for (int four = 0; four < 2; four++) {
        const __m128i s_0 = quads[0][four], s_4 = quads[1][four], m_0 = quads[0][2 + four], m_4 = quads[1][2 + four];
        uint32_t u[3][4];
        _mm_storeu_si128((__m128i *) u[0], _mm_or_si128(s_0, _mm_slli_epi32(_mm_and_si128(s_4, low_6), 2)));
        _mm_storeu_si128((__m128i *) u[1], _mm_or_si128(m_0, _mm_slli_epi32(_mm_and_si128(m_4, low_6), 2)));
        _mm_storeu_si128((__m128i *) u[2], _mm_or_si128(_mm_and_si128(s_4, low_4), _mm_slli_epi32(_mm_and_si128(m_4, low_4), 4)));
        for (int i = 0; i < 4; i++) {
            for (const auto & part : u) {
                *out++ = part[i];
            }
        }
    }
}

}  // namespace

bool gemv_q4_K_8x8(int n, float * out, const void * w, const void * a, int n_rows) {
    const int n_blocks = n / 256;
    for (int group = 0; group < n_rows / 8; group++) {
        rows(n_blocks, out + 8 * group, (const q4_Kx8_block *) w + (int64_t) group * n_blocks, (const q8_K_block *) a);
    }
    return true;
}

bool gemv_q4_K_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    const int n_blocks = n / 256;
    for_eight_rows<q4_K_block>(w, n_blocks, rows, n_rows, out, [&](const auto * const * here, const auto * const * next, float * sums) {
        single_rows(n_blocks, sums, here, next, (const q8_K_block *) a);
    });
    return true;
}

bool interleave_q4_K_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks) {
    if ((uintptr_t) to % sizeof(__m128i) != 0) {
        return false;
    }
    auto * out = (__m128i *) to;
    for (int64_t row = 0; row < n_rows; row += 8) {
        const auto * rows = (const q4_K_block *) from + row * n_blocks;
        for (int64_t b = 0; b < n_blocks; b++) {
            alignas(16) uint16_t d[16];
            alignas(16) uint32_t packed[24];
            __m128i scales[8];
            for (int i = 0; i < 8; i++) {
                const q4_K_block & block = rows[i * n_blocks + b];
                d[i]      = block.d;
                d[8 + i]  = block.d_min;
                scales[i] = scales_and_minimums(block.scales);
            }
            interleave_scales(scales, packed);
            for (int i = 0; i < 2; i++) {
                _mm_stream_si128(out++, ((const __m128i *) d)[i]);
            }
            for (int i = 0; i < 6; i++) {
                _mm_stream_si128(out++, ((const __m128i *) packed)[i]);
            }
            for (int at = 0; at < 128; at += 16) {
                __m128i q[8];
                for (int i = 0; i < 8; i++) {
                    q[i] = _mm_loadu_si128((const __m128i *) (rows[i * n_blocks + b].qs + at));
                }
                for (int i = 0; i < 8; i += 2) {
                    _mm_stream_si128(out++, _mm_unpacklo_epi64(q[i], q[i + 1]));
                }
                for (int i = 0; i < 8; i += 2) {
                    _mm_stream_si128(out++, _mm_unpackhi_epi64(q[i], q[i + 1]));
                }
            }
        }
    }
    _mm_sfence();
    return true;
}

#else

bool gemv_q4_K_8x8(int, float *, const void *, const void *, int) { return false; }
bool interleave_q4_K_8x8(void *, const void *, int64_t, int64_t) { return false; }
#if !defined(THIMBLE_NEON_DOT) && !defined(THIMBLE_NEON_PLAIN)
bool gemv_q4_K_single(int, float *, const void *, const void *, const int32_t *, int) { return false; }
#endif

#endif

}  // namespace thimble
