#pragma once

// Sums of a matrix's rows, each multiplied with a factor, for matrices that have one row for each neuron: rows of neurons that
// are switched off need not even be read. Every column is added up in the order of the rows, each step one fused
// multiply-add where the processor has it, so neither the kernel nor the number of threads changes a bit.
//
// No dependency on ggml, as in gemv.h.

#include <cstddef>
#include <cstdint>

namespace thimble {

// The places of the factors that are not zero (NaN counts as one that is not); how many. `active` has room for n.
int not_zero(const float * factors, int n, int32_t * active);

// out[c] += sum of factors[j] · row j [c] for the n_active rows j of `active`, in that order. Rows are row_bytes apart; `rows` is
// the first column of row 0; n_columns is a multiple of 32.
void add_rows_q4_0(const void * rows, size_t row_bytes, const float * factors, const int32_t * active, int n_active,
                   int64_t n_columns, float * out);

// The same for all of n_rows (at most 64) rows whose factor is not zero; n_columns is a multiple of 16.
void add_rows_f32(const float * rows, size_t row_floats, const float * factors, int n_rows, int64_t n_columns, float * out);

// n values of Q4_0 (a multiple of 32) as floats, which is exact
void floats_of_q4_0(const void * from, float * to, int64_t n);

}  // namespace thimble
