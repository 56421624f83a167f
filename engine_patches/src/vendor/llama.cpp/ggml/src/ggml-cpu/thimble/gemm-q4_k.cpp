// Q4_K rows as in a file times the vectors of many tokens, as in gemm-nibbles.cpp.

#include "gemm-x86.h"
#include "gemv.h"

#include <vector>

namespace thimble {

#if defined(THIMBLE_GEMV_512)

namespace {

constexpr int q4_K_at_once = 4; // vectors

// 256 values of 16 rows; a lane for each row
struct alignas(64) q4_K_tile {
    __m512i q[8][8];     // of each sub-block, four values in a lane
    __m512i scales[8];   // of each sub-block
    __m512i minimums[4]; // of two sub-blocks, a word each
    __m512  d, d_min;
};

// 8 scales, then 8 minimums, a byte each
inline void unpack_scales(const uint8_t * packed, uint8_t * bytes) {
    uint32_t u[3];
    memcpy(u, packed, sizeof(u));
    const uint32_t words[4] = { u[0] & 0x3f3f3f3f, (u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030),
                                u[1] & 0x3f3f3f3f, (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030) };
    memcpy(bytes, words, sizeof(words));
}

void lay_out(const q4_K_block * const * rows, int b, q4_K_tile & tile) {
    const __m512i low = _mm512_set1_epi8(0x0f);
    for (int part = 0; part < 8; part++) { // 16 bytes: half of a pair of sub-blocks
        __m512i bytes[4];
        lay_out_bytes([&](int i) { return rows[i][b].qs + 16 * part; }, bytes);
        for (int j = 0; j < 4; j++) {
            const int at = part % 2 * 4 + j;
            tile.q[part / 2 * 2][at]     = _mm512_and_si512(bytes[j], low);
            tile.q[part / 2 * 2 + 1][at] = _mm512_and_si512(_mm512_srli_epi16(bytes[j], 4), low);
        }
    }
    int32_t  scales[8][rows_of_tile];
    uint32_t minimums[4][rows_of_tile];
    uint16_t d[rows_of_tile], d_min[rows_of_tile];
    for (int i = 0; i < rows_of_tile; i++) {
        uint8_t bytes[16];
        unpack_scales(rows[i][b].scales, bytes);
        for (int sub = 0; sub < 8; sub++) {
            scales[sub][i] = bytes[sub];
        }
        for (int pair = 0; pair < 4; pair++) {
            minimums[pair][i] = bytes[8 + 2 * pair] | (uint32_t) bytes[9 + 2 * pair] << 16;
        }
        d[i]     = rows[i][b].d;
        d_min[i] = rows[i][b].d_min;
    }
    for (int sub = 0; sub < 8; sub++) {
        tile.scales[sub] = _mm512_loadu_si512(scales[sub]);
    }
    for (int pair = 0; pair < 4; pair++) {
        tile.minimums[pair] = _mm512_loadu_si512(minimums[pair]);
    }
    tile.d     = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) d));
    tile.d_min = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) d_min));
}

template <int N> void products(int n_blocks, const q4_K_tile * tile, const q8_K_block * const * a, __m512 * sums) {
    __m512 minimum_sums[N];
    for (int t = 0; t < N; t++) {
        sums[t] = minimum_sums[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < n_blocks; b++) {
        const q4_K_tile & block = tile[b];
        __m512i products[N], minimums[N];
        for (int t = 0; t < N; t++) {
            products[t] = minimums[t] = _mm512_setzero_si512();
        }
        for (int sub = 0; sub < 8; sub++) {
            __m512i of_sub[N];
            for (int t = 0; t < N; t++) {
                of_sub[t] = _mm512_setzero_si512();
            }
            for (int j = 0; j < 8; j++) {
                for (int t = 0; t < N; t++) {
                    of_sub[t] = _mm512_dpbusd_epi32(of_sub[t], block.q[sub][j], everywhere_4(a[t][b].qs + 32 * sub + 4 * j));
                }
            }
            for (int t = 0; t < N; t++) {
                products[t] = _mm512_add_epi32(products[t], _mm512_mullo_epi32(of_sub[t], block.scales[sub]));
            }
        }
        for (int pair = 0; pair < 4; pair++) {
            for (int t = 0; t < N; t++) {
                const int16_t * s     = a[t][b].sums + 4 * pair;
                const int16_t both[2] = { (int16_t) (s[0] + s[1]), (int16_t) (s[2] + s[3]) };
                minimums[t] = _mm512_add_epi32(minimums[t], _mm512_madd_epi16(block.minimums[pair], everywhere_4(both)));
            }
        }
        for (int t = 0; t < N; t++) {
            const __m512 d_a = _mm512_set1_ps(a[t][b].d);
            sums[t]         = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[t]), _mm512_mul_ps(block.d, d_a), sums[t]);
            minimum_sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(minimums[t]), _mm512_mul_ps(block.d_min, d_a), minimum_sums[t]);
        }
    }
    for (int t = 0; t < N; t++) {
        sums[t] = _mm512_sub_ps(sums[t], minimum_sums[t]);
    }
}

}  // namespace

bool gemm_q4_K_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    const int n_blocks = n / 256;
    thread_local std::vector<q4_K_tile> tile;
    tile.resize((size_t) n_blocks);
    for (int row = 0; row < n_rows; row += rows_of_tile) {
        const int          here = n_rows - row < rows_of_tile ? n_rows - row : rows_of_tile;
        const __mmask16    mask = (__mmask16) ((1u << here) - 1);
        const q4_K_block * rows[rows_of_tile];
        for (int i = 0; i < rows_of_tile; i++) {
            rows[i] = (const q4_K_block *) w + (int64_t) (row + (i < here ? i : here - 1)) * n_blocks;
        }
        for (int b = 0; b < n_blocks; b++) {
            lay_out(rows, b, tile[(size_t) b]);
        }
        for (int t = 0; t < n_tokens; t += q4_K_at_once) {
            const q8_K_block * values[q4_K_at_once];
            __m512             sums[q4_K_at_once];
            const int          some = n_tokens - t < q4_K_at_once ? n_tokens - t : q4_K_at_once;
            for (int i = 0; i < q4_K_at_once; i++) {
                values[i] = (const q8_K_block *) a[t + (i < some ? i : some - 1)];
            }
            if (some == 1) {
                products<1>(n_blocks, tile.data(), values, sums);
            } else {
                products<q4_K_at_once>(n_blocks, tile.data(), values, sums);
            }
            for (int i = 0; i < some; i++) {
                _mm512_mask_storeu_ps(out[t + i] + row, mask, sums[i]);
            }
        }
    }
    return true;
}

#else

bool gemm_q4_K_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }

#endif

}  // namespace thimble
