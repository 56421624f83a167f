#pragma once

// Matrix times vector for weights in upstream's interleaved layouts, faster than upstream's kernels and bit for bit equal to
// them: sums of products of integers are exact, and the floating-point steps are the same in the same order. And the
// interleaving itself of Q4_0.
//
// No dependency on ggml: the layouts are repeated here. They are those of ggml's repack.h and ggml-common.h; checks of their
// sizes and tests against upstream's kernels would notice a change.
//
//     gemv-x86.h        what the x86 kernels share
//     nibbles-x86.h     how halves of bytes become numbers
//     gemv-nibbles.cpp  one vector and blocks of 32 values of 4 bits: Q4_0, IQ4_NL, MXFP4
//     gemv-q4_k.cpp     one vector and Q4_K
//     gemm-nibbles.cpp  many vectors, gemm-q4_k.cpp
//     …-neon            the same for 64-bit ARM: rows as in a file only
//     single-rows.h     how such rows are gone through

#include <cstddef>
#include <cstdint>

namespace thimble {

// 32 values with one scale, as block_q8_0
struct q8_0_block {
    uint16_t d; // half precision
    int8_t   qs[32];
};

// 256 values with one scale, as block_q8_K
struct q8_K_block {
    float   d;
    int8_t  qs[256];
    int16_t sums[16]; // of 16 values each
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

// the same with halves that are places in a table of values, as block_iq4_nlx8
using iq4_nlx8_block = q4_0x8_block;

// 32 values with one scale that is a power of two, as block_mxfp4
struct mxfp4_block {
    uint8_t e;
    uint8_t qs[16];
};

// as q4_0x8_block with such scales, as block_mxfp4x8: 2^(e - 128)
struct mxfp4x8_block {
    uint8_t e[8];
    uint8_t qs[128];
};

// 256 values in 8 sub-blocks of 32 with a scale and a minimum of 6 bits each, as block_q4_K: a pair of sub-blocks is 32 bytes of
// qs, the first in the low halves
struct q4_K_block {
    uint16_t d;
    uint16_t d_min;
    uint8_t  scales[12];
    uint8_t  qs[128];
};

// 256 values of each of 8 rows, as block_q4_Kx8, in 8 sub-blocks of 32 with a scale and a minimum of 6 bits for each row:
// scales are 12 bytes for each sub-block; qs are 256 bytes for each pair of sub-blocks, the first in the low halves: 8 bytes
// (values 0…7) of row 0, …, of row 7, then values 8…15, and so on
struct q4_Kx8_block {
    uint16_t d[8];
    uint16_t d_min[8];
    uint8_t  scales[96];
    uint8_t  qs[1024];
};

// out[i] = row i of w · a for n_rows (a multiple of 8) rows of n values. False, and nothing is done: there is nothing faster
// for this processor or these sizes.
bool gemv_q4_0_8x8  (int n, float * out, const void * w, const void * a, int n_rows);
bool gemv_iq4_nl_8x8(int n, float * out, const void * w, const void * a, int n_rows);
bool gemv_mxfp4_8x8 (int n, float * out, const void * w, const void * a, int n_rows);
bool gemv_q4_K_8x8  (int n, float * out, const void * w, const void * a, int n_rows);

// out[rows[i]] = row rows[i] of w · a, where the rows of w are as in a file: q4_0_block (of IQ4_NL, too), mxfp4_block, q4_K_block.
// Null for `rows`: the first n_rows. False as there. Bit-equal to the products above; on ARM to upstream's interleaved kernels there,
// or, where upstream has none (without dotprod), to its ggml_vec_dot: single_rows_are_dots.
bool gemv_q4_0_single  (int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows);
bool gemv_iq4_nl_single(int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows);
bool gemv_mxfp4_single (int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows);
bool gemv_q4_K_single  (int n, float * out, const void * w, const void * a, const int32_t * rows, int n_rows);

#if defined(__aarch64__) && !defined(__ARM_FEATURE_DOTPROD)
constexpr bool single_rows_are_dots = true;
#else
constexpr bool single_rows_are_dots = false;
#endif

// out[t][i] = row i of w · a[t] for n_rows rows as in a file and n_tokens vectors. Bit-equal to the products above. False as there, and
// where single rows are dots.
bool gemm_q4_0_rows  (int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens);
bool gemm_iq4_nl_rows(int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens);
bool gemm_mxfp4_rows (int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens);
bool gemm_q4_K_rows  (int n, const void * w, int n_rows, const void * const * a, float * const * out, int n_tokens);

// Rows of n_blocks blocks as in a file, n_rows a multiple of 8, become interleaved ones. False as above; `to` has to be a multiple of 16.
bool interleave_q4_0_8x8  (void * to, const void * from, int64_t n_rows, int64_t n_blocks);
bool interleave_iq4_nl_8x8(void * to, const void * from, int64_t n_rows, int64_t n_blocks);
bool interleave_mxfp4_8x8 (void * to, const void * from, int64_t n_rows, int64_t n_blocks);
bool interleave_q4_K_8x8  (void * to, const void * from, int64_t n_rows, int64_t n_blocks);

}  // namespace thimble
