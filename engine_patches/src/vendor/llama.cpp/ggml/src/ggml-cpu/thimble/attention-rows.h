#pragma once

// Rows of queries that share their keys and values (the heads of a group, the tokens of a batch) go through these together, a
// block that fits in the first cache at a time. Upstream streams all keys and values from memory once for each row. Every row
// meets the same positions in the same order with the same operations, so it gets upstream's bits.

#include "ggml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef  __cplusplus
extern "C" {
#endif

struct ggml_compute_params;

// Of the work buffer, behind what upstream's kernel uses.
size_t thimble_attention_work_size(const struct ggml_tensor * node, int n_threads);

// The rows ir0 to ir1 of a FLASH_ATTN_EXT node over the positions ic_start to ic_end, as upstream's one_chunk; the work buffer
// behind `used` floats is ours. False: nothing was done, because no two rows share keys.
bool thimble_attention_rows(const struct ggml_compute_params * params, struct ggml_tensor * dst, int64_t ir0, int64_t ir1,
                            int64_t ic_start, int64_t ic_end, float * partials, int64_t partial_stride, size_t used);

#ifdef  __cplusplus
}
#endif
