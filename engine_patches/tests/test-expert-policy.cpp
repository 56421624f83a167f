// What would have been kept: traces of several kinds under every policy.

#include "expert-policy.h"

#include "harness.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace thimble;

namespace {

constexpr int n_layers  = 8;
constexpr int n_experts = 32;
constexpr int n_used    = 4;

using trace = std::vector<int32_t>;

// One token after the other; `popularity` gives the weight of an expert of a layer at a token.
template <typename F> trace make(int n_tokens, uint32_t seed, F popularity) {
    std::mt19937 random(seed);
    trace        values;
    for (int token = 0; token < n_tokens; token++) {
        for (int layer = 0; layer < n_layers; layer++) {
            values.insert(values.end(), { layer, 1, n_used });
            // the largest of log(weight) + Gumbel noise: a draw without replacement
            std::vector<std::pair<double, int>> keys;
            for (int e = 0; e < n_experts; e++) {
                const double uniform = (random() + 0.5) / 4294967296.0;
                keys.push_back({ popularity(token, layer, e) - std::log(-std::log(uniform)), e });
            }
            std::sort(keys.rbegin(), keys.rend());
            for (int i = 0; i < n_used; i++) {
                values.push_back(keys[(size_t) i].second);
            }
        }
    }
    return values;
}

double hash(int a, int b) { // 0…1
    std::minstd_rand random((uint32_t) (a * 7919 + b * 104729 + 17));
    random.discard(3);
    return (double) random() / (double) std::minstd_rand::max();
}

// the paper's: few experts in half of the tokens, most in a few
double skewed(int, int layer, int e) {
    return hash(layer, e) < 0.25 ? 2.2 : 0;
}

double drifting(int token, int layer, int e) {
    return 1.5 * std::sin(token / 60.0 + 6.28 * hash(layer, e));
}

double topics(int token, int layer, int e) {
    return hash(layer + 100 * (token / 150), e) < 0.3 ? 2.5 : 0;
}

double flat(int, int, int) {
    return 0;
}

double rate(const trace & values, thimble_policy policy, uint64_t slots, double half_life = 0) {
    thimble_replay_options options {};
    options.policy     = policy;
    options.half_life  = half_life;
    options.slots      = slots;
    options.count_from = values.size() / (3 + n_used) / 4;
    replay_outcome outcome;
    CHECK(replay(values.data(), values.size(), options, outcome));
    return (double) outcome.hits / (double) outcome.uses;
}

constexpr uint64_t quarter = n_layers * n_experts / 4;
constexpr uint64_t third   = n_layers * n_experts / 3;

void never_much_worse_than_lru(double (*popularity)(int, int, int)) {
    for (uint32_t seed = 1; seed <= 3; seed++) {
        const trace values = make(600, seed, popularity);
        for (uint64_t slots : { quarter / 2, quarter, third, 2 * third }) {
            CHECK(rate(values, THIMBLE_POLICY_LRFU, slots) > rate(values, THIMBLE_POLICY_LRU, slots) - 0.02);
        }
    }
}

}  // namespace

TEST(ours_is_never_much_worse_than_lru_when_use_is_skewed) { never_much_worse_than_lru(skewed); }

TEST(ours_is_never_much_worse_than_lru_when_use_drifts) { never_much_worse_than_lru(drifting); }

TEST(ours_is_never_much_worse_than_lru_when_topics_change) { never_much_worse_than_lru(topics); }

TEST(ours_is_never_much_worse_than_lru_when_use_is_flat) { never_much_worse_than_lru(flat); }

TEST(ours_is_much_better_than_lru_when_use_is_skewed) {
    const trace values = make(600, 4, skewed);
    CHECK(rate(values, THIMBLE_POLICY_LRFU, quarter) > rate(values, THIMBLE_POLICY_LRU, quarter) + 0.1);
    CHECK(rate(values, THIMBLE_POLICY_LRFU, third) > 0.85 * rate(values, THIMBLE_POLICY_BELADY, third));
}

TEST(the_half_life_that_is_found_is_nearly_the_best) {
    for (auto popularity : { skewed, drifting, topics, flat }) {
        const trace values = make(800, 5, popularity);
        double best = 0;
        for (double half_life : half_lives) {
            best = std::max(best, rate(values, THIMBLE_POLICY_LRFU, quarter, half_life));
        }
        CHECK(rate(values, THIMBLE_POLICY_LRFU, quarter) > best - 0.025);
    }
}

TEST(nobody_beats_belady) {
    for (auto popularity : { skewed, drifting, topics, flat }) {
        const trace  values = make(200, 6, popularity);
        const double best   = rate(values, THIMBLE_POLICY_BELADY, quarter);
        for (auto policy : { THIMBLE_POLICY_LRFU, THIMBLE_POLICY_LRU, THIMBLE_POLICY_LFU, THIMBLE_POLICY_NONE }) {
            CHECK(rate(values, policy, quarter) <= best);
        }
    }
}

TEST(a_cache_for_everything_misses_each_expert_once) {
    const trace values = make(300, 7, flat);
    for (auto policy : { THIMBLE_POLICY_LRFU, THIMBLE_POLICY_LRU, THIMBLE_POLICY_LFU, THIMBLE_POLICY_BELADY }) {
        CHECK(rate(values, policy, n_layers * n_experts) == 1);
        CHECK(rate(values, policy, 0) == 0);
    }
}

