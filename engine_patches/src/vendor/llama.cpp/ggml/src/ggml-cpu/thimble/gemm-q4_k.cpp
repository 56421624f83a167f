// Q4_K rows as in a file times the vectors of many tokens, as in gemm-nibbles.cpp.

#include "gemm-x86.h"
#include "gemv.h"
#include "neon.h"

#include <vector>

namespace thimble {

#if defined(THIMBLE_GEMV_X86)

namespace {

#if defined(THIMBLE_GEMV_512) || defined(__AVXVNNI__)
constexpr int at_once = 4; // vectors
#else
constexpr int at_once = 2;
#endif

// 256 values of a tile's rows; a lane for each row
struct alignas(64) q4_K_tile {
    lanes  q[8][8];     // of each sub-block, four values in a lane
    lanes  scales[8];   // of each sub-block
    lanes  minimums[4]; // of two sub-blocks, a word each
    floats d, d_min;
};

// 8 scales, then 8 minimums, a byte each
inline void unpack_scales(const uint8_t * packed, uint8_t * bytes) {
    uint32_t u[3];
    memcpy(u, packed, sizeof(u));
    const uint32_t words[4] = { u[0] & 0x3f3f3f3f, (u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030),
                                u[1] & 0x3f3f3f3f, (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030) };
    memcpy(bytes, words, sizeof(words));
}

inline floats to_lanes(const uint16_t * halves) {
#if defined(THIMBLE_GEMV_512)
    return joined(to_floats(halves), to_floats(halves + 8));
#else
    return to_floats(halves);
#endif
}

// Products of up to 15 times a byte, summed for a sub-block, and then times its scale: below, sums of words are multiplied as they are.
using sum = sum_of_products<15>;
static_assert(sum::at_once == 8, "a sub-block's products fit");
#if defined(THIMBLE_GEMV_512)
inline lanes scaled(const sum & s, lanes scale) { return _mm512_mullo_epi32(s.whole(), scale); }
constexpr uint32_t scale_words = 1;
#elif defined(__AVXVNNI__)
inline lanes scaled(const sum & s, lanes scale) { return _mm256_mullo_epi32(s.whole(), scale); }
constexpr uint32_t scale_words = 1;
#else
inline lanes scaled(const sum & s, lanes scale) { return products_of_words(s.so_far, scale); }
constexpr uint32_t scale_words = 0x00010001; // twice
#endif

void lay_out(const q4_K_block * const * rows, int b, q4_K_tile & tile) {
    for (int part = 0; part < 8; part++) { // 16 bytes: half of a pair of sub-blocks
        lanes bytes[4];
        lay_out_bytes([&](int i) { return rows[i][b].qs + 16 * part; }, bytes);
        for (int j = 0; j < 4; j++) {
            const int at = part % 2 * 4 + j;
            tile.q[part / 2 * 2][at]     = low_nibbles(bytes[j]);
            tile.q[part / 2 * 2 + 1][at] = high_nibbles(bytes[j]);
        }
    }
    uint32_t scales[8][rows_of_tile], minimums[4][rows_of_tile];
    uint16_t d[rows_of_tile], d_min[rows_of_tile];
    for (int i = 0; i < rows_of_tile; i++) {
        uint8_t bytes[16];
        unpack_scales(rows[i][b].scales, bytes);
        for (int sub = 0; sub < 8; sub++) {
            scales[sub][i] = bytes[sub] * scale_words;
        }
        for (int pair = 0; pair < 4; pair++) {
            minimums[pair][i] = bytes[8 + 2 * pair] | (uint32_t) bytes[9 + 2 * pair] << 16;
        }
        d[i]     = rows[i][b].d;
        d_min[i] = rows[i][b].d_min;
    }
    for (int sub = 0; sub < 8; sub++) {
        tile.scales[sub] = load(scales[sub]);
    }
    for (int pair = 0; pair < 4; pair++) {
        tile.minimums[pair] = load(minimums[pair]);
    }
    tile.d     = to_lanes(d);
    tile.d_min = to_lanes(d_min);
}

template <int N> void products(int n_blocks, const q4_K_tile * tile, const q8_K_block * const * a, floats * sums) {
    floats minimum_sums[N];
    for (int t = 0; t < N; t++) {
        sums[t] = minimum_sums[t] = no_floats();
    }
    for (int b = 0; b < n_blocks; b++) {
        const q4_K_tile & block = tile[b];
        lanes products[N], minimums[N];
        for (int t = 0; t < N; t++) {
            products[t] = minimums[t] = no_lanes();
        }
        for (int sub = 0; sub < 8; sub++) {
            sum of_sub[N];
            for (int j = 0; j < 8; j++) {
                for (int t = 0; t < N; t++) {
                    of_sub[t].add(block.q[sub][j], everywhere_4(a[t][b].qs + 32 * sub + 4 * j));
                }
            }
            for (int t = 0; t < N; t++) {
                products[t] = add(products[t], scaled(of_sub[t], block.scales[sub]));
            }
        }
        for (int pair = 0; pair < 4; pair++) {
            for (int t = 0; t < N; t++) {
                const int16_t * s    = a[t][b].sums + 4 * pair;
                const int16_t both[] = { (int16_t) (s[0] + s[1]), (int16_t) (s[2] + s[3]) };
                minimums[t] = add(minimums[t], products_of_words(block.minimums[pair], everywhere_4(both)));
            }
        }
        for (int t = 0; t < N; t++) {
            const floats d_a = every_lane(a[t][b].d);
            sums[t]         = add_product(products[t], mul(block.d, d_a), sums[t]);
            minimum_sums[t] = add_product(minimums[t], mul(block.d_min, d_a), minimum_sums[t]);
        }
    }
    for (int t = 0; t < N; t++) {
        sums[t] = sub(sums[t], minimum_sums[t]);
    }
}

}  // namespace

bool gemm_q4_K_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    const int n_blocks = n / 256;
    thread_local std::vector<q4_K_tile> tile;
    tile.resize((size_t) n_blocks);
    for (int row = 0; row < n_rows; row += rows_of_tile) {
        const int          here = n_rows - row < rows_of_tile ? n_rows - row : rows_of_tile;
        const q4_K_block * rows[rows_of_tile];
        for (int i = 0; i < rows_of_tile; i++) {
            rows[i] = (const q4_K_block *) w + (int64_t) (row + (i < here ? i : here - 1)) * n_blocks;
        }
        for (int b = 0; b < n_blocks; b++) {
            lay_out(rows, b, tile[(size_t) b]);
        }
        for (int t = 0; t < n_tokens; t += at_once) {
            const q8_K_block * values[at_once];
            floats             sums[at_once];
            const int          some = n_tokens - t < at_once ? n_tokens - t : at_once;
            for (int i = 0; i < some; i++) {
                values[i] = (const q8_K_block *) a[t + i];
            }
            with_number<at_once>(some, [&](auto number) {
                products<decltype(number)::value>(n_blocks, tile.data(), values, sums);
            });
            for (int i = 0; i < some; i++) {
                store(out[t + i] + row, sums[i], here);
            }
        }
    }
    return true;
}

#elif !defined(THIMBLE_NEON)

bool gemm_q4_K_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }

#endif

}  // namespace thimble
