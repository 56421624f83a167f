#include "neon.h"
#include "nibbles-x86.h"
#include "single-rows.h"

namespace thimble {

static_assert(sizeof(q8_0_block) == 34 && sizeof(q4_0_block) == 18 && sizeof(q4_0x8_block) == 144 &&
              sizeof(mxfp4_block) == 17 && sizeof(mxfp4x8_block) == 136, "ggml's layouts");

#if defined(THIMBLE_GEMV_X86)

namespace {

constexpr int max_blocks = 1024; // of a row

// Weights are taken as numbers from 0 on, because one factor has to be unsigned; what that is too much, `base` for each, is
// the same for all rows: base times the sum of a block's values.
void excess_of(const q8_0_block * a, int n_blocks, int base, int32_t * excess) {
    const __m256i factor = _mm256_set1_epi8((char) base);
    const __m256i ones   = _mm256_set1_epi16(1);
    for (int b = 0; b < n_blocks; b++) {
        const __m256i q = _mm256_loadu_si256((const __m256i *) a[b].qs);
        const __m256i s = _mm256_madd_epi16(_mm256_maddubs_epi16(factor, q), ones);
        __m128i       t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
        t         = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
        t         = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1));
        excess[b] = _mm_cvtsi128_si32(t);
    }
}

#if defined(THIMBLE_GEMV_512)

constexpr int  groups_at_once = 4;
constexpr bool adds_in_words  = false;

// 128 bytes of 8 rows, interleaved
struct eight_rows {
    bytes q_0; // 8 bytes of each row
    bytes q_8; // the next 8

    explicit eight_rows(const uint8_t * qs) : q_0(_mm512_loadu_si512(qs)), q_8(_mm512_loadu_si512(qs + 64)) {}
};

// The products of one block, summed for each of 8 rows.
template <typename L> inline __m256i sums(const L & layout, const eight_rows & w, const bytes * a, int32_t excess) {
    bytes i = _mm512_set1_epi64((int64_t) (uint32_t) -excess); // in one of the two lanes of each row
    i = _mm512_dpbusd_epi32(i, layout.low_halves(w.q_0), a[0]);
    i = _mm512_dpbusd_epi32(i, layout.low_halves(w.q_8), a[1]);
    i = _mm512_dpbusd_epi32(i, layout.low_halves(high_halves(w.q_0)), a[2]);
    i = _mm512_dpbusd_epi32(i, layout.low_halves(high_halves(w.q_8)), a[3]);
    return _mm512_cvtepi64_epi32(_mm512_add_epi32(i, _mm512_srli_epi64(i, 32)));
}

inline bytes everywhere(int64_t values) { return _mm512_set1_epi64(values); }

#else

constexpr int groups_at_once = 2;

// Sums of products, of four in each lane of 32 bits.
struct sum_of_bytes {
    __m256i so_far = _mm256_setzero_si256();
#if defined(__AVXVNNI__)
    void    add(__m256i q, __m256i a) { so_far = _mm256_dpbusd_avx_epi32(so_far, q, a); }
    __m256i whole() const { return so_far; }
#else
    void    add(__m256i q, __m256i a) { so_far = _mm256_add_epi16(so_far, _mm256_maddubs_epi16(q, a)); }
    __m256i whole() const { return _mm256_madd_epi16(so_far, _mm256_set1_epi16(1)); }
#endif
};

#if defined(__AVXVNNI__)
constexpr bool adds_in_words = false;
#else
constexpr bool adds_in_words = true;
#endif

// 128 bytes of 8 rows, interleaved
struct eight_rows {
    bytes first[2];  // 8 bytes of rows 0…3, and the next 8
    bytes second[2]; // of rows 4…7

    explicit eight_rows(const uint8_t * qs) {
        for (int half = 0; half < 2; half++) {
            first[half]  = _mm256_loadu_si256((const __m256i *) (qs + 64 * half));
            second[half] = _mm256_loadu_si256((const __m256i *) (qs + 64 * half + 32));
        }
    }
};

