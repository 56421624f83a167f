#pragma once

// Experts whose down matrix has one row for each neuron ([n_out, n_hidden] in ggml's order, GGML_TENSOR_FLAG_ROWS): the files of
// SmallThinker's authors. The output is a sum of rows, and those of neurons that are switched off are left out, which changes
// nothing: their factor is zero.

#include "ggml.h"

#include <cstddef>
#include <cstdint>

namespace ggml::cpu { class tensor_traits; }

namespace thimble {

bool has_down_rows(const ggml_tensor * down);

// The columns that a thread takes at once when one token's output is computed.
int64_t down_rows_chunk(const ggml_tensor * down, int n_threads);

// A thread's own room for down_rows_sum, bytes
size_t down_rows_room(const ggml_tensor * down);

// out[begin…end] = those columns of one expert's output for one token. `matrix` are the expert's rows, `hidden` its n_hidden
// values, of which n_active at the places `active` are not zero. begin is a multiple of the chunk.
void down_rows_sum(const ggml_tensor * down, const char * matrix, const float * hidden, const int32_t * active, int n_active,
                   int64_t begin, int64_t end, float * out, void * room);

// of a node of thimble_moe_down_rows; null for other custom nodes
ggml::cpu::tensor_traits * down_rows_traits_of(const ggml_tensor * op);

}  // namespace thimble
