// What the KV cache of a context takes, by kind of layer, and the rows of its window layers by position.
//
// Window layers drop what has left their window. A caller that may have to go back keeps those rows itself, before they
// are overwritten, and puts back what is missing. One row is the keys and values of one position: for each window layer
// its K and its V, as they are stored.
//
// All functions use one sequence of a cache with one stream, and must not run beside llama_decode of the same context.

#include "llama.h"

#include "llama-batch.h"
#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-memory-hybrid-iswa.h"
#include "llama-memory-hybrid.h"
#include "llama-model.h"

#include <algorithm>
#include <cstring>
#include <vector>

extern "C" {

struct thimble_kv_sizes {
    uint64_t window_bytes;    // keys and values of layers that see a window
    uint64_t global_bytes;    // of layers that see everything
    uint64_t recurrent_bytes; // states of layers without keys and values
    uint64_t full_bytes;      // keys and values, if every layer saw everything
    uint32_t window_cells;    // tokens that a window layer has room for; 0 without such layers
    uint32_t global_cells;
    uint32_t window_layers;
    uint32_t global_layers;
};

LLAMA_API bool     thimble_kv_get_sizes (const llama_context * ctx, thimble_kv_sizes * sizes);
LLAMA_API size_t   thimble_kv_row_bytes (const llama_context * ctx);
LLAMA_API llama_pos thimble_kv_next_loss(const llama_context * ctx, llama_seq_id seq, uint32_t n);
LLAMA_API uint32_t thimble_kv_get_rows  (const llama_context * ctx, llama_seq_id seq, llama_pos p0, uint32_t n, uint8_t * dst);
LLAMA_API bool     thimble_kv_put_rows  (      llama_context * ctx, llama_seq_id seq, llama_pos p0, uint32_t n, const uint8_t * src);

} // extern "C"

// K or V of one layer
struct kv_store {
    ggml_tensor * tensor;
    size_t        row_bytes;
    bool          transposed; // one row is a column: only V, and only without flash attention

    uint8_t * data() const { return (uint8_t *) tensor->data; }

    void read(uint32_t cell, uint8_t * dst) const {
        if (!transposed) {
            memcpy(dst, data() + cell*row_bytes, row_bytes);
            return;
        }
        const size_t size = ggml_type_size(tensor->type);
        for (int64_t i = 0; i < tensor->ne[0]; ++i) {
            memcpy(dst + i*size, data() + (i*tensor->ne[1] + cell)*size, size);
        }
    }

    void write(uint32_t cell, const uint8_t * src) const {
        if (!transposed) {
            memcpy(data() + cell*row_bytes, src, row_bytes);
            return;
        }
        const size_t size = ggml_type_size(tensor->type);
        for (int64_t i = 0; i < tensor->ne[0]; ++i) {
            memcpy(data() + (i*tensor->ne[1] + cell)*size, src + i*size, size);
        }
    }
};

static std::vector<kv_store> kv_stores(const llama_kv_cache * kv) {
    std::vector<kv_store> res;

    const auto layers = kv->get_layer_ids();

    // the cache tells of V only through a view
    ggml_init_params params = { (layers.size() + 1)*ggml_tensor_overhead(), nullptr, /*.no_alloc =*/ true };
    ggml_context_ptr views { ggml_init(params) };

    llama_kv_cache::slot_info sinfo;
    sinfo.s0 = 0;
    sinfo.s1 = 0;

    for (const uint32_t il : layers) {
        ggml_tensor * k    = kv->get_k_storage(il);
        ggml_tensor * view = kv->get_v(views.get(), il, 1, sinfo);
        ggml_tensor * v    = view->view_src;

        res.push_back({ k, ggml_row_size(k->type, k->ne[0]), false });
        res.push_back({ v, ggml_row_size(v->type, v->ne[0]), view->nb[1] > view->nb[2] });
    }

    return res;
}

// the cache of the window layers if its rows can be taken and put back one by one, else nullptr
static llama_kv_cache * window_cache(const llama_context * ctx) {
    const auto & hparams = llama_get_model(ctx)->hparams;

    auto * iswa = dynamic_cast<llama_kv_cache_iswa *>(llama_get_memory(ctx));
    if (!iswa || hparams.is_mla()) {
        return nullptr;
    }

    auto * kv = iswa->get_swa();
    if (kv->get_n_stream() != 1 || kv->has_cell_ext() || kv->get_layer_ids().empty()) {
        return nullptr;
    }

    return kv;
}

static uint64_t kv_bytes(const llama_memory_i * memory) {
    uint64_t bytes = 0;
    for (const auto & [_, size] : memory->memory_breakdown()) {
        bytes += size;
    }
    return bytes;
}

