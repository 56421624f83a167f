#include "thimble-paged.h"

#include "ggml-backend-impl.h"
#include "ggml-cpu-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "gemv.h"
#include "lm-head.h"
#include "moe-down-rows.h"
#include "paged-store.h"
#include "vec.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <vector>

namespace thimble {

namespace {

// A layer's router, as the graph builder has shown it.
struct layer_router {
    std::atomic<const ggml_tensor *> gate { nullptr };
    std::atomic<const ggml_tensor *> gate_b { nullptr };
    std::atomic<const ggml_tensor *> probs_b { nullptr };
};

// tensor->extra of a paged tensor
struct paged_tensor {
    expert_matrix *            matrix = nullptr; // null until the loader has bound it
    layer_router *             router = nullptr; // of its layer
    std::atomic<const layer_router *> next { nullptr }; // of the next layer with experts; null: none, or not looked up
    ggml::cpu::tensor_traits * repack = nullptr; // null: no kernel for re-arranged matrices is used
    const single_row_kernels * single = nullptr; // with it: rows are as in the file all the same
};

// Addresses of the nominal size that fault when touched: whoever goes past the store does not compute on garbage.
struct paged_buffer {
    void * base;
    size_t size;
    std::vector<std::unique_ptr<paged_tensor>> tensors;
};

class paged_buffer_type : public ggml::cpu::extra_buffer_type {
  public:
    explicit paged_buffer_type(std::unique_ptr<expert_store> s) : store(std::move(s)) {}

    bool supports_op(ggml_backend_dev_t, const ggml_tensor * op) override {
        return (op->op == GGML_OP_MUL_MAT_ID && op->src[0]->buffer && thimble_is_paged_buft(op->src[0]->buffer->buft) &&
                op->src[1]->type == GGML_TYPE_F32) || op->op == GGML_OP_CUSTOM;
    }

    ggml::cpu::tensor_traits * get_tensor_traits(const ggml_tensor * op) override { return paged_traits(op); }

