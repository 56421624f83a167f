// Rows as in a file times the vectors of many tokens (a prompt). Upstream's MUL_MAT_ID multiplies interleaved rows with one vector
// after the other; here sixteen rows (eight without AVX512) are laid out once so that each has a lane of its own, and then meet every
// vector. The sums and their order are those of the products with one vector, so the bits are, too.

#include "gemm-x86.h"
#include "neon.h"
#include "nibbles-x86.h"

#include <vector>

namespace thimble {

#if defined(THIMBLE_GEMV_X86)

namespace {

#if defined(THIMBLE_GEMV_512) || defined(__AVXVNNI__)
constexpr int at_once = 8; // vectors
#else
constexpr int at_once = 4;
#endif

struct alignas(64) tile_block {
    lanes  q[8]; // numbers 0…31 from 0 on, four in a lane; a lane for each row
    floats d;
};

// Block b of a tile's rows.
template <typename L> void lay_out(const L & layout, const typename L::file_block * const * rows, int b, tile_block & tile) {
    lanes bytes[4];
    lay_out_bytes([&](int i) { return rows[i][b].qs; }, bytes);
    for (int j = 0; j < 4; j++) {
        tile.q[j]     = layout.low_halves(bytes[j]);
        tile.q[j + 4] = layout.low_halves(high_halves(bytes[j]));
    }
#if defined(THIMBLE_GEMV_512)
    tile.d = joined(L::file_scales(rows, b), L::file_scales(rows + 8, b));
#else
    tile.d = L::file_scales(rows, b);
#endif
}

// What every tile needs of a vector's blocks.
struct scale {
    float   d;
    int32_t less; // what the numbers from 0 on are too much, to begin with
};

template <int N, typename L>
void products(int n_blocks, const tile_block * tile, const q8_0_block * const * a, const scale * const * scales, floats * sums) {
    using sum = sum_of_products<L::largest>;
    for (int t = 0; t < N; t++) {
        sums[t] = no_floats();
    }
    for (int b = 0; b < n_blocks; b++) {
        lanes i[N];
        for (int t = 0; t < N; t++) {
            i[t] = every_lane(scales[t][b].less);
        }
        for (int first = 0; first < 8; first += sum::at_once) {
            sum some[N];
            for (int j = first; j < first + sum::at_once; j++) {
                for (int t = 0; t < N; t++) {
                    some[t].add(tile[b].q[j], everywhere_4(a[t][b].qs + 4 * j));
                }
            }
            for (int t = 0; t < N; t++) {
                i[t] = add(i[t], some[t].whole());
            }
        }
        for (int t = 0; t < N; t++) {
            sums[t] = add_product(i[t], mul(tile[b].d, every_lane(scales[t][b].d)), sums[t]);
        }
    }
}

void scales_of(const q8_0_block * a, int n_blocks, int base, scale * scales) {
    const __m256i factor = _mm256_set1_epi8((char) base);
    for (int b = 0; b < n_blocks; b++) {
        const __m256i q = _mm256_loadu_si256((const __m256i *) a[b].qs);
        const __m256i s = _mm256_madd_epi16(_mm256_maddubs_epi16(factor, q), _mm256_set1_epi16(1));
        __m128i       t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
        t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
        t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1));
        scales[b] = { to_float(a[b].d), -_mm_cvtsi128_si32(t) };
    }
}

template <typename L>
bool product(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    using block = typename L::file_block;
    if (!sum_of_products<L::largest>::fits) {
        return false;
    }
    const int n_blocks = n / 32;
    const L   layout;
    // of the thread, for its next call, too
    thread_local std::vector<tile_block> tile;
    thread_local std::vector<scale>      scales;
    tile.resize((size_t) n_blocks);
    scales.resize((size_t) n_tokens * (size_t) n_blocks);
    for (int t = 0; t < n_tokens; t++) {
        scales_of((const q8_0_block *) a[t], n_blocks, L::base, scales.data() + (size_t) t * n_blocks);
    }
    for (int row = 0; row < n_rows; row += rows_of_tile) {
        const int     here = n_rows - row < rows_of_tile ? n_rows - row : rows_of_tile;
        const block * rows[rows_of_tile];
        for (int i = 0; i < rows_of_tile; i++) {
            rows[i] = (const block *) w + (int64_t) (row + (i < here ? i : here - 1)) * n_blocks;
        }
        for (int b = 0; b < n_blocks; b++) {
            lay_out(layout, rows, b, tile[(size_t) b]);
        }
        for (int t = 0; t < n_tokens; t += at_once) {
            const q8_0_block * values[at_once];
            const scale *      of_value[at_once];
            floats             sums[at_once];
            const int          some = n_tokens - t < at_once ? n_tokens - t : at_once;
            for (int i = 0; i < some; i++) {
                values[i]   = (const q8_0_block *) a[t + i];
                of_value[i] = scales.data() + (size_t) (t + i) * n_blocks;
            }
            with_number<at_once>(some, [&](auto number) {
                products<decltype(number)::value, L>(n_blocks, tile.data(), values, of_value, sums);
            });
            for (int i = 0; i < some; i++) {
                store(out[t + i] + row, sums[i], here);
            }
        }
    }
    return true;
}

}  // namespace

bool gemm_q4_0_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<q4_0_file_rows>(n, w, n_rows, a, out, n_tokens);
}

bool gemm_iq4_nl_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<iq4_nl_rows>(n, w, n_rows, a, out, n_tokens);
}

bool gemm_mxfp4_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<mxfp4_rows>(n, w, n_rows, a, out, n_tokens);
}

#elif !defined(THIMBLE_NEON)

bool gemm_q4_0_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }
bool gemm_iq4_nl_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }
bool gemm_mxfp4_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }

#endif

}  // namespace thimble
