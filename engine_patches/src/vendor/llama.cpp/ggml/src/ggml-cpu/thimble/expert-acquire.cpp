#include "expert-store-impl.h"

namespace thimble {

namespace {

constexpr double likely       = 0.8;   // how often a rank has to be right to be read ahead
constexpr double guess_memory = 0.999; // decay for each guess: about 30 tokens of 32 layers
constexpr int    pause_tokens = 31;    // between two tokens that find out whether guesses have become better

}  // namespace

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
        e.late   = !hit && e.ahead;
        counters.uses++;
        (hit ? counters.hits : counters.misses)++;
        counters.ahead_used += e.ahead;
        counters.ahead_late += e.late;
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
    s.note(THIMBLE_EVENT_ACQUIRE, layer.number);

    std::vector<uint32_t> & needed = s.distinct;
    needed.clear();
    for (int64_t t = 0; t < routes.n_tokens; t++) {
        const int32_t * row = (const int32_t *) ((const char *) routes.ids + (size_t) t * routes.stride);
        for (int64_t i = 0; i < routes.n_used; i++) {
            if (row[i] < 0 || (uint32_t) row[i] >= layer.n_experts) {
                return; // a router gone mad (NaN); the multiplication will say so
            }
            needed.push_back((uint32_t) row[i]);
        }
    }
    std::sort(needed.begin(), needed.end());
    needed.erase(std::unique(needed.begin(), needed.end()), needed.end());

    layer.n_used = (uint32_t) routes.n_used;
    s.judge_guess(layer, needed);
    s.note_uses(layer, needed, routes);
    s.acquires++;
    for (uint32_t e : needed) {
        layer.entries[e].reserved = s.acquires;
    }
    if ((s.options.flags & THIMBLE_STORE_NO_EARLY) || needed.size() * s.class_of(layer.entries[0]).bytes > s.budget) {
        return; // in the second case they go through the cache one after the other
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

void expert_store::impl::judge_guess(layer_info & layer, const std::vector<uint32_t> & experts) {
    for (size_t rank = 0; rank < layer.guessed.size(); rank++) {
        const bool right = std::binary_search(experts.begin(), experts.end(), layer.guessed[rank]);
        guess_right[rank] = guess_right[rank] * guess_memory + right;
        guess_made[rank]  = guess_made[rank] * guess_memory + 1;
        counters.guesses++;
        counters.guesses_right += right;
    }
    layer.guessed.clear();
}

bool expert_store::wants_guess(const expert_matrix & matrix) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    layer_info & layer = s.layer_of(matrix);
    if ((s.options.flags & (THIMBLE_STORE_NO_LOOK_AHEAD | THIMBLE_STORE_NO_EARLY)) ||
        layer.index + 1 == s.layers.size() || layer.n_used == 0 ||
        s.counters.resident_experts == s.n_experts_in_all()) {
        return false;
    }
    if (layer.pause > 0) {
        layer.pause--;
        return false;
    }
    return true;
}

void expert_store::guess(const expert_matrix & matrix, const float * scores, uint32_t n_experts) {
    impl & s = *impl_;
    std::lock_guard<std::mutex> lock(s.mutex);
    layer_info & layer = s.layer_of(matrix);
    layer_info & next  = *s.layers[layer.index + 1];
    if (n_experts != next.n_experts) {
        return;
    }
    const uint32_t n = std::min<uint32_t>({ layer.n_used, n_experts, (uint32_t) max_guesses });
    std::vector<uint32_t> & order = s.distinct;
    order.resize(n_experts);
    for (uint32_t e = 0; e < n_experts; e++) {
        order[e] = e;
    }
    std::partial_sort(order.begin(), order.begin() + n, order.end(),
                      [scores](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    next.guessed.assign(order.begin(), order.begin() + n);

    s.ahead.clear();
    bool any = false;
    for (uint32_t rank = 0; rank < n; rank++) {
        if (s.guess_made[rank] < 1 || s.guess_right[rank] < likely * s.guess_made[rank]) {
            continue;
        }
        any = true;
        entry & e = next.entries[next.guessed[rank]];
        e.reserved = s.acquires;
        if (e.slot < 0) {
            s.ahead.push_back(&e);
        }
    }
    if (!any && s.guess_made[0] > 100) {
        layer.pause = pause_tokens;
    }
    if (!s.ahead.empty()) {
        s.work.notify_one();
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
    if (next.n_used == 0 && acquires > layers.size()) {
        return; // it is not part of the graph
    }
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
