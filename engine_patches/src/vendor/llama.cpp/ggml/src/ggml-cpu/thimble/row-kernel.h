#pragma once

// How rows of one matrix are multiplied with one vector: by a kernel for interleaved rows, or row by row by ggml's own. The same
// kernels as upstream's MUL_MAT and MUL_MAT_ID use for one row of activations, so the bits are theirs.

#include "ggml-cpu.h"
#include "ggml.h"
#include "thimble-paged.h"

#include <cstring>

namespace thimble {

constexpr int rows_together = 16; // of a chunk a multiple: vector loops and interleaved rows must meet the same rows as upstream's

struct row_kernel {
    ggml_type         values;        // what the vector has to be
    ggml_from_float_t from_float;
    repacked_product  repacked;      // of interleaved rows, or
    ggml_vec_dot_t    dot = nullptr; // of a row
    int64_t           n;
    size_t            row_bytes;
    const single_row_kernels * single; // of several rows as in the file, or null

    row_kernel(const ggml_tensor * matrix, ggml::cpu::tensor_traits * repack, const single_row_kernels * single = nullptr)
        : repacked(repacked_product_of(repack)), n(matrix->ne[0]), row_bytes(matrix->nb[1]), single(single) {
        if (repacked.product) {
            values = repacked.values;
        } else {
            const ggml_type_traits_cpu * traits = ggml_get_type_traits_cpu(matrix->type);
            values = traits->vec_dot_type;
            dot    = traits->vec_dot;
            if (!this->single) {
                this->single = dot_rows(matrix);
            }
        }
        from_float = ggml_get_type_traits_cpu(values)->from_float;
    }

    size_t vector_bytes() const { return ggml_row_size(values, n); }

    void take(const float * from, void * to) const {
        if (values == GGML_TYPE_F32) {
            memcpy(to, from, (size_t) n * sizeof(float));
        } else {
            from_float(from, to, n);
        }
    }

    void rows(const char * matrix, const void * vector, int64_t begin, int64_t end, float * out) const {
        if (single) {
            single->product((int) n, out, matrix + begin * (int64_t) row_bytes, vector, nullptr, (int) (end - begin));
            return;
        }
        if (repacked.product) {
            repacked.product((int) n, out, 0, matrix + begin * (int64_t) row_bytes, vector, 1, (int) (end - begin));
            return;
        }
        for (int64_t row = begin; row < end; row++) {
            one_row(matrix, vector, row, out + (row - begin));
        }
    }

    // whether rows can be computed one by one
    bool some() const { return single || !repacked.product; }

    // out[which[i]] = row which[i]
    void some_rows(const char * matrix, const void * vector, const int32_t * which, int n_rows, float * out) const {
        if (single) {
            single->product((int) n, out, matrix, vector, which, n_rows);
            return;
        }
        for (int i = 0; i < n_rows; i++) {
            one_row(matrix, vector, which[i], out + which[i]);
        }
    }

    void one_row(const char * matrix, const void * vector, int64_t row, float * out) const {
        dot((int) n, out, 0, matrix + row * (int64_t) row_bytes, 0, vector, 0, 1);
    }
};

// rows of a chunk when n_rows are cut into about so many
inline int64_t chunk_rows(int64_t n_rows, int n_chunks) {
    const int64_t rows = (n_rows + n_chunks - 1) / n_chunks;
    return (rows + rows_together - 1) / rows_together * rows_together;
}

inline size_t padded(size_t bytes) {
    constexpr size_t line = 128; // no two threads write to one
    return (bytes + line - 1) / line * line;
}

}  // namespace thimble