bool thimble_kv_get_sizes(const llama_context * ctx, thimble_kv_sizes * sizes) {
    *sizes = {};

    auto * memory = llama_get_memory(ctx);
    if (!memory) {
        return false;
    }

    const llama_kv_cache * window = nullptr;
    const llama_kv_cache * global = nullptr;

    auto take = [&](const llama_memory_i * attn) {
        if (const auto * iswa = dynamic_cast<const llama_kv_cache_iswa *>(attn)) {
            window = iswa->get_swa();
            global = iswa->get_base();
        } else {
            global = dynamic_cast<const llama_kv_cache *>(attn);
        }
    };

    if (const auto * hybrid = dynamic_cast<const llama_memory_hybrid *>(memory)) {
        take(hybrid->get_mem_attn());
    } else if (const auto * hybrid_iswa = dynamic_cast<const llama_memory_hybrid_iswa *>(memory)) {
        take(hybrid_iswa->get_mem_attn());
    } else {
        take(memory);
    }

    if (!global) {
        // some other kind of memory, all of which is a state of its own
        sizes->recurrent_bytes = kv_bytes(memory);
        return true;
    }

    sizes->global_bytes  = kv_bytes(global);
    sizes->global_cells  = global->get_size();
    sizes->global_layers = global->get_layer_ids().size();
    sizes->full_bytes    = sizes->global_bytes;

    if (window && !window->get_layer_ids().empty()) {
        sizes->window_bytes  = kv_bytes(window);
        sizes->window_cells  = window->get_size();
        sizes->window_layers = window->get_layer_ids().size();
        sizes->full_bytes   += sizes->window_bytes/sizes->window_cells*sizes->global_cells;
    }

    sizes->recurrent_bytes = kv_bytes(memory) - sizes->global_bytes - sizes->window_bytes;

    return true;
}

// 0 when rows cannot be had; the functions below are not to be called then
size_t thimble_kv_row_bytes(const llama_context * ctx) {
    const auto * kv = window_cache(ctx);
    if (!kv) {
        return 0;
    }

    size_t bytes = 0;
    for (const auto & store : kv_stores(kv)) {
        if (!ggml_backend_buffer_is_host(store.tensor->buffer)) {
            return 0;
        }
        bytes += store.row_bytes;
    }

    return bytes;
}

// decoding n more tokens overwrites the rows of all positions below this one; 0 if they find empty cells
llama_pos thimble_kv_next_loss(const llama_context * ctx, llama_seq_id seq, uint32_t n) {
    const auto * kv = window_cache(ctx);
    if (!kv) {
        return 0;
    }

    // only what find_slot() looks at
    llama_ubatch ubatch = {};

    ubatch.n_tokens   = n;
    ubatch.n_seqs_unq = 1;
    ubatch.seq_id_unq = &seq;

    const auto sinfo = kv->find_slot(ubatch, false);
    if (sinfo.empty()) {
        return 0; // the decode will fail, too
    }

    const auto & cells = kv->get_cells(seq);

    llama_pos res = 0;
    for (const uint32_t cell : sinfo.idxs[0]) {
        if (!cells.is_empty(cell)) {
            res = std::max(res, cells.pos_get(cell) + 1);
        }
    }

    return res;
}

// copies the rows of the positions p0, p0 + 1, ... and returns how many there were, up to the first that is missing
uint32_t thimble_kv_get_rows(const llama_context * ctx, llama_seq_id seq, llama_pos p0, uint32_t n, uint8_t * dst) {
    const auto * kv = window_cache(ctx);
    if (!kv) {
        return 0;
    }

    const auto & by_pos = kv->get_cells(seq).seq_pos_get(seq);
    const auto   stores = kv_stores(kv);

    auto it = by_pos.lower_bound({ p0, 0 });

    for (uint32_t row = 0; row < n; ++row, ++it) {
        if (it == by_pos.end() || it->first != p0 + (llama_pos) row) {
            return row;
        }
        for (const auto & store : stores) {
            store.read(it->second, dst);
            dst += store.row_bytes;
        }
    }

    return n;
}

// puts rows back, none of whose positions may be in the cache; false without any change if there are too few free cells
bool thimble_kv_put_rows(llama_context * ctx, llama_seq_id seq, llama_pos p0, uint32_t n, const uint8_t * src) {
    auto * kv = window_cache(ctx);
    if (!kv) {
        return false;
    }
    if (n == 0) {
        return true;
    }

    const auto & cells  = kv->get_cells(seq);
    const auto & by_pos = cells.seq_pos_get(seq);

    const auto next = by_pos.lower_bound({ p0, 0 });
    if (next != by_pos.end() && next->first < p0 + (llama_pos) n) {
        return false;
    }

    llama_batch_allocr balloc(llama_get_model(ctx)->hparams.n_pos_per_embd());

    llama_ubatch ubatch = balloc.ubatch_reserve(n, 1);

    ubatch.seq_id_unq[0] = seq;

    for (uint32_t i = 0; i < n; ++i) {
        ubatch.pos[i]      = p0 + (llama_pos) i;
        ubatch.n_seq_id[i] = 1;
        ubatch.seq_id[i]   = &seq;
    }

    const auto sinfo = kv->find_slot(ubatch, false);
    if (sinfo.empty()) {
        return false;
    }
    // a cell that holds another position would take everything before that position with it
    for (const uint32_t cell : sinfo.idxs[0]) {
        if (!cells.is_empty(cell)) {
            return false;
        }
    }

    kv->apply_ubatch(sinfo, ubatch);

    const auto stores = kv_stores(kv);
    for (const uint32_t cell : sinfo.idxs[0]) {
        for (const auto & store : stores) {
            store.write(cell, src);
            src += store.row_bytes;
        }
    }

    return true;
}
