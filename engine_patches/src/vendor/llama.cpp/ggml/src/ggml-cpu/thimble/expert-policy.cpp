#include "expert-policy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thimble {

namespace {

constexpr int64_t none    = -1;
constexpr int64_t unknown = -2;

constexpr int    start_with    = 3;    // place in half_lives before there is evidence
constexpr double memory_tokens = 128;  // of the tuner
constexpr double must_win      = 0.005;

constexpr double never = -std::numeric_limits<double>::infinity();

// log2(2^a + 1)
double log2_plus_one(double a) {
    if (a < -50) {
        return 0;
    }
    return a > 50 ? a : std::log2(1 + std::exp2(a));
}

}  // namespace

// 0.5: recency decides alone, as in LRU
const double half_lives[N_HALF_LIVES] = { 0.5, 2, 8, 32, 128, 512 };

int nearest_half_life(double tokens) {
    int nearest = 0;
    for (int h = 1; h < N_HALF_LIVES; h++) {
        if (std::fabs(half_lives[h] - tokens) < std::fabs(half_lives[nearest] - tokens)) {
            nearest = h;
        }
    }
    return nearest;
}

// ---- expert_scores ------------------------------------------------------------------------------------------------------

void expert_scores::add_layer(uint32_t n_experts) {
    layers_.emplace_back();
    layers_.back().n_experts = n_experts;
    layers_.back().value.assign((size_t) N_MEASURES * n_experts, never);
}

void expert_scores::use(size_t layer, const int32_t * ids, int64_t n) {
    row & r = layers_[layer];
    r.tokens++;
    for (int h = 0; h < N_HALF_LIVES; h++) {
        r.now[h] = r.tokens / half_lives[h];
        double * value = r.value.data() + (size_t) h * r.n_experts;
        for (int64_t i = 0; i < n; i++) {
            value[ids[i]] = r.now[h] + log2_plus_one(value[ids[i]] - r.now[h]);
        }
    }
    double * recency = r.value.data() + (size_t) BY_RECENCY * r.n_experts;
    double * count   = r.value.data() + (size_t) BY_COUNT * r.n_experts;
    for (int64_t i = 0; i < n; i++) {
        recency[ids[i]] = ++clock_;
        count[ids[i]]   = std::max(0.0, count[ids[i]]) + 1;
    }
}

void expert_scores::seed(size_t layer, uint32_t expert, double value) {
    row & r = layers_[layer];
    // a use in every token sums up to about half_life / ln 2
    const double longest = half_lives[N_HALF_LIVES - 1];
    value = std::min(std::max(value, -60.0), std::log2(longest / std::log(2.0)));
    for (int by = 0; by < N_MEASURES; by++) {
        double & mine = r.value[(size_t) by * r.n_experts + expert];
        if (mine != never) {
            continue;
        }
        if (by < N_HALF_LIVES) {
            mine = r.now[by] + value + std::log2(half_lives[by] / longest); // as if used as often as it was, until now
        } else {
            mine = by == BY_COUNT ? std::exp2(value) : value - 1e6;
        }
    }
}

// ---- ghost_cache --------------------------------------------------------------------------------------------------------

void ghost_cache::compare_by(int by) {
    if (by_ != by) {
        by_ = by;
        std::fill(lowest_.begin(), lowest_.end(), unknown);
    }
}

void ghost_cache::resize(size_t slots) {
    if (resident_.empty()) {
        for (size_t layer = 0; layer < scores_->n_layers(); layer++) {
            resident_.emplace_back(scores_->n_experts(layer), 0);
            lowest_.push_back(none);
        }
    }
    slots_ = slots;
    while (used_ > slots_) {
        evict_lowest();
    }
}

bool ghost_cache::access(size_t layer, uint32_t expert) {
    if (lowest_[layer] == (int64_t) expert) {
        lowest_[layer] = unknown; // it is worth more now
    }
    if (resident_[layer][expert]) {
        return true;
    }
    if (slots_ == 0) {
        return false;
    }
    if (used_ >= slots_) {
        evict_lowest();
    }
    resident_[layer][expert] = 1;
    used_++;
    lowest_[layer] = unknown;
    return false;
}

void ghost_cache::evict_lowest() {
    double lowest = 0;
    size_t from   = 0;
    bool   found  = false;
    for (size_t layer = 0; layer < resident_.size(); layer++) {
        if (lowest_[layer] == unknown) {
            lowest_[layer] = none;
            double worth = 0;
            for (uint32_t e = 0; e < resident_[layer].size(); e++) {
                if (resident_[layer][e]) {
                    const double value = scores_->value(by_, layer, e);
                    if (lowest_[layer] == none || value < worth) {
                        lowest_[layer] = e;
                        worth = value;
                    }
                }
            }
        }
        if (lowest_[layer] == none) {
            continue;
        }
        const double value = scores_->value(by_, layer, (uint32_t) lowest_[layer]);
        if (!found || value < lowest) {
            lowest = value;
            from   = layer;
            found  = true;
        }
    }
    if (found) {
        resident_[from][(size_t) lowest_[from]] = 0;
        lowest_[from] = unknown;
        used_--;
    }
}

// ---- half_life_tuner ----------------------------------------------------------------------------------------------------

half_life_tuner::half_life_tuner(const expert_scores & scores) : n_layers_(scores.n_layers()), best_(start_with) {
    for (int h = 0; h < N_HALF_LIVES; h++) {
        ghosts_.emplace_back(scores, h);
    }
}

void half_life_tuner::resize(size_t slots) {
    for (auto & ghost : ghosts_) {
        ghost.resize(slots);
    }
}

bool half_life_tuner::use(size_t layer, const uint32_t * experts, size_t n, bool count) {
    for (int h = 0; h < N_HALF_LIVES; h++) {
        int hits = 0;
        for (size_t i = 0; i < n; i++) {
            hits += ghosts_[(size_t) h].access(layer, experts[i]);
        }
        hits_[h] += count ? hits : 0;
    }
    uses_ += count ? (double) n : 0;
    return count && ++since_ >= n_layers_ && decide();
}

bool half_life_tuner::decide() {
    since_ = 0;
    int leader = best_;
    for (int h = 0; h < N_HALF_LIVES; h++) {
        if (hits_[h] > hits_[leader]) {
            leader = h;
        }
    }
    const bool change = hits_[leader] > hits_[best_] + must_win * uses_;
    if (change) {
        best_ = leader;
    }
    for (double & hits : hits_) {
        hits *= 1 - 1 / memory_tokens;
    }
    uses_ *= 1 - 1 / memory_tokens;
    return change;
}

}  // namespace thimble
