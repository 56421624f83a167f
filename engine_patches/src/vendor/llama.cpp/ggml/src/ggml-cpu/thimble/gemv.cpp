#include "gemv.h"

#include <cstring>

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define THIMBLE_GEMV_X86
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // its own headers, which leave operands undefined on purpose
#endif
#endif

namespace thimble {

static_assert(sizeof(q8_0_block) == 34 && sizeof(q4_0_block) == 18 && sizeof(q4_0x8_block) == 144, "the layouts of ggml's repacked Q4_0");

#if defined(THIMBLE_GEMV_X86)

namespace {

constexpr int max_blocks = 1024; // of a row

// The halves are taken as 0…15 instead of -8…7, because one factor has to be unsigned; what that is too much is the same for
// all rows: 8 times the sum of a block's values.
void excess_of(const q8_0_block * a, int n_blocks, int32_t * excess) {
    const __m256i eight = _mm256_set1_epi8(8);
    const __m256i ones  = _mm256_set1_epi16(1);
    for (int b = 0; b < n_blocks; b++) {
        const __m256i q = _mm256_loadu_si256((const __m256i *) a[b].qs);
        const __m256i s = _mm256_madd_epi16(_mm256_maddubs_epi16(eight, q), ones);
        __m128i       t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
        t         = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
        t         = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1));
        excess[b] = _mm_cvtsi128_si32(t);
    }
}

inline float to_float(uint16_t half) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
}

inline int64_t eight_values(const int8_t * at) {
    int64_t values;
    memcpy(&values, at, sizeof(values));
    return values;
}

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)

constexpr int groups_at_once = 4;

// GROUPS times 8 rows. Several at once share the loads of `a`, and keep several streams of memory busy.
template <int GROUPS> void rows(int n_blocks, float * s, const q4_0x8_block * w, const q8_0_block * a, const int32_t * excess) {
    const __m512i low  = _mm512_set1_epi8(0x0f);
    const __m512i flip = _mm512_set1_epi8(0x08);
    constexpr int and_xor = 0x6a; // (value & low) ^ flip
    __m256 acc[GROUPS];
    for (auto & sum : acc) {
        sum = _mm256_setzero_ps();
    }
    for (int b = 0; b < n_blocks; b++) {
        const __m512i a_0  = _mm512_set1_epi64(eight_values(a[b].qs));
        const __m512i a_8  = _mm512_set1_epi64(eight_values(a[b].qs + 8));
        const __m512i a_16 = _mm512_set1_epi64(eight_values(a[b].qs + 16));
        const __m512i a_24 = _mm512_set1_epi64(eight_values(a[b].qs + 24));
        const __m256  d_a  = _mm256_set1_ps(to_float(a[b].d));
        // in one of the two lanes of each row
        const __m512i start = _mm512_set1_epi64((int64_t) (uint32_t) -excess[b]);
        for (int g = 0; g < GROUPS; g++) {
            const q4_0x8_block & block = w[(int64_t) g * n_blocks + b];
            const __m512i q_0 = _mm512_loadu_si512(block.qs);
            const __m512i q_8 = _mm512_loadu_si512(block.qs + 64);
            __m512i i = start;
            i = _mm512_dpbusd_epi32(i, _mm512_ternarylogic_epi64(q_0, low, flip, and_xor), a_0);
            i = _mm512_dpbusd_epi32(i, _mm512_ternarylogic_epi64(q_8, low, flip, and_xor), a_8);
            i = _mm512_dpbusd_epi32(i, _mm512_ternarylogic_epi64(_mm512_srli_epi16(q_0, 4), low, flip, and_xor), a_16);
            i = _mm512_dpbusd_epi32(i, _mm512_ternarylogic_epi64(_mm512_srli_epi16(q_8, 4), low, flip, and_xor), a_24);
            const __m256i sum = _mm512_cvtepi64_epi32(_mm512_add_epi32(i, _mm512_srli_epi64(i, 32)));
            const __m256  d_w = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) block.d));
            acc[g] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(d_w, d_a), acc[g]);
        }
    }
    for (int g = 0; g < GROUPS; g++) {
        _mm256_storeu_ps(s + 8 * g, acc[g]);
    }
}

#else

constexpr int groups_at_once = 2;

// The sums of products of 8 values each of four rows, in two lanes a row.
struct four_rows {
#if defined(__AVXVNNI__)
    __m256i sums = _mm256_setzero_si256();
    void    add(__m256i q, __m256i a) { sums = _mm256_dpbusd_avx_epi32(sums, q, a); }
    __m256i pairs() const { return sums; }
#else
    __m256i sums = _mm256_setzero_si256(); // four lanes a row, at most 4 × 2 × 15 × 128
    void    add(__m256i q, __m256i a) { sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(q, a)); }
    __m256i pairs() const { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }
#endif
};

