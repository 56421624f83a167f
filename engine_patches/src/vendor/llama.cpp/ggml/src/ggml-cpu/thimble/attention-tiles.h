#pragma once

// The parts of upstream's tiled flash attention (prompts) that it goes through one number at a time, and that took a third of
// its time: turning a tile of keys over, the mask, the highest score of a row. Nothing in them rounds, so the bits stay.

#include <stdbool.h>
#include <stddef.h>

#ifdef  __cplusplus
extern "C" {
#endif

// out[d*stride_out + i] = key i's value d (F16 if `half`, else F32); `row_bytes` from one key to the next. How many keys are done: all, or none where
// there is no kernel for it.
int thimble_tile_keys(float * out, int stride_out, const char * keys, size_t row_bytes, bool half, int n_keys, int n_values);

// out[t*n + i] = slope * the mask of row t's position i; `visible` becomes true when one of them is not -INFINITY. How many rows
// are done: all, or none.
int thimble_tile_mask(float * out, const char * mask, size_t row_bytes, int n_rows, int n, float slope, bool * visible);

float thimble_tile_max(const float * x, int n);

#ifdef  __cplusplus
}
#endif
