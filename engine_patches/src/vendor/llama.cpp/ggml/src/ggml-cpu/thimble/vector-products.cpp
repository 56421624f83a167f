#include "vector-products.h"

#include "ggml-backend-impl.h"
#include "ggml-cpu-impl.h"
#include "ggml-impl.h"
#include "repack.h"
#include "row-kernel.h"

#include <algorithm>

namespace thimble {

namespace {

constexpr int max_together  = 4;
constexpr int chunks_wanted = 8; // for each thread, of all matrices together

// The layout of a matrix that lies in memory of the CPU, in `repack`; false: upstream knows better what to do with it.
bool layout_of(const ggml_tensor * matrix, ggml::cpu::tensor_traits *& repack) {
    const ggml_tensor * owner  = matrix->view_src ? matrix->view_src : matrix;
    const auto *        buffer = owner->buffer;
    if (!buffer) {
        return false;
    }
    if (buffer->buft == ggml_backend_cpu_repack_buffer_type()) {
        repack = matrix->view_src ? nullptr : static_cast<ggml::cpu::tensor_traits *>(matrix->extra);
        return repack && repacked_product_of(repack).product;
    }
    repack = nullptr;
    return ggml_backend_buft_is_host(buffer->buft) && !matrix->extra && ggml_get_type_traits_cpu(matrix->type)->vec_dot;
}

bool is_product(const ggml_tensor * node) {
    if (node->op != GGML_OP_MUL_MAT || !(node->flags & GGML_TENSOR_FLAG_COMPUTE)) {
        return false;
    }
    const ggml_tensor * matrix = node->src[0];
    const ggml_tensor * vector = node->src[1];
    ggml::cpu::tensor_traits * repack;
    // a weight: what is computed could lie where the output of another of the group goes
    const bool weight = (matrix->view_src ? matrix->view_src : matrix)->op == GGML_OP_NONE;
    return weight && !ggml_is_empty(node) && vector->type == GGML_TYPE_F32 && node->type == GGML_TYPE_F32 && ggml_nrows(vector) == 1 && ggml_n_dims(matrix) == 2 &&
           matrix->nb[0] == ggml_type_size(matrix->type) && vector->nb[0] == sizeof(float) &&
           ggml_get_op_params_i32(node, 1) != GGML_HINT_SRC0_IS_HADAMARD && layout_of(matrix, repack);
}

// A thread's room for the vector as one kernel wants it; F32 is used where it is.
size_t vector_room(int64_t n) {
    return padded(ggml_row_size(GGML_TYPE_F16, n)); // blocks of 8 bits are smaller
}

struct product {
    const ggml_tensor * matrix;
    float *             out;
    row_kernel          kernel;
    int64_t             n_chunks = 0;
    const void *        values   = nullptr; // the vector as the kernel wants it

    explicit product(const ggml_tensor * node) : matrix(node->src[0]), out((float *) node->data), kernel(matrix, repack_of(matrix)) {}

    static ggml::cpu::tensor_traits * repack_of(const ggml_tensor * matrix) {
        ggml::cpu::tensor_traits * repack = nullptr;
        layout_of(matrix, repack);
        return repack;
    }
};

}  // namespace

}  // namespace thimble

int thimble_products_last(const ggml_cgraph * cgraph, int node_n) {
    using namespace thimble;
    const ggml_tensor * first = cgraph->nodes[node_n];
    if (!is_product(first)) {
        return -1;
    }
    int last = node_n;
    int n    = 1;
    for (int i = node_n + 1; i < cgraph->n_nodes && n < max_together; i++) {
        const ggml_tensor * node = cgraph->nodes[i];
        if (node->op == GGML_OP_MUL_MAT) {
            if (node->src[1] != first->src[1] || !is_product(node)) {
                break;
            }
            last = i;
            n++;
        } else if (node->op != GGML_OP_RESHAPE && node->op != GGML_OP_VIEW && node->op != GGML_OP_PERMUTE && node->op != GGML_OP_TRANSPOSE) {
            break;
        }
    }
    return last;
}

size_t thimble_products_work_size(const ggml_tensor * node, int n_threads) {
    return node->src[1]->type == GGML_TYPE_F32 && ggml_nrows(node->src[1]) == 1
        ? (size_t) n_threads * thimble::max_together * thimble::vector_room(node->src[1]->ne[0]) : 0;
}

void thimble_products_compute(const ggml_compute_params * params, const ggml_cgraph * cgraph, int node_n, int last,
                              int (*next_chunk)(void * counter), void * counter) {
    using namespace thimble;
    alignas(product) char room[max_together * sizeof(product)];
    product * products = (product *) room;
    int       n        = 0;
    int64_t   n_rows   = 0;
    for (int i = node_n; i <= last; i++) {
        if (cgraph->nodes[i]->op == GGML_OP_MUL_MAT) {
            new (&products[n++]) product(cgraph->nodes[i]);
            n_rows += cgraph->nodes[i]->src[0]->ne[1];
        }
    }
    const float * vector = (const float *) cgraph->nodes[node_n]->src[1]->data;
    const size_t  room_of_one = vector_room(products[0].kernel.n);
    GGML_ASSERT((size_t) params->nth * max_together * room_of_one <= params->wsize);
    char *        own  = (char *) params->wdata + (size_t) (params->ith * max_together) * room_of_one;
    const int64_t rows = chunk_rows(n_rows, params->nth * chunks_wanted);
    for (int i = 0; i < n; i++) {
        product & p = products[i];
        p.n_chunks  = (p.matrix->ne[1] + rows - 1) / rows;
        if (p.kernel.values == GGML_TYPE_F32) {
            p.values = vector;
            continue;
        }
        for (int before = 0; before < i && !p.values; before++) {
            if (products[before].kernel.values == p.kernel.values) {
                p.values = products[before].values;
            }
        }
        if (!p.values) {
            GGML_ASSERT(p.kernel.vector_bytes() <= room_of_one);
            char * to = own + (size_t) i * room_of_one;
            p.kernel.take(vector, to);
            p.values = to;
        }
    }
    int     at    = 0;
    int64_t begun = 0; // chunks of the products before `at`
    for (int64_t chunk; (chunk = next_chunk(counter)), true;) {
        while (at < n && chunk - begun >= products[at].n_chunks) {
            begun += products[at++].n_chunks;
        }
        if (at == n) {
            return;
        }
        const product & p     = products[at];
        const int64_t   begin = (chunk - begun) * rows;
        const int64_t   end   = std::min(begin + rows, p.matrix->ne[1]);
        p.kernel.rows((const char *) p.matrix->data, p.values, begin, end, p.out + begin);
    }
}
