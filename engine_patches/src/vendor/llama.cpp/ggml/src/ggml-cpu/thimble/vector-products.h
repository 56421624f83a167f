#pragma once

// Nodes that multiply matrices with one and the same vector (Q, K and V; gate and up of a dense layer; or one alone), computed
// together: every thread quantizes the vector for itself and takes rows as it has time. Upstream's MUL_MAT has two barriers a
// node; these have one for all, the one behind every node.

#include "ggml.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef  __cplusplus
extern "C" {
#endif

struct ggml_cgraph;
struct ggml_compute_params;

// The index of the last of the nodes that are computed together with node_n, itself at least; -1: it is not such a node.
int thimble_products_last(const struct ggml_cgraph * cgraph, int node_n);

// By every thread. `next_chunk` is 0 before the first of them comes.
void thimble_products_compute(const struct ggml_compute_params * params, const struct ggml_cgraph * cgraph, int node_n, int last,
                              int (*next_chunk)(void * counter), void * counter);

// of the work buffer, for a node or any group it begins
size_t thimble_products_work_size(const struct ggml_tensor * node, int n_threads);

#ifdef  __cplusplus
}
#endif