// The products of one block, summed for each of 8 rows.
template <typename L> inline __m256i sums(const L & layout, const eight_rows & w, const bytes * a, int32_t excess) {
    sum_of_bytes first, second; // two lanes a row
    for (int half = 0; half < 2; half++) {
        first .add(layout.low_halves(w.first[half]), a[half]);
        second.add(layout.low_halves(w.second[half]), a[half]);
        first .add(layout.low_halves(high_halves(w.first[half])), a[half + 2]);
        second.add(layout.low_halves(high_halves(w.second[half])), a[half + 2]);
    }
    // rows 0 1 4 5 2 3 6 7
    const __m256i mixed = _mm256_hadd_epi32(first.whole(), second.whole());
    return _mm256_sub_epi32(_mm256_permutevar8x32_epi32(mixed, _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7)),
                            _mm256_set1_epi32(excess));
}

inline bytes everywhere(int64_t values) { return _mm256_set1_epi64x(values); }

#endif

template <typename L> constexpr bool fits_words = !adds_in_words || 8 * L::largest * 128 <= 32767;

// GROUPS times 8 rows. Several at once share the loads of `a`, and keep several streams of memory busy.
template <int GROUPS, typename L>
void rows(const L & layout, int n_blocks, float * out, const typename L::block * w, const q8_0_block * a, const int32_t * excess) {
    __m256 acc[GROUPS];
    for (auto & sum : acc) {
        sum = _mm256_setzero_ps();
    }
    for (int b = 0; b < n_blocks; b++) {
        const bytes a_of[4] = { everywhere(eight_values(a[b].qs)), everywhere(eight_values(a[b].qs + 8)),
                                everywhere(eight_values(a[b].qs + 16)), everywhere(eight_values(a[b].qs + 24)) };
        const __m256 d_a = _mm256_set1_ps(to_float(a[b].d));
        for (int g = 0; g < GROUPS; g++) {
            const auto & block = w[(int64_t) g * n_blocks + b];
            const __m256 sum   = _mm256_cvtepi32_ps(sums(layout, eight_rows(block.qs), a_of, excess[b]));
            acc[g] = _mm256_fmadd_ps(sum, _mm256_mul_ps(L::scales(block), d_a), acc[g]);
        }
    }
    for (int g = 0; g < GROUPS; g++) {
        _mm256_storeu_ps(out + 8 * g, acc[g]);
    }
}

// one block of each of 8 rows as in a file
#if defined(THIMBLE_GEMV_512)

// In the lanes of a vector are 16 bytes of a row each, so they come from memory without a shuffle; the four sums of each lane are
// added up at the end.
template <typename L>
inline __m256i file_sums(const L & layout, const typename L::file_block * const * rows, int b, const q8_0_block & a, int32_t excess) {
    const auto four = [&](const typename L::file_block * const * row) {
        const auto qs = [&](int i) { return _mm_loadu_si128((const __m128i *) row[i][b].qs); };
        bytes q = _mm512_castsi128_si512(qs(0));
        q = _mm512_mask_broadcast_i32x4(q, 0x00f0, qs(1));
        q = _mm512_mask_broadcast_i32x4(q, 0x0f00, qs(2));
        return _mm512_mask_broadcast_i32x4(q, 0xf000, qs(3));
    };
    const bytes a_0  = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) a.qs));
    const bytes a_16 = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) (a.qs + 16)));
    const auto products = [&](bytes q) {
        const bytes low = _mm512_dpbusd_epi32(_mm512_setzero_si512(), layout.low_halves(q), a_0);
        return _mm512_dpbusd_epi32(low, layout.low_halves(high_halves(q)), a_16);
    };
    const bytes first = products(four(rows)), second = products(four(rows + 4));
    // of each lane: (first 0 + 2, second 0 + 2, first 1 + 3, second 1 + 3), then (first, second, …)
    bytes sum = _mm512_add_epi32(_mm512_unpacklo_epi32(first, second), _mm512_unpackhi_epi32(first, second));
    sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_BADC));
    const bytes in_order = _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0), sum);
    return _mm256_sub_epi32(_mm512_castsi512_si256(in_order), _mm256_set1_epi32(excess));
}

