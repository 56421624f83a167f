#include "gemv-x86.h"
#include "gemv.h"

namespace thimble {

#if defined(THIMBLE_GEMV_X86)

namespace {

constexpr int max_row_blocks = 512;
constexpr int at_a_time      = 64; // blocks whose scales are made first: one by one they would cost as much as the values

// What is the same for all rows: weights are taken as numbers from 0 on; what that is too much, for each four values.
struct vector_of {
    const q8_0_block * values;
    alignas(32) int32_t too_much[max_row_blocks][8];

    vector_of(const q8_0_block * a, int n_blocks) : values(a) {
        const __m256i eight = _mm256_set1_epi8(8), ones = _mm256_set1_epi16(1), zero = _mm256_setzero_si256();
        for (int b = 0; b < n_blocks; b++) {
            const __m256i q = _mm256_loadu_si256((const __m256i *) a[b].qs);
            const __m256i s = _mm256_madd_epi16(_mm256_maddubs_epi16(eight, q), ones);
            _mm256_store_si256((__m256i *) too_much[b], _mm256_sub_epi32(zero, s));
        }
    }
};

inline __m256i products(const q4_0_block & w, const vector_of & a, int b) {
    const __m128i q    = _mm_loadu_si128((const __m128i *) w.qs);
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(q), _mm_srli_epi16(q, 4), 1);
    const __m256i u    = _mm256_and_si256(both, _mm256_set1_epi8(15));
    const __m256i s    = _mm256_loadu_si256((const __m256i *) a.values[b].qs);
    const __m256i from = _mm256_load_si256((const __m256i *) a.too_much[b]);
#if defined(THIMBLE_GEMV_512)
    return _mm256_dpbusd_epi32(from, u, s);
#elif defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(from, u, s);
#else
    return _mm256_add_epi32(from, _mm256_madd_epi16(_mm256_maddubs_epi16(u, s), _mm256_set1_epi16(1)));
#endif
}

inline float sum_of(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// N rows at once keep several streams of memory busy; the next N are asked for meanwhile.
template <int N> void dots(const q4_0_block * const * w, const q4_0_block * const * next, const vector_of & a, int n_blocks, float * out) {
    __m256 sum[N];
    for (auto & s : sum) {
        s = _mm256_setzero_ps();
    }
    for (int first = 0; first < n_blocks; first += at_a_time) {
        const int n = n_blocks - first < at_a_time ? n_blocks - first : at_a_time;
        uint16_t  halves[at_a_time] = {};
        float     of_a[at_a_time], scales[N][at_a_time];
        for (int b = 0; b < n; b++) {
            halves[b] = a.values[first + b].d;
        }
        for (int b = 0; b < n; b += 8) {
            _mm256_storeu_ps(of_a + b, to_floats(halves + b));
        }
        for (int i = 0; i < N; i++) {
            for (int b = 0; b < n; b++) {
                halves[b] = w[i][first + b].d;
            }
            for (int b = 0; b < n; b += 8) {
                _mm256_storeu_ps(scales[i] + b, _mm256_mul_ps(to_floats(halves + b), _mm256_loadu_ps(of_a + b)));
            }
        }
        for (int b = 0; b < n; b++) {
            for (int i = 0; i < N; i++) {
                if (b % 3 == 0) { // three blocks are a line, nearly
                    _mm_prefetch((const char *) (next[i] + first + b), _MM_HINT_T0);
                }
                sum[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products(w[i][first + b], a, first + b)), _mm256_set1_ps(scales[i][b]), sum[i]);
            }
        }
    }
    for (int i = 0; i < N; i++) {
        out[i] = sum_of(sum[i]);
    }
}

}  // namespace

bool can_gemv_q4_0_rows(int n) {
    return n / 32 <= max_row_blocks;
}

bool gemv_q4_0_rows(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    constexpr int at_once  = 4;
    const int     n_blocks = n / 32;
    if (n_blocks > max_row_blocks) {
        return false;
    }
    const vector_of vector((const q8_0_block *) a, n_blocks);
    const auto place = [&](int at) { return (const q4_0_block *) w + (int64_t) rows[at < n_rows ? at : n_rows - 1] * n_blocks; };
    for (int at = 0; at < n_rows; at += at_once) {
        const q4_0_block * of[at_once];
        const q4_0_block * next[at_once];
        float              sums[at_once];
        for (int i = 0; i < at_once; i++) {
            of[i]   = place(at + i);
            next[i] = place(at + at_once + i);
        }
        dots<at_once>(of, next, vector, n_blocks, sums);
        for (int i = 0; i < at_once && at + i < n_rows; i++) {
            out[rows[at + i]] = sums[i];
        }
    }
    return true;
}

#else

bool can_gemv_q4_0_rows(int) { return false; }
bool gemv_q4_0_rows(int, float *, const void *, const void *, const int32_t *, int) { return false; }

#endif

}  // namespace thimble
