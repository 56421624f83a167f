#include "expert-store-impl.h"

#include <cstdio>
#include <cstring>

namespace thimble {

// ---- expert_matrix ------------------------------------------------------------------------------------------------------

const char * expert_matrix::data(int64_t expert) const {
    const char * found = table[expert].load(std::memory_order_acquire);
    return found ? found : store->zeros();
}

// ---- expert_store -------------------------------------------------------------------------------------------------------

expert_store::expert_store() : impl_(new impl(*this)) {}

expert_store::~expert_store() {
    {
        std::lock_guard<std::mutex> lock(impl_->mutex);
        impl_->ending = true;
    }
    impl_->work.notify_all();
    for (auto & thread : impl_->threads) {
        thread.join();
    }
    impl_->release_classes();
    memory::release(impl_->bounces, impl_->bounces_size);
    if (zeros_) {
        memory::release((void *) zeros_, whole_pages(impl_->largest_matrix));
    }
}

std::unique_ptr<expert_store> expert_store::create(const thimble_store_options & options, std::string & error,
                                                   const opener & open) {
    std::unique_ptr<expert_store> store(new expert_store());
    store->impl_->options       = options;
    store->impl_->options.files = nullptr; // the caller's
    store->impl_->random.seed(options.seed);
    for (uint32_t i = 0; i < options.n_files; i++) {
        auto file = open(options.files[i], !(options.flags & THIMBLE_STORE_BUFFERED), error);
        if (!file) {
            return nullptr;
        }
        store->impl_->files.push_back(std::move(file));
    }
    return store;
}

expert_matrix * expert_store::bind(const std::string & name, uint32_t file, uint64_t offset, size_t bytes_per_expert,
                                   uint32_t n_experts, repack_fn repack, std::string & error) {
    static const struct { const char * name; thimble_role role; } roles[] = {
        { "gate", THIMBLE_ROLE_GATE }, { "up", THIMBLE_ROLE_UP },
        { "gate_up", THIMBLE_ROLE_GATE_UP }, { "down", THIMBLE_ROLE_DOWN },
    };
    unsigned number = 0;
    char     kind[16] = "";
    int      end = 0;
    if (sscanf(name.c_str(), "blk.%u.ffn_%15[a-z_]%n", &number, kind, &end) != 2 ||
        strcmp(name.c_str() + end, ".weight") != 0) {
        error = "Not the name of an expert tensor: " + name;
        return nullptr;
    }
    const char * suffix = strstr(kind, "_exps");
    int          role   = -1;
    for (const auto & r : roles) {
        if (suffix && suffix[5] == '\0' && strlen(r.name) == (size_t) (suffix - kind) &&
            strncmp(kind, r.name, suffix - kind) == 0) {
            role = r.role;
        }
    }
    if (role < 0) {
        error = "Not the name of an expert tensor: " + name;
        return nullptr;
    }
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    if (s.laid_out) {
        error = "The store is in use already: " + name;
        return nullptr;
    }
    if (file >= s.files.size()) {
        error = "The model has no part " + std::to_string(file + 1) + ": " + name;
        return nullptr;
    }
    if (n_experts == 0 || n_experts > (uint32_t) max_experts || bytes_per_expert == 0) {
        error = "A model with " + std::to_string(n_experts) + " experts in a layer is not supported: " + name;
        return nullptr;
    }
    const uint64_t size = s.files[file]->size();
    if (offset > size || bytes_per_expert > (size - offset) / n_experts) {
        error = "The model file is incomplete: " + s.files[file]->path();
        return nullptr;
    }
    auto at = std::lower_bound(s.layers.begin(), s.layers.end(), number,
                               [](const auto & layer, uint32_t n) { return layer->number < n; });
    if (at == s.layers.end() || (*at)->number != number) {
        at = s.layers.insert(at, std::make_unique<layer_info>());
        (*at)->number    = number;
        (*at)->n_experts = n_experts;
    }
    layer_info & layer = **at;
    if (layer.matrices[role] || layer.n_experts != n_experts) {
        error = "The expert tensors of one layer do not fit together: " + name;
        return nullptr;
    }
    auto matrix         = std::make_unique<expert_matrix>();
    matrix->store       = this;
    matrix->name        = name;
    matrix->layer       = number;
    matrix->role        = (thimble_role) role;
    matrix->file        = file;
    matrix->offset      = offset;
    matrix->bytes       = bytes_per_expert;
    matrix->n_experts   = n_experts;
    matrix->repack      = std::move(repack);
    matrix->table.reset(new std::atomic<const char *>[n_experts]);
    for (uint32_t e = 0; e < n_experts; e++) {
        matrix->table[e].store(nullptr, std::memory_order_relaxed);
    }
    layer.matrices[role] = matrix.get();
    s.largest_matrix     = std::max(s.largest_matrix, bytes_per_expert);
    s.matrices.push_back(std::move(matrix));
    return s.matrices.back().get();
}

bool expert_store::wants_repack(thimble_role role) const {
    return impl_->options.repack >> role & 1;
}

bool expert_store::wants_interleaved() const {
    return impl_->options.flags & THIMBLE_STORE_INTERLEAVED;
}

void expert_store::note_neurons(const expert_matrix & matrix, uint64_t active, uint64_t all) {
    layer_info & layer = impl_->layer_of(matrix); // the list does not change any more
    layer.neurons.fetch_add(all, std::memory_order_relaxed);
    layer.neurons_active.fetch_add(active, std::memory_order_relaxed);
}

uint32_t expert_store::layers(thimble_layer_info * infos, uint32_t count) const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    for (size_t i = 0; i < s.layers.size() && i < count; i++) {
        const layer_info & layer = *s.layers[i];
        infos[i] = { layer.number, layer.n_experts, layer.neurons.load(), layer.neurons_active.load() };
    }
    return (uint32_t) s.layers.size();
}