    std::unique_ptr<expert_store>    store;
    std::map<uint32_t, layer_router> routers; // by layer; complete when the model is loaded
};

const char * get_name(ggml_backend_buffer_type_t) {
    return "CPU_PAGED";
}

size_t get_alignment(ggml_backend_buffer_type_t) {
    return 64;
}

expert_store & store_of(ggml_backend_buffer_type_t buft) {
    return *static_cast<paged_buffer_type *>(buft->context)->store;
}

paged_tensor * paged(const ggml_tensor * tensor) {
    return tensor->buffer && thimble_is_paged_buft(tensor->buffer->buft) ? static_cast<paged_tensor *>(tensor->extra)
                                                                         : nullptr;
}

void free_buffer(ggml_backend_buffer_t buffer) {
    auto * context = static_cast<paged_buffer *>(buffer->context);
    memory::release(context->base, context->size);
    delete context;
}

void * get_base(ggml_backend_buffer_t buffer) {
    return static_cast<paged_buffer *>(buffer->context)->base;
}

ggml_status init_tensor(ggml_backend_buffer_t buffer, ggml_tensor * tensor) {
    auto * context = static_cast<paged_buffer *>(buffer->context);
    context->tensors.push_back(std::make_unique<paged_tensor>());
    tensor->extra = context->tensors.back().get();
    return GGML_STATUS_SUCCESS;
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor * tensor, const void *, size_t, size_t) {
    GGML_ABORT("%s: a paged tensor is bound to its file, not set", tensor->name);
}

void get_tensor(ggml_backend_buffer_t, const ggml_tensor * tensor, void *, size_t, size_t) {
    GGML_ABORT("%s: a paged tensor cannot be read as a whole", tensor->name);
}

void clear(ggml_backend_buffer_t, uint8_t) {}

const ggml_backend_buffer_i buffer_interface = {
    /* .free_buffer   = */ free_buffer,
    /* .get_base      = */ get_base,
    /* .init_tensor   = */ init_tensor,
    /* .memset_tensor = */ nullptr,
    /* .set_tensor    = */ set_tensor,
    /* .get_tensor    = */ get_tensor,
    /* .set_tensor_2d = */ nullptr,
    /* .get_tensor_2d = */ nullptr,
    /* .cpy_tensor    = */ nullptr,
    /* .clear         = */ clear,
    /* .reset         = */ nullptr,
};

ggml_backend_buffer_t alloc_buffer(ggml_backend_buffer_type_t buft, size_t size) {
    const size_t room = size + memory::page;
    void *       base = memory::reserve(room);
    if (!base) {
        return nullptr;
    }
    return ggml_backend_buffer_init(buft, buffer_interface, new paged_buffer { base, room, {} }, size);
}

// What the next layer's router would select if its input were this one's: what attention and experts add in between
// changes the first choices rarely.
void guess(const paged_tensor & t, const float * input) {
    expert_store &      store = *t.matrix->store;
    const layer_router * next = t.next.load(std::memory_order_relaxed);
    const ggml_tensor *  gate = next ? next->gate.load(std::memory_order_acquire) : nullptr;
    if (!gate || !store.wants_guess(*t.matrix)) {
        return;
    }
    const ggml_tensor * gate_b  = next->gate_b.load(std::memory_order_relaxed);
    const ggml_tensor * probs_b = next->probs_b.load(std::memory_order_relaxed);
    float scores[max_experts];
    for (int64_t e = 0; e < gate->ne[1]; e++) {
        ggml_vec_dot_f32((int) gate->ne[0], &scores[e], 0, (const float *) ((const char *) gate->data + e * gate->nb[1]),
                         0, input, 0, 1);
        if (gate_b) {
            scores[e] += ((const float *) gate_b->data)[e];
        }
        if (probs_b) {
            scores[e] = 1 / (1 + expf(-scores[e])) + ((const float *) probs_b->data)[e];
        }
    }
    store.guess(*t.matrix, scores, (uint32_t) gate->ne[1]);
}

// ggml_custom2_op_t, in place: dst is `selected` by another name
void acquire(ggml_tensor * dst, const ggml_tensor *, const ggml_tensor * input, int ith, int, void * userdata) {
    if (ith != 0) {
        return;
    }
    const paged_tensor & t = *static_cast<const paged_tensor *>(userdata);
    t.matrix->store->acquire(*t.matrix, routes_of(dst));
    if (dst->ne[1] == 1 && input->ne[1] == 1) {
        guess(t, (const float *) input->data);
    }
}

bool is_plain(const ggml_tensor * t) {
    return !t || (t->type == GGML_TYPE_F32 && t->nb[0] == sizeof(float) && t->data && t->buffer &&
                  ggml_backend_buffer_is_host(t->buffer));
}

// Kernels for rows as in a file, one vector's and many's products; null: there are none for this processor, type or length.
const single_row_kernels * single_rows_of(const ggml_tensor * tensor) {
    static const std::map<ggml_type, single_row_kernels> kernels = {
        { GGML_TYPE_Q4_0,   { gemv_q4_0_single,   gemm_q4_0_rows   } },
        { GGML_TYPE_IQ4_NL, { gemv_iq4_nl_single, gemm_iq4_nl_rows } },
        { GGML_TYPE_MXFP4,  { gemv_mxfp4_single,  gemm_mxfp4_rows  } },
        { GGML_TYPE_Q4_K,   { gemv_q4_K_single,   gemm_q4_K_rows   } },
    };
    const int  n     = (int) tensor->ne[0];
    const auto found = kernels.find(tensor->type);
    return found != kernels.end() && found->second.product(n, nullptr, nullptr, nullptr, nullptr, 0) ? &found->second : nullptr;
}

int bind(ggml_tensor * tensor, uint32_t file, uint64_t offset, std::string & error) {
    paged_tensor * t = paged(tensor);
    if (!t) {
        return 0;
    }
    expert_store & store = store_of(tensor->buffer->buft);
    const uint32_t n     = (uint32_t) tensor->ne[2];
    const size_t   bytes = tensor->nb[2];

    // one expert's matrix, for the repack function: it writes to `data`
    ggml_tensor slice = *tensor;
    slice.ne[2]  = 1;
    slice.nb[3]  = slice.nb[2];
    slice.data   = nullptr;
    slice.extra  = nullptr;
    slice.buffer = nullptr;

    static const struct { const char * word; thimble_role role; } roles[] = {
        { "ffn_gate_up_exps", THIMBLE_ROLE_GATE_UP }, { "ffn_gate_exps", THIMBLE_ROLE_GATE },
        { "ffn_up_exps", THIMBLE_ROLE_UP }, { "ffn_down_exps", THIMBLE_ROLE_DOWN },
    };
    for (const auto & r : roles) {
        if (strstr(tensor->name, r.word) && store.wants_repack(r.role) && ggml_n_dims(tensor) == 3 && !has_down_rows(tensor)) {
            t->repack = repack_traits(tensor);
        }
    }
    if (t->repack && !single_rows_are_dots && !store.wants_interleaved()) {
        t->single = single_rows_of(tensor);
    }
    repack_fn repack;
    if (ggml::cpu::tensor_traits * traits = t->single ? nullptr : t->repack) {
        repack = [slice, traits, bytes](void * dst, const void * src) {
            ggml_tensor matrix = slice;
            matrix.data = dst;
            repack_matrix(traits, &matrix, src, bytes);
        };
    }
    t->matrix = store.bind(tensor->name, file, offset, bytes, n, std::move(repack), error);
    if (!t->matrix) {
        return -1;
    }
    t->router = &static_cast<paged_buffer_type *>(tensor->buffer->buft->context)->routers[t->matrix->layer];
    return 1;
}

}  // namespace

struct paged_store {
    explicit paged_store(std::unique_ptr<expert_store> store) : type(std::move(store)) {
        buft.iface = {
            /* .get_name       = */ get_name,
            /* .alloc_buffer   = */ alloc_buffer,
            /* .get_alignment  = */ get_alignment,
            /* .get_max_size   = */ nullptr,
            /* .get_alloc_size = */ nullptr,
            /* .is_host        = */ nullptr,
        };
        buft.device  = ggml_backend_reg_dev_get(ggml_backend_cpu_reg(), 0);
        buft.context = &type;
    }

