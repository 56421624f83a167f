#include "gemv-x86.h"
#include "gemv.h"

namespace thimble {

static_assert(sizeof(q8_K_block) == 292 && sizeof(q4_Kx8_block) == 1152, "ggml's layouts");

#if defined(THIMBLE_GEMV_X86)

namespace {

// 8 scales, then 8 minimums of one sub-block, a byte each
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

}  // namespace

bool gemv_q4_K_8x8(int n, float * out, const void * w, const void * a, int n_rows) {
    const int n_blocks = n / 256;
    for (int group = 0; group < n_rows / 8; group++) {
        rows(n_blocks, out + 8 * group, (const q4_Kx8_block *) w + (int64_t) group * n_blocks, (const q8_K_block *) a);
    }
    return true;
}

#else

bool gemv_q4_K_8x8(int, float *, const void *, const void *, int) { return false; }

#endif

}  // namespace thimble