thimble_store_stats expert_store::stats() const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    thimble_store_stats stats = s.counters;
    if (s.stall_since) {
        stats.stall_ns += now_ns() - s.stall_since;
    }
    stats.budget_bytes = s.budget;
    stats.n_layers     = (uint32_t) s.layers.size();
    stats.policy       = s.options.policy;
    stats.half_life    = s.by < N_HALF_LIVES ? half_lives[s.by] : 0;
    stats.direct_io    = !s.files.empty();
    for (const auto & file : s.files) {
        stats.direct_io = stats.direct_io && file->direct();
    }
    for (const auto & layer : s.layers) {
        // before the first resize, too: it is what that is decided by
        const size_t bytes = impl::slot_bytes(*layer);
        stats.expert_bytes = std::max<uint64_t>(stats.expert_bytes, bytes);
        stats.total_bytes += bytes * layer->n_experts;
        stats.total_experts += layer->n_experts;
        stats.neurons += layer->neurons.load(std::memory_order_relaxed);
        stats.neurons_active += layer->neurons_active.load(std::memory_order_relaxed);
        stats.n_experts = std::max(stats.n_experts, layer->n_experts);
    }
    return stats;
}

uint32_t expert_store::experts(thimble_expert_info * infos, uint32_t count) const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    uint32_t n = 0;
    for (const auto & layer : s.layers) {
        for (uint32_t e = 0; e < layer->n_experts; e++, n++) {
            if (n < count) {
                thimble_expert_info info {};
                info.layer  = layer->number;
                info.expert = e;
                if (s.laid_out) {
                    const entry & it = layer->entries[e];
                    info.uses     = it.uses;
                    info.misses   = it.misses;
                    info.resident = it.slot >= 0 && s.is_ready(it);
                }
                infos[n] = info;
            }
        }
    }
    return n;
}

void expert_store::warm(const thimble_hot_expert * experts, uint32_t count) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    if (!s.laid_out) {
        s.warm_list.assign(experts, experts + count);
    }
}

uint32_t expert_store::hot(thimble_hot_expert * experts, uint32_t count) const {
    const impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    std::vector<thimble_hot_expert> all;
    // how it was valued in the end does not matter much: a long half-life says what is used in general
    const int by = N_HALF_LIVES - 1;
    for (const auto & layer : s.layers) {
        for (uint32_t e = 0; s.laid_out && e < layer->n_experts; e++) {
            const double value = s.scores.value(by, layer->index, e);
            if (value > -1e6) {
                all.push_back({ layer->number, e, value });
            }
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const auto & a, const auto & b) { return a.value > b.value; });
    std::copy_n(all.begin(), std::min<size_t>(count, all.size()), experts);
    return (uint32_t) all.size();
}

bool expert_store::take_error(std::string & error) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    failed_.store(false, std::memory_order_relaxed);
    if (s.first_error.empty()) {
        return false;
    }
    error = std::move(s.first_error);
    s.first_error.clear();
    return true;
}

void expert_store::trace_start(uint64_t max_values) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    s.trace_max = max_values;
    if (max_values) {
        s.trace.clear();
        s.trace_read_at = 0;
    }
}

uint64_t expert_store::trace_read(int32_t * values, uint64_t count) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    uint64_t copied = 0;
    while (s.trace_read_at < s.trace.size()) {
        const int32_t * record = s.trace.data() + s.trace_read_at;
        const uint64_t  size   = 3 + (uint64_t) record[1] * (uint64_t) record[2];
        if (copied + size > count) {
            break;
        }
        memcpy(values + copied, record, size * sizeof(int32_t));
        copied += size;
        s.trace_read_at += size;
    }
    return copied;
}

void expert_store::timeline_start(uint64_t max_events) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    s.timeline_max = max_events;
    if (max_events) {
        s.timeline.clear();
    }
}

uint64_t expert_store::timeline_read(thimble_event * events, uint64_t count) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    count = std::min<uint64_t>(count, s.timeline.size());
    std::copy_n(s.timeline.begin(), count, events);
    s.timeline.erase(s.timeline.begin(), s.timeline.begin() + (std::ptrdiff_t) count);
    return count;
}

}  // namespace thimble