template <int GROUPS> void rows(int n_blocks, float * s, const q4_0x8_block * w, const q8_0_block * a, const int32_t * excess) {
    const __m256i low  = _mm256_set1_epi8(0x0f);
    const __m256i flip = _mm256_set1_epi8(0x08);
    // what adding pairs of lanes of rows 0…3 and 4…7 makes of the order, and back
    const __m128i mixed  = _mm_setr_epi8(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    const __m256i sorted = _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7);
    __m256 acc[GROUPS];
    for (auto & sum : acc) {
        sum = _mm256_setzero_ps();
    }
    for (int b = 0; b < n_blocks; b++) {
        __m256i a_of[4];
        for (int part = 0; part < 4; part++) {
            a_of[part] = _mm256_set1_epi64x(eight_values(a[b].qs + 8 * part));
        }
        const __m256  d_a  = _mm256_set1_ps(to_float(a[b].d));
        const __m256i less = _mm256_set1_epi32(excess[b]);
        for (int g = 0; g < GROUPS; g++) {
            const q4_0x8_block & block = w[(int64_t) g * n_blocks + b];
            four_rows first, second;
            for (int half = 0; half < 2; half++) {
                const __m256i q_first  = _mm256_loadu_si256((const __m256i *) (block.qs + 64 * half));
                const __m256i q_second = _mm256_loadu_si256((const __m256i *) (block.qs + 64 * half + 32));
                first .add(_mm256_xor_si256(_mm256_and_si256(q_first,  low), flip), a_of[half]);
                second.add(_mm256_xor_si256(_mm256_and_si256(q_second, low), flip), a_of[half]);
                first .add(_mm256_xor_si256(_mm256_and_si256(_mm256_srli_epi16(q_first,  4), low), flip), a_of[half + 2]);
                second.add(_mm256_xor_si256(_mm256_and_si256(_mm256_srli_epi16(q_second, 4), low), flip), a_of[half + 2]);
            }
            const __m256i sum = _mm256_sub_epi32(_mm256_hadd_epi32(first.pairs(), second.pairs()), less);
            const __m256  d_w = _mm256_cvtph_ps(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *) block.d), mixed));
            acc[g] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(d_w, d_a), acc[g]);
        }
    }
    for (int g = 0; g < GROUPS; g++) {
        _mm256_storeu_ps(s + 8 * g, _mm256_permutevar8x32_ps(acc[g], sorted));
    }
}

#endif

}  // namespace

bool gemv_q4_0_8x8(int n, float * s, const void * w, const void * a, int nc) {
    const int n_blocks = n / 32;
    if (n_blocks > max_blocks) {
        return false;
    }
    const auto * weights = (const q4_0x8_block *) w;
    const auto * values  = (const q8_0_block *) a;
    int32_t      excess[max_blocks];
    excess_of(values, n_blocks, excess);
    int group = 0;
    for (; group + groups_at_once <= nc / 8; group += groups_at_once) {
        rows<groups_at_once>(n_blocks, s + 8 * group, weights + (int64_t) group * n_blocks, values, excess);
    }
    for (; group < nc / 8; group++) {
        rows<1>(n_blocks, s + 8 * group, weights + (int64_t) group * n_blocks, values, excess);
    }
    return true;
}

// Past the caches: what is re-arranged is more than they hold, and reading the lines first that are written whole takes a
// third of the time.
bool interleave_q4_0_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks) {
    if ((uintptr_t) to % sizeof(__m128i) != 0) {
        return false;
    }
    const __m128i flip = _mm_set1_epi8((char) 0x88);
    auto *        out  = (__m128i *) to;
    for (int64_t row = 0; row < n_rows; row += 8) {
        const auto * rows = (const q4_0_block *) from + row * n_blocks;
        for (int64_t b = 0; b < n_blocks; b++) {
            __m128i  q[8];
            uint16_t d[8];
            for (int i = 0; i < 8; i++) {
                const q4_0_block & block = rows[i * n_blocks + b];
                q[i] = _mm_xor_si128(_mm_loadu_si128((const __m128i *) block.qs), flip);
                d[i] = block.d;
            }
            _mm_stream_si128(out++, _mm_loadu_si128((const __m128i *) d));
            for (int i = 0; i < 8; i += 2) {
                _mm_stream_si128(out++, _mm_unpacklo_epi64(q[i], q[i + 1]));
            }
            for (int i = 0; i < 8; i += 2) {
                _mm_stream_si128(out++, _mm_unpackhi_epi64(q[i], q[i + 1]));
            }
        }
    }
    _mm_sfence();
    return true;
}

#else

bool interleave_q4_0_8x8(void *, const void *, int64_t, int64_t) {
    return false;
}

bool gemv_q4_0_8x8(int, float *, const void *, const void *, int) {
    return false;
}

#endif

}  // namespace thimble