TEST(lru_and_belady_by_hand) {
    // one layer, one expert a token: 1 2 3 1 2 3 4 1
    trace values;
    for (int32_t e : { 1, 2, 3, 1, 2, 3, 4, 1 }) {
        values.insert(values.end(), { 5, 1, 1, e });
    }
    const auto hits = [&](thimble_policy policy, uint64_t slots) {
        thimble_replay_options options {};
        options.policy = policy;
        options.slots  = slots;
        replay_outcome outcome;
        CHECK(replay(values.data(), values.size(), options, outcome));
        CHECK(outcome.uses == 8);
        return outcome.hits;
    };
    CHECK(hits(THIMBLE_POLICY_LRU, 2) == 0);
    CHECK(hits(THIMBLE_POLICY_LRU, 3) == 3);
    CHECK(hits(THIMBLE_POLICY_BELADY, 2) == 2); // 1 and 2 stay, or 1 and 3
    CHECK(hits(THIMBLE_POLICY_BELADY, 3) == 4);
}

TEST(a_long_prompt_leaves_what_the_conversation_uses) {
    // 100 tokens use experts 0 to 3 of every layer, then a prompt of 64 tokens uses all, then the conversation goes on
    trace values;
    const auto tokens = [&](int n) {
        for (int token = 0; token < n; token++) {
            for (int layer = 0; layer < n_layers; layer++) {
                values.insert(values.end(), { layer, 1, n_used, 0, 1, 2, 3 });
            }
        }
    };
    tokens(100);
    for (int layer = 0; layer < n_layers; layer++) {
        values.insert(values.end(), { layer, 64, n_used });
        for (int token = 0; token < 64; token++) {
            for (int i = 0; i < n_used; i++) {
                values.push_back((token % 2) ? i : (token * n_used + i) % n_experts);
            }
        }
    }
    const uint64_t before = values.size();
    tokens(1);
    thimble_replay_options options {};
    options.slots      = 2 * n_layers * n_used;
    options.count_from = 101 * n_layers;
    replay_outcome ours, lru;
    CHECK(replay(values.data(), values.size(), options, ours));
    options.policy = THIMBLE_POLICY_LRU;
    CHECK(replay(values.data(), values.size(), options, lru));
    CHECK(ours.uses == n_layers * n_used);
    CHECK(ours.hits == ours.uses);
    CHECK(lru.hits < lru.uses);
    CHECK(before < values.size());
}

TEST(what_is_no_trace_is_refused) {
    thimble_replay_options options {};
    options.slots = 4;
    replay_outcome outcome;
    for (const trace & values : { trace { 0, 1 }, trace { 0, 1, 2, 3 }, trace { -1, 1, 1, 0 }, trace { 0, -1, 1 },
                                  trace { 0, 1, 1, -5 }, trace { 0, 1, 1, 1 << 30 }, trace { 0, 1 << 30, 1 << 30 } }) {
        CHECK(!replay(values.data(), values.size(), options, outcome));
    }
    CHECK(replay(nullptr, 0, options, outcome));
    CHECK(outcome.uses == 0);
    options.policy = 99;
    CHECK(!replay(nullptr, 0, options, outcome));
}

TEST(what_no_store_could_have_recorded_is_refused) {
    replay_outcome         outcome;
    thimble_replay_options options {};
    options.slots = 4;
    const trace too_high = { 0, 1, 1, 4096 }, endless = { 0, 2147483647, 0 };
    CHECK(!replay(too_high.data(), too_high.size(), options, outcome));
    CHECK(!replay(endless.data(), endless.size(), options, outcome));
    trace layers;
    for (int layer = 0; layer <= 1024; layer++) {
        layers.insert(layers.end(), { layer, 1, 1, 0 });
    }
    CHECK(replay(layers.data(), layers.size() - 4, options, outcome));
    CHECK(!replay(layers.data(), layers.size(), options, outcome));
}

TEST(a_seed_is_worth_what_as_many_uses_would_be_under_every_half_life) {
    expert_scores used, seeded;
    used.add_layer(4);
    seeded.add_layer(4);
    for (int32_t token = 0; token < 4000; token++) {
        const int32_t id = token % 4; // each a quarter of the tokens
        used.use(0, &id, 1);
    }
    seeded.seed(0, 0, used.value(N_HALF_LIVES - 1, 0, 0));
    for (int by = 2; by < N_HALF_LIVES; by++) { // shorter ones depend on when the last use was
        CHECK(std::fabs(seeded.value(by, 0, 0) - used.value(by, 0, 0)) < 0.6);
    }
}

TEST(a_seed_that_cannot_be_is_worth_no_more_than_a_use_in_every_token) {
    expert_scores scores;
    scores.add_layer(2);
    scores.seed(0, 0, 1e300);
    for (int32_t token = 0, id = 1; token < 4000; token++) {
        scores.use(0, &id, 1);
    }
    for (int by = 0; by < N_HALF_LIVES; by++) {
        CHECK(scores.value(by, 0, 0) < scores.value(by, 0, 1));
    }
}
