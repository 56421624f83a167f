#include "expert-store-impl.h"

#include <cstring>

namespace thimble {

namespace {

std::string mebibytes(uint64_t bytes) {
    return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

size_t expert_store::impl::slot_bytes(const layer_info & layer) {
    size_t bytes = 0;
    for (const expert_matrix * matrix : layer.matrices) {
        bytes += matrix ? region_bytes(*matrix) : 0;
    }
    return bytes;
}

bool expert_store::impl::lay_out(std::string & error) {
    if (laid_out) {
        return true;
    }
    for (auto & layer : layers) {
        size_t bytes = 0;
        for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
            layer->region[role] = bytes;
            bytes += layer->matrices[role] ? region_bytes(*layer->matrices[role]) : 0;
        }
        size_t c = 0;
        while (c < classes.size() && classes[c].bytes != bytes) {
            c++;
        }
        if (c == classes.size()) {
            classes.emplace_back();
            classes.back().bytes = bytes;
        }
        layer->slot_class = c;
        classes[c].n += layer->n_experts;
        layer->entries.reset(new entry[layer->n_experts]);
        for (uint32_t e = 0; e < layer->n_experts; e++) {
            layer->entries[e].layer  = layer.get();
            layer->entries[e].expert = e;
        }
    }
    for (auto & c : classes) {
        // With one size slots are handed out and taken back at the end only, so that huge pages stay whole.
        c.base = (char *) memory::reserve_usable(c.n * c.bytes, classes.size() == 1);
        if (!c.base) {
            error = "There is no address space for the experts (" + mebibytes(c.n * c.bytes) + ").";
            release_classes();
            return false;
        }
        c.owner.assign(c.n, nullptr);
        c.warm.assign(c.n, false);
        c.cold.resize(c.n);
        for (size_t i = 0; i < c.n; i++) {
            c.cold[i] = (int64_t) (c.n - 1 - i);
        }
    }
    start_policy();
    laid_out = true;
    return true;
}

void expert_store::impl::release_classes() {
    for (auto & c : classes) {
        memory::release(c.base, c.n * c.bytes);
    }
    classes.clear();
}

uint64_t expert_store::impl::least_bytes() const {
    uint64_t bytes = 0;
    for (const auto & c : classes) {
        bytes += c.bytes;
    }
    return bytes;
}

void expert_store::impl::start_policy() {
    for (size_t i = 0; i < layers.size(); i++) {
        layers[i]->index = i;
        scores.add_layer(layers[i]->n_experts);
    }
    switch (options.policy) {
        case THIMBLE_POLICY_LFU: by = BY_COUNT; break;
        case THIMBLE_POLICY_LRFU:
            if (options.half_life > 0) {
                by = nearest_half_life(options.half_life);
            } else {
                tuner.reset(new half_life_tuner(scores));
                by = tuner->best();
            }
            break;
        default: by = BY_RECENCY;
    }
    apply_warm_list();
}

// Ghosts as big as the cache. Experts of unequal size count as equal.
void expert_store::impl::tune_for(uint64_t bytes) {
    if (!tuner) {
        return;
    }
    uint64_t total = 0, n = 0;
    for (const auto & c : classes) {
        total += c.n * c.bytes;
        n += c.n;
    }
    tuner->resize(bytes >= total ? 0 : (size_t) (bytes / std::max<uint64_t>(1, total / std::max<uint64_t>(1, n))));
}

void expert_store::impl::apply_warm_list() {
    for (const thimble_hot_expert & hot : warm_list) {
        const auto at = std::lower_bound(layers.begin(), layers.end(), hot.layer,
                                         [](const auto & layer, uint32_t n) { return layer->number < n; });
        if (at != layers.end() && (*at)->number == hot.layer && hot.expert < (*at)->n_experts && hot.value == hot.value) {
            scores.seed((*at)->index, hot.expert, hot.value);
        }
    }
    warm_list.clear();
}

// what is worth most is read first
void expert_store::impl::sort_fill_order() {
    fill_at = 0;
    fill_order.clear();
    for (auto & layer : layers) {
        for (uint32_t e = 0; e < layer->n_experts; e++) {
            fill_order.push_back(&layer->entries[e]);
        }
    }
    std::stable_sort(fill_order.begin(), fill_order.end(),
                     [this](const entry * a, const entry * b) { return worth(*a) > worth(*b); });
}

bool expert_store::impl::clearly_less(const entry & one, const entry & other) const {
    if (by == BY_RECENCY) {
        return (scores.clock() - worth(one)) * 3 > (scores.clock() - worth(other)) * 4;
    }
    return worth(one) < worth(other) - 1; // half
}

void expert_store::impl::evict(entry & e) {
    slot_class & c = class_of(e);
    counters.resident_experts -= is_ready(e);
    for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
        if (expert_matrix * m = e.layer->matrices[role]) {
            m->table[e.expert].store(nullptr, std::memory_order_relaxed);
            e.state[role].store(ABSENT, std::memory_order_relaxed);
        }
    }
    if (fuzz()) {
        memset(slot_address(c, e.slot), 0xff, c.bytes); // NaN scales: a stale read shows
    }
    c.owner[e.slot] = nullptr;
    c.free.push_back(e.slot);
    e.slot  = -1;
    e.ahead = false;
    e.layer->lowest = not_known;
    counters.evictions++;
    counters.resident_bytes -= c.bytes;
}

entry * expert_store::impl::lowest_in(layer_info & layer, bool spare_reserved) {
    const auto may_go = [&](const entry & e) { return free_to_go(e) && !(spare_reserved && is_reserved(e)); };
    if (layer.lowest == no_expert) {
        return nullptr;
    }
    if (layer.lowest != not_known && may_go(layer.entries[layer.lowest])) {
        return &layer.entries[layer.lowest];
    }
    entry * lowest = nullptr, * to_go = nullptr;
    for (uint32_t i = 0; i < layer.n_experts; i++) {
        entry & e = layer.entries[i];
        if (e.slot < 0) {
            continue;
        }
        if (!lowest || worth(e) < worth(*lowest)) {
            lowest = &e;
        }
        if (may_go(e) && (!to_go || worth(e) < worth(*to_go))) {
            to_go = &e;
        }
    }
    layer.lowest = lowest ? (int64_t) lowest->expert : no_expert;
    return to_go;
}

entry * expert_store::impl::lowest_free_to_go(slot_class & c, bool spare_reserved) {
    if (fuzz()) {
        return any_free_to_go(c, spare_reserved);
    }
    entry * lowest = nullptr;
    for (auto & layer : layers) {
        if (&classes[layer->slot_class] == &c) {
            entry * e = lowest_in(*layer, spare_reserved);
            if (e && (!lowest || worth(*e) < worth(*lowest))) {
                lowest = e;
            }
        }
    }
    return lowest;
}

entry * expert_store::impl::any_free_to_go(slot_class & c, bool spare_reserved) {
    std::vector<entry *> all;
    for (entry * e : c.owner) {
        if (e && free_to_go(*e) && !(spare_reserved && is_reserved(*e))) {
            all.push_back(e);
        }
    }
    return all.empty() ? nullptr : all[random() % all.size()];
}

entry * expert_store::impl::victim_for(const slot_class & mine, bool spare_reserved) {
    entry * same = nullptr, * other = nullptr;
    for (auto & c : classes) {
        entry * e = lowest_free_to_go(c, spare_reserved);
        if (&c == &mine) {
            same = e;
        } else if (e && (!other || worth(*e) < worth(*other))) {
            other = e;
        }
    }
    return other && (!same || clearly_less(*other, *same)) ? other : same;
}

void expert_store::impl::warm_up(slot_class & c) {
    const int64_t slot = c.cold.back();
    c.cold.pop_back();
    c.warm[slot] = true;
    c.free.push_back(slot);
    committed += c.bytes;
}

void expert_store::impl::cool_down(slot_class & c, int64_t slot) {
    memory::decommit(slot_address(c, slot), c.bytes);
    c.warm[slot] = false;
    c.cold.push_back(slot);
    committed -= c.bytes;
}

bool expert_store::impl::free_slot(slot_class & c, whom evict_whom) {
    if (committed > budget && evict_whom != ANYBODY) {
        return false; // memory is being given back
    }
    if (!c.free.empty()) {
        return true;
    }
    for (;;) {
        if (!c.cold.empty() && committed + c.bytes <= budget) {
            warm_up(c);
            return true;
        }
        // memory that another class holds without using it
        bool given = false;
        for (auto & other : classes) {
            if (&other != &c && !other.free.empty()) {
                const int64_t slot = other.free.back();
                other.free.pop_back();
                cool_down(other, slot);
                given = true;
                break;
            }
        }
        if (given) {
            continue;
        }
        entry * victim = evict_whom == NOBODY ? nullptr : victim_for(c, true);
        if (!victim && evict_whom == ANYBODY) {
            victim = victim_for(c, false);
        }
        if (!victim) {
            return false;
        }
        evict(*victim);
        if (!c.free.empty()) {
            return true;
        }
    }
}

bool expert_store::impl::assign(entry & e, whom evict_whom) {
    slot_class & c = class_of(e);
    if (!free_slot(c, evict_whom)) {
        return false;
    }
    e.slot = c.free.back();
    c.free.pop_back();
    c.owner[e.slot] = &e;
    e.layer->lowest = not_known;
    counters.resident_bytes += c.bytes;
    return true;
}

void expert_store::impl::shrink(std::unique_lock<std::mutex> & lock, uint64_t goal) {
    while (committed > goal) {
        size_t biggest = 0;
        for (size_t i = 1; i < classes.size(); i++) {
            if (warm_bytes(classes[i]) > warm_bytes(classes[biggest])) {
                biggest = i;
            }
        }
        slot_class & c = classes[biggest];
        int64_t last = (int64_t) c.n - 1;
        while (last >= 0 && !c.warm[last]) {
            last--;
        }
        if (c.free.empty()) {
            if (entry * victim = lowest_free_to_go(c, false)) {
                evict(*victim);
            } else {
                arrived.wait_for(lock, stop_poll); // all are in use or on their way
                continue;
            }
        }
        if (entry * owner = c.owner[last]) {
            if (!free_to_go(*owner)) {
                arrived.wait_for(lock, stop_poll);
                continue;
            }
            const auto lowest = std::min_element(c.free.begin(), c.free.end());
            move(c, *owner, *lowest);
            *lowest = last;
        }
        c.free.erase(std::find(c.free.begin(), c.free.end(), last));
        if (classes.size() == 1) {
            // as one range at the end: parts of a huge page are not given back
            c.warm[last] = false;
            c.cold.push_back(last);
            committed -= c.bytes;
        } else {
            cool_down(c, last);
        }
    }
    if (classes.size() == 1) {
        const slot_class & c = classes[0];
        const size_t kept = std::min<size_t>(c.n, goal / c.bytes); // touched by an earlier resize, never used
        memory::decommit(slot_address(c, (int64_t) kept), (c.n - kept) * c.bytes);
    }
}

void expert_store::impl::move(slot_class & c, entry & e, int64_t slot) {
    char * from = slot_address(c, e.slot);
    char * to   = slot_address(c, slot);
    memcpy(to, from, c.bytes);
    for (int role = 0; role < THIMBLE_ROLE_COUNT; role++) {
        if (expert_matrix * m = e.layer->matrices[role]) {
            if (const char * data = m->table[e.expert].load(std::memory_order_relaxed)) {
                m->table[e.expert].store(to + (data - from), std::memory_order_release);
            }
        }
    }
    c.owner[e.slot] = nullptr;
    c.owner[slot]   = &e;
    e.slot          = slot;
}

bool expert_store::resize(uint64_t bytes, std::string & error) {
    impl & s = *impl_;
    std::unique_lock<std::mutex> lock(s.mutex);
    if (!s.lay_out(error)) {
        return false;
    }
    if (s.matrices.empty()) {
        error = "The model has no experts.";
        return false;
    }
    if (!zeros_) {
        zeros_ = (const char *) memory::zeros(whole_pages(s.largest_matrix));
        if (!zeros_) {
            error = "There is no memory for the experts.";
            return false;
        }
    }
    if (bytes < s.least_bytes()) {
        error = "The experts need at least " + mebibytes(s.least_bytes()) + "; " + mebibytes(bytes) + " were given.";
        return false;
    }
    s.start_threads();
    s.tune_for(bytes);
    if (bytes < s.budget) {
        s.budget = bytes; // from now on nothing grows
        s.shrink(lock, bytes);
        return true;
    }
    s.budget  = bytes;
    s.fill_on = !(s.options.flags & THIMBLE_STORE_NO_FILL) && s.options.policy != THIMBLE_POLICY_NONE;
    s.sort_fill_order();
    s.work.notify_all();
    s.arrived.notify_all();
    return true;
}

}  // namespace thimble
