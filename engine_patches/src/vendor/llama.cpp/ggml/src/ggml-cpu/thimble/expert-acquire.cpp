#include "expert-store-impl.h"

namespace thimble {

void expert_store::impl::record(const layer_info & layer, const route_ids & routes) {
    if (trace_max == 0 || !routes.ids) {
        return;
    }
    const uint64_t size = 3 + (uint64_t) (routes.n_tokens * routes.n_used);
    if (trace.size() + size > trace_max) {
        trace_max = 0; // a trace with holes would be wrong: the end of it is the end
        return;
    }
    trace.push_back((int32_t) layer.number);
    trace.push_back((int32_t) routes.n_tokens);
    trace.push_back((int32_t) routes.n_used);
    for (int64_t t = 0; t < routes.n_tokens; t++) {
        const int32_t * row = (const int32_t *) ((const char *) routes.ids + (size_t) t * routes.stride);
        trace.insert(trace.end(), row, row + routes.n_used);
    }
}

void expert_store::impl::note_uses(layer_info & layer, const std::vector<uint32_t> & experts, const route_ids & routes) {
    record(layer, routes);
    for (uint32_t expert : experts) {
        entry &    e   = layer.entries[expert];
        const bool hit = e.slot >= 0 && is_ready(e);
        e.uses++;
        e.misses += !hit;
        e.missed = !hit;
        counters.uses++;
        (hit ? counters.hits : counters.misses)++;
        counters.ahead_used += e.ahead;
        e.ahead = false;
    }
    layer.lowest = not_known;
    if (!routes.ids) {
        return;
    }
    for (int64_t t = 0; t < routes.n_tokens; t++) {
        scores.use(layer.index, (const int32_t *) ((const char *) routes.ids + (size_t) t * routes.stride), routes.n_used);
    }
    // every expert of a prompt's ubatch is used: that tells nothing of how to keep them
    if (tuner && tuner->use(layer.index, experts.data(), experts.size(), routes.n_tokens == 1)) {
        by = tuner->best();
        for (auto & each : layers) {
            each->lowest = not_known;
        }
    }
    if (options.policy == THIMBLE_POLICY_NONE) {
        for (auto & each : layers) {
            for (uint32_t i = 0; i < each->n_experts && each.get() != &layer; i++) {
                entry & e = each->entries[i];
                if (e.slot >= 0 && free_to_go(e) && !is_reserved(e)) {
                    evict(e);
                }
            }
        }
    }
}

void expert_store::acquire(const expert_matrix & matrix, const route_ids & routes) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    if (s.budget == 0) {
        return; // begin makes do with the least
    }
    layer_info & layer = s.layer_of(matrix);
    layer.acquires = true;

    std::vector<uint32_t> & needed = s.distinct;
    needed.clear();
    for (int64_t t = 0; t < routes.n_tokens; t++) {
        const int32_t * row = (const int32_t *) ((const char *) routes.ids + (size_t) t * routes.stride);
        needed.insert(needed.end(), row, row + routes.n_used);
    }
    std::sort(needed.begin(), needed.end());
    needed.erase(std::unique(needed.begin(), needed.end()), needed.end());

    s.note_uses(layer, needed, routes);
    s.acquires++;
    for (uint32_t e : needed) {
        layer.entries[e].reserved = s.acquires;
    }
    if (needed.size() * s.class_of(layer.entries[0]).bytes > s.budget) {
        return; // they go through the cache one after the other
    }
    std::vector<entry *> & fresh = s.scratch;
    fresh.clear();
    for (uint32_t expert : needed) {
        entry & e = layer.entries[expert];
        if (e.slot < 0 ? s.assign(e, impl::NOT_RESERVED) : !s.is_ready(e)) {
            fresh.push_back(&e);
        }
    }
    if (!fresh.empty()) {
        s.queue_reads(layer, fresh, layer.first_role < 0 ? (int) THIMBLE_ROLE_UP : layer.first_role);
    }
    if ((uint64_t) (routes.n_tokens * routes.n_used) >= (uint64_t) layer.n_experts * 2) {
        s.read_ahead_of(layer, needed.size());
    }
}

// A prompt that uses (nearly) all experts of this layer will do so in the next one, too.
void expert_store::impl::read_ahead_of(const layer_info & layer, size_t n_experts) {
    ahead.clear();
    if (layer.index + 1 == layers.size() || n_experts * 4 < layer.n_experts * 3 ||
        2 * n_experts * classes[layer.slot_class].bytes > budget) {
        return;
    }
    layer_info & next = *layers[layer.index + 1];
    for (uint32_t i = 0; i < next.n_experts; i++) {
        entry & e = next.entries[i];
        e.reserved = acquires;
        if (e.slot < 0) {
            ahead.push_back(&e);
        }
    }
    work.notify_all();
}

}  // namespace thimble
