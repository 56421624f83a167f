// Rows as in a file times the vectors of many tokens on 64-bit ARM with dotprod, as in gemm-nibbles.cpp: four rows are laid out once,
// a lane for each, and meet every vector.

#include "nibbles-neon.h"

#include <vector>

namespace thimble {

#if defined(THIMBLE_NEON_DOT)

namespace {

constexpr int rows_of_tile   = 4;
constexpr int tiles_together = 2;
constexpr int rows_together  = rows_of_tile * tiles_together;
constexpr int at_once        = 4; // vectors

struct tile_block {
    int8x16_t   q[8]; // numbers 0…31, four in a lane; a lane for each row
    float32x4_t d;
};

// Block b of four rows.
template <typename L> void lay_out(const L & layout, const typename L::block * const * rows, int b, tile_block & tile) {
    uint8x16_t qs[4], columns[4];
    for (int i = 0; i < 4; i++) {
        qs[i] = vld1q_u8(rows[i][b].qs);
    }
    transpose(qs, columns);
    const int8x16_t base = vdupq_n_s8(L::base);
    for (int j = 0; j < 4; j++) {
        tile.q[j]     = vsubq_s8(layout.low_halves(columns[j]), base);
        tile.q[j + 4] = vsubq_s8(layout.high_halves(columns[j]), base);
    }
    tile.d = layout.scales(rows, b);
}

// N vectors and two tiles.
template <int N, typename L>
void products(int n_blocks, const tile_block * tiles, const q8_0_block * const * a, float (*sums)[rows_together]) {
    float32x4_t acc[N][tiles_together];
    for (auto & of_vector : acc) {
        of_vector[0] = of_vector[1] = vdupq_n_f32(0);
    }
    for (int b = 0; b < n_blocks; b++) {
        for (int t = 0; t < N; t++) {
            const int8x16_t a_0 = vld1q_s8(a[t][b].qs), a_16 = vld1q_s8(a[t][b].qs + 16);
            const float     d_a = to_float(a[t][b].d);
            for (int i = 0; i < tiles_together; i++) {
                const tile_block & tile = tiles[b * tiles_together + i];
                const int32x4_t    sum  = add_16(add_16(vdupq_n_s32(0), tile.q, a_0), tile.q + 4, a_16);
                acc[t][i] = L::add(acc[t][i], vmulq_n_f32(tile.d, d_a), vcvtq_f32_s32(sum));
            }
        }
    }
    for (int t = 0; t < N; t++) {
        vst1q_f32(sums[t], acc[t][0]);
        vst1q_f32(sums[t] + rows_of_tile, acc[t][1]);
    }
}

template <typename L>
bool product(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    using block = typename L::block;
    const int n_blocks = n / 32;
    const L   layout;
    thread_local std::vector<tile_block> tiles; // of the thread, for its next call, too
    tiles.resize((size_t) n_blocks * tiles_together);
    for (int row = 0; row < n_rows; row += rows_together) {
        const int     here = n_rows - row < rows_together ? n_rows - row : rows_together;
        const block * rows[rows_together];
        for (int i = 0; i < rows_together; i++) {
            rows[i] = (const block *) w + (int64_t) (row + (i < here ? i : here - 1)) * n_blocks;
        }
        for (int b = 0; b < n_blocks; b++) {
            lay_out(layout, rows, b, tiles[(size_t) b * tiles_together]);
            lay_out(layout, rows + rows_of_tile, b, tiles[(size_t) b * tiles_together + 1]);
        }
        for (int t = 0; t < n_tokens; t += at_once) {
            const q8_0_block * values[at_once];
            float              sums[at_once][rows_together];
            const int          some = n_tokens - t < at_once ? n_tokens - t : at_once;
            for (int i = 0; i < at_once; i++) {
                values[i] = (const q8_0_block *) a[t + (i < some ? i : some - 1)];
            }
            if (some == 1) {
                products<1, L>(n_blocks, tiles.data(), values, sums);
            } else {
                products<at_once, L>(n_blocks, tiles.data(), values, sums);
            }
            for (int i = 0; i < some; i++) {
                memcpy(out[t + i] + row, sums[i], (size_t) here * sizeof(float));
            }
        }
    }
    return true;
}

}  // namespace

bool gemm_q4_0_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<q4_0_rows>(n, w, n_rows, a, out, n_tokens);
}

bool gemm_iq4_nl_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<iq4_nl_rows>(n, w, n_rows, a, out, n_tokens);
}

bool gemm_mxfp4_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens) {
    return product<mxfp4_rows>(n, w, n_rows, a, out, n_tokens);
}

#elif defined(THIMBLE_NEON)

bool gemm_q4_0_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }
bool gemm_iq4_nl_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }
bool gemm_mxfp4_rows(int, const void *, int, const void * const *, float * const *, int) { return false; }

#endif

}  // namespace thimble
