#pragma once

// Which expert shall make room: what each is worth, and what other policies would have kept.
//
// LRFU (Lee et al., "LRFU: A Spectrum of Policies that Subsumes the Least Recently Used and Least Frequently Used
// Policies", IEEE ToC 2001): a use is worth 1 and loses half of that every half-life; an expert is worth the sum. Time
// is counted in tokens of the expert's own layer, so that layers compare while a prompt goes through them one by one.
// Which half-life suits a model and a conversation differs, so directories without data (ghosts) follow several at
// once, and the one with the most hits of late decides.
//
// No locks here, and no memory but for these numbers: the store guards it, and `replay` runs it over a recorded trace.

#include "thimble-api.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace thimble {

// What experts are compared by: a half-life, or the two extremes.
enum measure : int {
    BY_HALF_LIFE = 0, // + place in half_lives
    N_HALF_LIVES = 6,
    BY_RECENCY   = N_HALF_LIVES, // LRU
    BY_COUNT,                    // LFU
    N_MEASURES,
};

extern const double half_lives[N_HALF_LIVES]; // tokens

int nearest_half_life(double tokens); // place in half_lives

class expert_scores {
  public:
    void add_layer(uint32_t n_experts);

    // one token of a layer; ids are its experts, each once
    void use(size_t layer, const int32_t * ids, int64_t n);

    // Higher is worth more: log2 of the decayed sum, the time of the last use, or the count. Never used: -infinity.
    double value(int by, size_t layer, uint32_t expert) const {
        const row & r = layers_[layer];
        return r.value[(size_t) by * r.n_experts + expert] - r.now[by];
    }

    // One that has not been used is worth so much (by the longest half-life), as it was in an earlier run.
    void seed(size_t layer, uint32_t expert, double value);

    double   clock() const { return clock_; } // uses so far, for BY_RECENCY
    size_t   n_layers() const { return layers_.size(); }
    uint32_t n_experts(size_t layer) const { return layers_[layer].n_experts; }

  private:
    struct row {
        uint32_t            n_experts = 0;
        double              tokens    = 0;
        double              now[N_MEASURES] = {}; // what the decay has taken from all
        std::vector<double> value;                // by measure and expert, without that
    };

    std::vector<row> layers_;
    double           clock_ = 0;
};

// What a cache of so many slots would hold.
class ghost_cache {
  public:
    ghost_cache(const expert_scores & scores, int by) : scores_(&scores), by_(by) {}

    void compare_by(int by);
    void resize(size_t slots);

    // the expert is used, after scores().use: whether it was there
    bool access(size_t layer, uint32_t expert);

  private:
    const expert_scores *             scores_;
    int                               by_;
    size_t                            slots_ = 0;
    size_t                            used_  = 0;
    std::vector<std::vector<uint8_t>> resident_;
    std::vector<int64_t>              lowest_; // of each layer; none, unknown

    void evict_lowest();
};

// Follows all half-lives with ghosts of the cache's size and tells the best.
class half_life_tuner {
  public:
    explicit half_life_tuner(const expert_scores & scores);

    void resize(size_t slots);

    // after scores().use; `count` whether the hits tell something: decode, not a prompt that uses everything.
    // True when `best` has changed.
    bool use(size_t layer, const uint32_t * experts, size_t n, bool count);

    int best() const { return best_; }

  private:
    std::vector<ghost_cache> ghosts_;
    double                   hits_[N_HALF_LIVES] = {};
    double                   uses_ = 0;
    size_t                   since_ = 0; // uses since the last decision
    size_t                   n_layers_ = 0;
    int                      best_;

    bool decide();
};

struct replay_outcome {
    uint64_t uses      = 0;
    uint64_t hits      = 0;
    double   half_life = 0; // at the end; 0: none
};

// What a cache of `slots` experts, empty at first, would have done on a trace (see thimble_api.trace_start).
// False: the values are no trace, or the policy is unknown.
bool replay(const int32_t * values, uint64_t count, const thimble_replay_options & options, replay_outcome & outcome);

}  // namespace thimble
