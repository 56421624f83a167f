#include "expert-policy.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace thimble {

namespace {

// of a trace from outside: what a store could have recorded
constexpr int32_t max_id     = 4096;
constexpr size_t  max_layers = 1024;

// One layer of one ubatch.
struct record {
    size_t          layer;
    int64_t         n_tokens;
    int64_t         n_used;
    const int32_t * ids;
    std::vector<uint32_t> distinct; // sorted
};

bool parse(const int32_t * values, uint64_t count, std::vector<record> & records, std::vector<uint32_t> & n_experts) {
    std::map<int32_t, size_t> layers;
    for (uint64_t at = 0; at + 3 <= count;) {
        const int32_t * head = values + at;
        if (head[0] < 0) { // may be the layer's number of any model
            return false;
        }
        layers.emplace(head[0], 0);
        if (head[1] < 0 || head[2] < 0 || (head[2] == 0 && head[1] > 0) || layers.size() > max_layers) {
            return false;
        }
        at += 3 + (uint64_t) head[1] * (uint64_t) head[2];
    }
    size_t n = 0;
    for (auto & layer : layers) {
        layer.second = n++;
    }
    n_experts.assign(n, 0);
    uint64_t at = 0;
    while (at + 3 <= count) {
        const int32_t * head = values + at;
        const uint64_t  size = (uint64_t) head[1] * (uint64_t) head[2];
        if (at + 3 + size > count) {
            return false;
        }
        record r { layers[head[0]], head[1], head[2], head + 3, {} };
        for (uint64_t i = 0; i < size; i++) {
            if (r.ids[i] < 0 || r.ids[i] >= max_id) {
                return false;
            }
            r.distinct.push_back((uint32_t) r.ids[i]);
        }
        std::sort(r.distinct.begin(), r.distinct.end());
        r.distinct.erase(std::unique(r.distinct.begin(), r.distinct.end()), r.distinct.end());
        if (!r.distinct.empty()) {
            n_experts[r.layer] = std::max(n_experts[r.layer], r.distinct.back() + 1);
        }
        records.push_back(std::move(r));
        at += 3 + size;
    }
    return at == count;
}

void learn(expert_scores & scores, const record & r) {
    for (int64_t t = 0; t < r.n_tokens; t++) {
        scores.use(r.layer, r.ids + t * r.n_used, r.n_used);
    }
}

// The best possible (Belady 1966): out goes what is used again last.
void replay_best(const std::vector<record> & records, const thimble_replay_options & options, replay_outcome & outcome) {
    std::vector<uint64_t> uses; // layer and expert
    std::vector<bool>     counted;
    for (size_t i = 0; i < records.size(); i++) {
        for (uint32_t e : records[i].distinct) {
            uses.push_back((uint64_t) records[i].layer * max_id + e);
            counted.push_back(i >= options.count_from);
        }
    }
    std::vector<size_t> next(uses.size());
    std::unordered_map<uint64_t, size_t> seen;
    for (size_t i = uses.size(); i-- > 0;) {
        const auto found = seen.find(uses[i]);
        next[i] = found == seen.end() ? uses.size() + i : found->second; // never again: all different
        seen[uses[i]] = i;
    }
    std::unordered_map<uint64_t, size_t> cache; // to the next use
    std::set<std::pair<size_t, uint64_t>> by_next;
    for (size_t i = 0; i < uses.size(); i++) {
        const auto found = cache.find(uses[i]);
        const bool hit   = found != cache.end();
        outcome.uses += counted[i];
        outcome.hits += counted[i] && hit;
        if (hit) {
            by_next.erase({ found->second, uses[i] });
        } else if (options.slots == 0) {
            continue;
        } else if (cache.size() >= options.slots) {
            const auto last = std::prev(by_next.end());
            cache.erase(last->second);
            by_next.erase(last);
        }
        cache[uses[i]] = next[i];
        by_next.insert({ next[i], uses[i] });
    }
}

}  // namespace

bool replay(const int32_t * values, uint64_t count, const thimble_replay_options & options, replay_outcome & outcome) {
    std::vector<record>   records;
    std::vector<uint32_t> n_experts;
    if (!parse(values, count, records, n_experts)) {
        return false;
    }
    int  by    = BY_HALF_LIFE;
    bool tuned = false;
    switch (options.policy) {
        case THIMBLE_POLICY_LRU:  by = BY_RECENCY; break;
        case THIMBLE_POLICY_LFU:  by = BY_COUNT;   break;
        case THIMBLE_POLICY_LRFU:
            tuned = options.half_life <= 0;
            by    = nearest_half_life(options.half_life);
            break;
        case THIMBLE_POLICY_BELADY:
            replay_best(records, options, outcome);
            return true;
        case THIMBLE_POLICY_NONE:
            for (size_t i = options.count_from; i < records.size(); i++) {
                outcome.uses += records[i].distinct.size();
            }
            return true;
        default: return false;
    }
    expert_scores scores;
    for (uint32_t n : n_experts) {
        scores.add_layer(n);
    }
    half_life_tuner tuner(scores);
    if (tuned) {
        by = tuner.best();
        tuner.resize(options.slots);
    }
    ghost_cache cache(scores, by);
    cache.resize(options.slots);
    for (size_t i = 0; i < records.size(); i++) {
        const record & r = records[i];
        learn(scores, r);
        if (tuned && tuner.use(r.layer, r.distinct.data(), r.distinct.size(), r.n_tokens == 1)) {
            cache.compare_by(by = tuner.best());
        }
        for (uint32_t e : r.distinct) {
            const bool hit = cache.access(r.layer, e);
            outcome.uses += i >= options.count_from;
            outcome.hits += i >= options.count_from && hit;
        }
    }
    outcome.half_life = by < N_HALF_LIVES ? half_lives[by] : 0;
    return true;
}

}  // namespace thimble