    paged_buffer_type        type;
    ggml_backend_buffer_type buft;
};

paged_store * paged_store_new(std::unique_ptr<expert_store> store) {
    return new (std::nothrow) paged_store(std::move(store));
}

void paged_store_free(paged_store * store) {
    delete store;
}

expert_store & paged_store_get(paged_store * store) {
    return *store->type.store;
}

void * paged_store_buffer_type(paged_store * store) {
    return &store->buft;
}

ggml::cpu::tensor_traits * paged_traits(const ggml_tensor * op) {
    if (op->op == GGML_OP_CUSTOM) {
        for (const auto & traits_of : { moe_ffn_traits_of, down_rows_traits_of, lm_head_traits_of }) {
            if (auto * traits = traits_of(op)) {
                return traits;
            }
        }
        return nullptr;
    }
    return op->op == GGML_OP_MUL_MAT_ID ? paged_repack(op->src[0]) : nullptr;
}

expert_matrix * paged_matrix(const ggml_tensor * tensor) {
    const paged_tensor * t = paged(tensor);
    return t ? t->matrix : nullptr;
}

const single_row_kernels * paged_single(const ggml_tensor * tensor) {
    const paged_tensor * t = paged(tensor);
    return t ? t->single : nullptr;
}

const single_row_kernels * dot_rows(const ggml_tensor * matrix) {
    return single_rows_are_dots && matrix->nb[1] == ggml_row_size(matrix->type, matrix->ne[0]) ? single_rows_of(matrix) : nullptr;
}

bool multiply_rows(const ggml_tensor * src0, const char * rows, int64_t n, const void * const * vectors, float * const * out, int64_t n_tokens) {
    const single_row_kernels * single = paged_single(src0);
    if (!single) {
        return false;
    }
    const bool done = n_tokens == 1 ? single->product((int) src0->ne[0], out[0], rows, vectors[0], nullptr, (int) n)
                                    : single->many((int) src0->ne[0], rows, (int) n, vectors, out, (int) n_tokens);
    GGML_ASSERT(done);
    return true;
}

ggml::cpu::tensor_traits * paged_repack(const ggml_tensor * tensor) {
    const paged_tensor * t = paged(tensor);
    return t ? t->repack : nullptr;
}

route_ids routes_of(const ggml_tensor * ids) {
    GGML_ASSERT(ids->type == GGML_TYPE_I32 && ids->nb[0] == sizeof(int32_t));
    route_ids routes;
    routes.ids      = (const int32_t *) ids->data;
    routes.n_tokens = ids->ne[1];
    routes.n_used   = ids->ne[0];
    routes.stride   = ids->nb[1];
    return routes;
}

}  // namespace thimble