#else

// In the lanes of a vector are 16 bytes of rows i and i + 4; the four sums of each lane are added up at the end.
template <typename L>
inline __m256i file_sums(const L & layout, const typename L::file_block * const * rows, int b, const q8_0_block & a, int32_t excess) {
    const auto  at   = [](const void * from) { return _mm_loadu_si128((const __m128i *) from); };
    const bytes a_0  = _mm256_broadcastsi128_si256(at(a.qs));
    const bytes a_16 = _mm256_broadcastsi128_si256(at(a.qs + 16));
    __m256i     of_two[4];
    for (int i = 0; i < 4; i++) {
        const bytes q = _mm256_inserti128_si256(_mm256_castsi128_si256(at(rows[i][b].qs)), at(rows[i + 4][b].qs), 1);
        sum_of_bytes sum;
        sum.add(layout.low_halves(q), a_0);
        sum.add(layout.low_halves(high_halves(q)), a_16);
        of_two[i] = sum.whole();
    }
    const __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(of_two[0], of_two[1]), _mm256_hadd_epi32(of_two[2], of_two[3]));
    return _mm256_sub_epi32(all, _mm256_set1_epi32(excess));
}

#endif

// 8 rows, wherever they are
template <typename L>
void single_rows(const L & layout, int n_blocks, float * sums_of, const typename L::file_block * const * w,
                 const typename L::file_block * const * next, const q8_0_block * a, const int32_t * excess) {
    __m256 acc = _mm256_setzero_ps();
    for (int b = 0; b < n_blocks; b++) {
        if (b % 2 == 0) {
            for (int i = 0; i < 8; i++) {
                fetch(next[i] + b);
            }
        }
        const __m256 d_a = _mm256_set1_ps(to_float(a[b].d));
        const __m256 sum = _mm256_cvtepi32_ps(file_sums(layout, w, b, a[b], excess[b]));
        acc = _mm256_fmadd_ps(sum, _mm256_mul_ps(L::file_scales(w, b), d_a), acc);
    }
    _mm256_storeu_ps(sums_of, acc);
}

template <typename L>
bool single_product(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    const int n_blocks = n / 32;
    if (n_blocks > max_blocks || !fits_words<L>) {
        return false;
    }
    if (n_rows == 0) {
        return true;
    }
    const L layout;
    int32_t excess[max_blocks];
    excess_of((const q8_0_block *) a, n_blocks, L::base, excess);
    for_eight_rows<typename L::file_block>(w, n_blocks, rows, n_rows, out, [&](const auto * const * here, const auto * const * next, float * sums) {
        single_rows(layout, n_blocks, sums, here, next, (const q8_0_block *) a, excess);
    });
    return true;
}

