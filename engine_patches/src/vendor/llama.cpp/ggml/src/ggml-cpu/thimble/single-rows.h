#pragma once

// How kernels for single rows go through them: eight at a time, wherever they are, and the next eight are known meanwhile. Rows are
// too short for the processor to find out by itself where the next are.

#include <cstdint>

namespace thimble {

constexpr int rows_at_once = 8;

inline void fetch(const void * line) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(line);
#else
    (void) line;
#endif
}

// out[rows[i]] = the sum of row rows[i] of w (null: row i), n_blocks blocks of the type B each. eight(row, next, sums) computes eight
// of them; rows that are missing at the end are the last one again.
template <typename B, typename F>
void for_eight_rows(const void * w, int n_blocks, const int32_t * rows, int n_rows, float * out, F eight) {
    const auto number = [&](int at) { const int i = at < n_rows ? at : n_rows - 1; return rows ? rows[i] : i; };
    const auto row_at = [&](int at) { return (const B *) w + (int64_t) number(at) * n_blocks; };
    const B *  of_row[2 * rows_at_once]; // the next ones, too
    for (int i = 0; i < rows_at_once && n_rows > 0; i++) {
        of_row[rows_at_once + i] = row_at(i);
    }
    for (int at = 0; at < n_rows; at += rows_at_once) {
        float sums[rows_at_once];
        for (int i = 0; i < rows_at_once; i++) {
            of_row[i]                = of_row[rows_at_once + i];
            of_row[rows_at_once + i] = row_at(at + rows_at_once + i);
        }
        eight(of_row, of_row + rows_at_once, sums);
        for (int i = 0; i < rows_at_once && at + i < n_rows; i++) {
            out[number(at + i)] = sums[i];
        }
    }
}

}  // namespace thimble
