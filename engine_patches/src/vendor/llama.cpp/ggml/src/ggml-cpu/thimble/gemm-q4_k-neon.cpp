// Q4_K rows as in a file times the vectors of many tokens on 64-bit ARM with dotprod, as in gemm-nibbles-neon.cpp.

#include "q4_k-neon.h"

#include <vector>

namespace thimble {

#if defined(THIMBLE_NEON_DOT)

namespace {

constexpr int rows_of_tile = 4;
constexpr int at_once      = 4; // vectors

// 256 values of four rows, a lane for each
struct q4_K_tile {
    int8x16_t   q[8][8]; // of each sub-block, four values in a lane
    int32x4_t   scales[8];
    int32x4_t   minimums[8];
    float32x4_t d, d_min;
};

void lay_out(const q4_K_block * const * rows, int b, q4_K_tile & tile) {
    for (int part = 0; part < 8; part++) { // 16 bytes: half of a pair of sub-blocks
        uint8x16_t qs[4], columns[4];
        for (int i = 0; i < 4; i++) {
            qs[i] = vld1q_u8(rows[i][b].qs + 16 * part);
        }
        transpose(qs, columns);
        for (int j = 0; j < 4; j++) {
            const int at = part % 2 * 4 + j;
            tile.q[part / 2 * 2][at]     = vreinterpretq_s8_u8(vandq_u8(columns[j], vdupq_n_u8(15)));
            tile.q[part / 2 * 2 + 1][at] = vreinterpretq_s8_u8(vshrq_n_u8(columns[j], 4));
        }
    }
    const q4_K_scales scales(rows, b);
    for (int sub = 0; sub < 8; sub++) {
        tile.scales[sub]   = scales.scale(sub);
        tile.minimums[sub] = scales.minimum(sub);
    }
    tile.d     = scales.d;
    tile.d_min = scales.d_min;
}

template <int N> void products(int n_blocks, const q4_K_tile * tiles, const q8_K_block * const * a, float (*sums)[rows_of_tile]) {
    q4_K_sum sum[N];
    for (int b = 0; b < n_blocks; b++) {
        const q4_K_tile & tile = tiles[b];
        float32x4_t d[N];
        int32x4_t   minimums[N];
        for (int t = 0; t < N; t++) {
            int16_t of_values[8];
            sub_block_sums(a[t][b], of_values);
            minimums[t] = vdupq_n_s32(0);
            for (int sub = 0; sub < 8; sub++) {
                minimums[t] = vmlaq_n_s32(minimums[t], tile.minimums[sub], of_values[sub]);
            }
            d[t] = vmulq_n_f32(tile.d, a[t][b].d);
        }
        for (int sub = 0; sub < 8; sub += 2) {
            for (int t = 0; t < N; t++) {
                const auto scaled = [&](int s) {
                    const int8_t * values = a[t][b].qs + 32 * s;
                    const int32x4_t half  = add_16(vdupq_n_s32(0), tile.q[s], vld1q_s8(values));
                    return vmulq_s32(add_16(half, tile.q[s] + 4, vld1q_s8(values + 16)), tile.scales[s]);
                };
                sum[t].add(scaled(sub), scaled(sub + 1), d[t]);
            }
        }
        for (int t = 0; t < N; t++) {
            sum[t].finish_block(minimums[t], d[t], vmulq_n_f32(tile.d_min, a[t][b].d));
        }
    }
    for (int t = 0; t < N; t++) {
        vst1q_f32(sums[t], sum[t].so_far);
    }
}

}  // namespace

bool gemm_q4_K_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    const int n_blocks = n / 256;
    thread_local std::vector<q4_K_tile> tiles; // of the thread, for its next call, too
    tiles.resize((size_t) n_blocks);
    for (int row = 0; row < n_rows; row += rows_of_tile) {
        const int          here = n_rows - row < rows_of_tile ? n_rows - row : rows_of_tile;
        const q4_K_block * rows[rows_of_tile];
        for (int i = 0; i < rows_of_tile; i++) {
            rows[i] = (const q4_K_block *) w + (int64_t) (row + (i < here ? i : here - 1)) * n_blocks;
        }
        for (int b = 0; b < n_blocks; b++) {
            lay_out(rows, b, tiles[(size_t) b]);
        }
        for (int t = 0; t < n_tokens; t += at_once) {
            const q8_K_block * values[at_once];
            float              sums[at_once][rows_of_tile];
            const int          some = n_tokens - t < at_once ? n_tokens - t : at_once;
            for (int i = 0; i < at_once; i++) {
                values[i] = (const q8_K_block *) a[t + (i < some ? i : some - 1)];
            }
            if (some == 1) {
                products<1>(n_blocks, tiles.data(), values, sums);
            } else {
                products<at_once>(n_blocks, tiles.data(), values, sums);
            }
            for (int i = 0; i < some; i++) {
                memcpy(out[t + i] + row, sums[i], (size_t) here * sizeof(float));
            }
        }
    }
    return true;
}

#elif defined(THIMBLE_NEON)

bool gemm_q4_K_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }

#endif

}  // namespace thimble
