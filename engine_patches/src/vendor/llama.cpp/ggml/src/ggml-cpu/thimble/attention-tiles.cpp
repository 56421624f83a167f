#include "attention-tiles.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__F16C__))
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)

constexpr int side = 16;

__m512 load(const char * row, bool half, int at) {
    return half ? _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) ((const uint16_t *) row + at))) : _mm512_loadu_ps((const float *) row + at);
}

// Turns over what is `side` by `side`: pairs, fours, then quarters of vectors.
void turn(const __m512 * in, float * out, int stride) {
    __m512 pairs[16];
    __m512 fours[16];
    for (int i = 0; i < 16; i += 2) {
        pairs[i]     = _mm512_unpacklo_ps(in[i], in[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_ps(in[i], in[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int j = 0; j < 2; ++j) {
            const __m512d a = _mm512_castps_pd(pairs[i + j]);
            const __m512d b = _mm512_castps_pd(pairs[i + 2 + j]);
            fours[i + 2 * j]     = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            fours[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    }
    for (int j = 0; j < 4; ++j) {
        const __m512 low0  = _mm512_shuffle_f32x4(fours[j],     fours[4 + j],  0x88);
        const __m512 low1  = _mm512_shuffle_f32x4(fours[j],     fours[4 + j],  0xdd);
        const __m512 high0 = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0x88);
        const __m512 high1 = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0xdd);
        _mm512_storeu_ps(out + (j)      * stride, _mm512_shuffle_f32x4(low0, high0, 0x88));
        _mm512_storeu_ps(out + (4 + j)  * stride, _mm512_shuffle_f32x4(low1, high1, 0x88));
        _mm512_storeu_ps(out + (8 + j)  * stride, _mm512_shuffle_f32x4(low0, high0, 0xdd));
        _mm512_storeu_ps(out + (12 + j) * stride, _mm512_shuffle_f32x4(low1, high1, 0xdd));
    }
}

using vector = __m512;

#elif defined(__AVX2__) && defined(__F16C__)

constexpr int side = 8;

__m256 load(const char * row, bool half, int at) {
    return half ? _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) ((const uint16_t *) row + at))) : _mm256_loadu_ps((const float *) row + at);
}

void turn(const __m256 * in, float * out, int stride) {
    __m256 fours[8];
    for (int i = 0; i < 8; i += 4) {
        const __m256 a = _mm256_unpacklo_ps(in[i],     in[i + 1]);
        const __m256 b = _mm256_unpackhi_ps(in[i],     in[i + 1]);
        const __m256 c = _mm256_unpacklo_ps(in[i + 2], in[i + 3]);
        const __m256 d = _mm256_unpackhi_ps(in[i + 2], in[i + 3]);
        fours[i]     = _mm256_shuffle_ps(a, c, 0x44);
        fours[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
        fours[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
        fours[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    for (int j = 0; j < 4; ++j) {
        _mm256_storeu_ps(out + (j)     * stride, _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x20));
        _mm256_storeu_ps(out + (4 + j) * stride, _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x31));
    }
}

using vector = __m256;

#endif

} // namespace

int thimble_tile_keys(float * out, int stride_out, const char * keys, size_t row_bytes, bool half, int n_keys, int n_values) {
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__F16C__))
    if (n_keys % side != 0 || n_values % side != 0) {
        return 0;
    }
    for (int i = 0; i < n_keys; i += side) {
        for (int d = 0; d < n_values; d += side) {
            vector rows[side];
            for (int r = 0; r < side; ++r) {
                rows[r] = load(keys + (i + r) * row_bytes, half, d);
            }
            turn(rows, out + d * stride_out + i, stride_out);
        }
    }
    return n_keys;
#else
    (void) out;
    (void) stride_out;
    (void) keys;
    (void) row_bytes;
    (void) half;
    (void) n_keys;
    (void) n_values;
    return 0;
#endif
}

int thimble_tile_mask(float * out, const char * mask, size_t row_bytes, int n_rows, int n, float slope, bool * visible) {
#if defined(__AVX512F__)
    if (n % 16 != 0) {
        return 0;
    }
    const __m512 none  = _mm512_set1_ps(-INFINITY);
    const __m512 times = _mm512_set1_ps(slope);
    __mmask16    seen  = 0;
    for (int t = 0; t < n_rows; ++t) {
        for (int i = 0; i < n; i += 16) {
            const __m512 x = _mm512_mul_ps(times, load(mask + t * row_bytes, true, i));
            seen |= _mm512_cmp_ps_mask(x, none, _CMP_NEQ_UQ);
            _mm512_storeu_ps(out + t * n + i, x);
        }
    }
    *visible |= seen != 0;
    return n_rows;
#elif defined(__AVX2__) && defined(__F16C__)
    if (n % 8 != 0) {
        return 0;
    }
    const __m256 none  = _mm256_set1_ps(-INFINITY);
    const __m256 times = _mm256_set1_ps(slope);
    __m256       seen  = _mm256_setzero_ps();
    for (int t = 0; t < n_rows; ++t) {
        for (int i = 0; i < n; i += 8) {
            const __m256 x = _mm256_mul_ps(times, load(mask + t * row_bytes, true, i));
            seen = _mm256_or_ps(seen, _mm256_cmp_ps(x, none, _CMP_NEQ_UQ));
            _mm256_storeu_ps(out + t * n + i, x);
        }
    }
    *visible |= _mm256_movemask_ps(seen) != 0;
    return n_rows;
#else
    (void) out;
    (void) mask;
    (void) row_bytes;
    (void) n_rows;
    (void) n;
    (void) slope;
    (void) visible;
    return 0;
#endif
}

float thimble_tile_max(const float * x, int n) {
    float max = -INFINITY;
    int   i   = 0;
#if defined(__AVX512F__)
    __m512 most = _mm512_set1_ps(-INFINITY);
    for (; i + 16 <= n; i += 16) {
        most = _mm512_max_ps(most, _mm512_loadu_ps(x + i));
    }
    max = _mm512_reduce_max_ps(most);
#elif defined(__AVX2__)
    __m256 most = _mm256_set1_ps(-INFINITY);
    for (; i + 8 <= n; i += 8) {
        most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
    }
    alignas(32) float lanes[8];
    _mm256_store_ps(lanes, most);
    max = *std::max_element(lanes, lanes + 8);
#endif
    for (; i < n; ++i) {
        max = std::max(max, x[i]);
    }
    return max;
}