// Past the caches: what is re-arranged is more than they hold, and reading the lines first that are written whole takes a
// third of the time. Halves are flipped by `flip`.
bool interleave(void * to, const void * from, int64_t n_rows, int64_t n_blocks, char flip) {
    if ((uintptr_t) to % sizeof(__m128i) != 0) {
        return false;
    }
    const __m128i flips = _mm_set1_epi8(flip);
    auto *        out   = (__m128i *) to;
    for (int64_t row = 0; row < n_rows; row += 8) {
        const auto * rows = (const q4_0_block *) from + row * n_blocks;
        for (int64_t b = 0; b < n_blocks; b++) {
            __m128i  q[8];
            uint16_t d[8];
            for (int i = 0; i < 8; i++) {
                const q4_0_block & block = rows[i * n_blocks + b];
                q[i] = _mm_xor_si128(_mm_loadu_si128((const __m128i *) block.qs), flips);
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

template <typename L> bool product(int n, float * out, const void * w, const void * a, int n_rows) {
    const int n_blocks = n / 32;
    if (n_blocks > max_blocks || !fits_words<L>) {
        return false;
    }
    const L      layout;
    const auto * weights = (const typename L::block *) w;
    const auto * values  = (const q8_0_block *) a;
    int32_t      excess[max_blocks];
    excess_of(values, n_blocks, L::base, excess);
    int group = 0;
    for (; group + groups_at_once <= n_rows / 8; group += groups_at_once) {
        rows<groups_at_once>(layout, n_blocks, out + 8 * group, weights + (int64_t) group * n_blocks, values, excess);
    }
    for (; group < n_rows / 8; group++) {
        rows<1>(layout, n_blocks, out + 8 * group, weights + (int64_t) group * n_blocks, values, excess);
    }
    return true;
}

}  // namespace

bool gemv_q4_0_8x8(int n, float * out, const void * w, const void * a, int n_rows) {
    return product<q4_0_rows>(n, out, w, a, n_rows);
}

bool gemv_iq4_nl_8x8(int n, float * out, const void * w, const void * a, int n_rows) {
    return product<iq4_nl_rows>(n, out, w, a, n_rows);
}

bool gemv_mxfp4_8x8(int n, float * out, const void * w, const void * a, int n_rows) {
    return product<mxfp4_rows>(n, out, w, a, n_rows);
}

bool gemv_q4_0_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<q4_0_file_rows>(n, out, w, a, rows, n_rows);
}

bool gemv_iq4_nl_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<iq4_nl_rows>(n, out, w, a, rows, n_rows);
}

bool gemv_mxfp4_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows) {
    return single_product<mxfp4_rows>(n, out, w, a, rows, n_rows);
}

bool interleave_q4_0_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks) {
    return interleave(to, from, n_rows, n_blocks, (char) 0x88);
}

bool interleave_iq4_nl_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks) {
    return interleave(to, from, n_rows, n_blocks, 0);
}

bool interleave_mxfp4_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks) {
    auto * out = (long long *) to; // 17 of them for 8 blocks
    for (int64_t row = 0; row < n_rows; row += 8) {
        const auto * rows = (const mxfp4_block *) from + row * n_blocks;
        for (int64_t b = 0; b < n_blocks; b++) {
            int64_t first[8], second[8];
            uint8_t e[8];
            for (int i = 0; i < 8; i++) {
                const mxfp4_block & block = rows[i * n_blocks + b];
                e[i]      = block.e;
                first[i]  = eight_values((const int8_t *) block.qs);
                second[i] = eight_values((const int8_t *) block.qs + 8);
            }
            _mm_stream_si64(out++, eight_values((const int8_t *) e));
            for (const int64_t values : first) {
                _mm_stream_si64(out++, values);
            }
            for (const int64_t values : second) {
                _mm_stream_si64(out++, values);
            }
        }
    }
    _mm_sfence();
    return true;
}

#else

bool gemv_q4_0_8x8(int, float *, const void *, const void *, int) { return false; }
bool gemv_iq4_nl_8x8(int, float *, const void *, const void *, int) { return false; }
bool gemv_mxfp4_8x8(int, float *, const void *, const void *, int) { return false; }
bool interleave_q4_0_8x8(void *, const void *, int64_t, int64_t) { return false; }
bool interleave_iq4_nl_8x8(void *, const void *, int64_t, int64_t) { return false; }
bool interleave_mxfp4_8x8(void *, const void *, int64_t, int64_t) { return false; }
#if !defined(THIMBLE_NEON_DOT) && !defined(THIMBLE_NEON_PLAIN)
bool gemv_q4_0_single(int, float *, const void *, const void *, const int32_t *, int) { return false; }
bool gemv_iq4_nl_single(int, float *, const void *, const void *, const int32_t *, int) { return false; }
bool gemv_mxfp4_single(int, float *, const void *, const void *, const int32_t *, int) { return false; }
#endif

#endif

}  // namespace thimble