using thimble::walk;

static_assert(sizeof(walk) <= sizeof(thimble_walk::walk), "thimble_walk has room for a thimble::walk");

bool thimble_is_paged_buft(ggml_backend_buffer_type_t buft) {
    return buft->iface.get_name == thimble::get_name;
}

bool thimble_as_in_file(const ggml_tensor * tensor) {
    const thimble::paged_tensor * t = thimble::paged(tensor);
    return t && !t->repack;
}

const char * thimble_expert_data(const ggml_tensor * src0, int64_t expert) {
    if (const thimble::paged_tensor * t = thimble::paged(src0)) {
        return t->matrix->data(expert);
    }
    return (const char *) src0->data + expert * src0->nb[2];
}

void thimble_walk_prepare(const ggml_compute_params * params, const ggml_tensor * op, const int64_t * counts) {
    const thimble::paged_tensor * t = thimble::paged(op->src[0]);
    if (!t) {
        return;
    }
    t->matrix->store->begin(params->threadpool, *t->matrix, counts, params->nth, thimble::routes_of(op->src[2]),
                            thimble_threadpool_stops);
}

void thimble_walk_begin(thimble_walk * w, const ggml_compute_params * params, const ggml_tensor * op, const int64_t * counts) {
    const thimble::paged_tensor * t = thimble::paged(op->src[0]);
    w->counts = counts;
    w->n_as   = op->src[0]->ne[2];
    w->at     = -1;
    w->paged  = t != nullptr;
    if (t) {
        new (w->walk) walk(*t->matrix->store, params->threadpool);
    }
}

int64_t thimble_walk_next(thimble_walk * w) {
    if (w->paged) {
        return reinterpret_cast<walk *>(w->walk)->next();
    }
    while (++w->at < w->n_as) {
        if (w->counts[w->at] > 0) {
            return w->at;
        }
    }
    return -1;
}

void thimble_walk_end(thimble_walk * w) {
    if (w->paged) {
        reinterpret_cast<walk *>(w->walk)->~walk();
        w->paged = false;
    }
}

int thimble_paged_bind(ggml_tensor * tensor, uint32_t file, uint64_t offset, char * error, size_t error_size) {
    std::string text;
    const int   result = thimble::bind(tensor, file, offset, text);
    if (result < 0 && error_size) {
        snprintf(error, error_size, "%s", text.c_str());
    }
    return result;
}

ggml_tensor * thimble_moe_acquire(ggml_context * ctx, ggml_tensor * selected, const thimble_router * router) {
    thimble::paged_tensor * t = router->experts ? thimble::paged(router->experts) : nullptr;
    if (!t || !t->matrix) {
        return selected;
    }
    if (thimble::is_plain(router->gate) && thimble::is_plain(router->gate_b) && thimble::is_plain(router->probs_b)) {
        t->router->gate_b.store(router->gate_b, std::memory_order_relaxed);
        t->router->probs_b.store(router->probs_b, std::memory_order_relaxed);
        t->router->gate.store(router->gate, std::memory_order_release);
    }
    auto & routers = static_cast<thimble::paged_buffer_type *>(router->experts->buffer->buft->context)->routers;
    const auto next = routers.upper_bound(t->matrix->layer);
    t->next.store(next == routers.end() ? nullptr : &next->second, std::memory_order_relaxed);
    return ggml_map_custom2_inplace(ctx, selected, router->input, thimble::acquire, 1, t);
}
