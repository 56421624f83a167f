#pragma once

// Matrix times vector for weights in upstream's interleaved layouts, faster than upstream's kernels and bit for bit equal to
// them: sums of products of integers are exact, and the floating-point steps are the same in the same order. And the
// interleaving itself, which upstream does byte by byte.
//
// No dependency on ggml: the layouts are repeated here. They are those of ggml's repack.h and ggml-common.h, where
// gemv.cpp's checks of their sizes would notice a change.

#include <cstddef>
#include <cstdint>

namespace thimble {

// 32 values with one scale, as block_q8_0
struct q8_0_block {
    uint16_t d; // half precision
    int8_t   qs[32];
};

// 32 values with one scale: value i in the low half of byte i, value i + 16 in the high one, both plus 8
struct q4_0_block {
    uint16_t d; // half precision
    uint8_t  qs[16];
};

// 32 values of each of 8 rows, as block_q4_0x8: 8 bytes of row 0 (values 0…7 in the low halves, 16…23 in the high ones), of
// row 1, …, of row 7, then the same for values 8…15 and 24…31; halves are two's complement
struct q4_0x8_block {
    uint16_t d[8];
    uint8_t  qs[128];
};

// s[i] = row i of w · a for nc rows of n values. False, and nothing is done: there is nothing faster for this processor
// or these sizes.
bool gemv_q4_0_8x8(int n, float * s, const void * w, const void * a, int nc);

// Rows of n_blocks q4_0_block each, n_rows a multiple of 8, become q4_0x8_block. False as above.
bool interleave_q4_0_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks);

}  // namespace thimble
