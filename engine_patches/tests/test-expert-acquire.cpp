// What is read before compute comes to it: after the router has spoken, and by guess.

#include "store-fixture.h"

namespace {

constexpr int roles = 3;

std::vector<float> scores_for(uint32_t n, const std::vector<uint32_t> & best) {
    std::vector<float> scores(n, 0.0f);
    for (size_t i = 0; i < best.size(); i++) {
        scores[best[i]] = 1.0f - 0.1f * (float) i;
    }
    return scores;
}

void guess(fixture & f, uint32_t layer, const std::vector<uint32_t> & best) {
    const auto scores = scores_for(f.of.experts, best);
    f.store->guess(*f.matrices[layer].back(), scores.data(), f.of.experts);
}

// guesses for layer 1 that come true, until they are believed
void earn_trust(fixture & f, const std::vector<uint32_t> & best) {
    const std::vector<int32_t> ids(best.begin(), best.end());
    for (int i = 0; i < 3; i++) {
        f.token(0, ids);
        guess(f, 0, best);
        f.token(1, ids);
    }
}

}  // namespace

TEST(reads_begin_when_the_router_has_spoken) {
    fixture f;
    f.resize(8 * f.slot());
    f.acquire(1, { 2, 5 });
    f.wait_for_reads(2 * roles); // nobody has begun an op
    CHECK(f.resident(1, 2) && f.resident(1, 5));
    f.run(f.layer(1, { 2, 5 }));
    const auto stats = f.store->stats();
    CHECK(stats.uses == 2 && stats.misses == 2 && stats.in_time == 2);
    CHECK(f.disk.count_reads() == 2 * roles);
}

TEST(what_an_acquire_has_named_is_not_evicted_by_the_next) {
    shape s;
    s.policy = THIMBLE_POLICY_LRU;
    fixture f(s);
    f.resize(4 * f.slot());
    f.acquire(0, { 0, 1 });
    f.acquire(1, { 2, 3 });
    f.wait_for_reads(4 * roles);
    f.acquire(2, { 4 }); // no slot is free, and all are wanted still
    CHECK(f.resident(0, 0) && f.resident(0, 1) && f.resident(1, 2) && f.resident(1, 3));
    f.run(f.layer(0, { 0, 1 }));
    f.run(f.layer(1, { 2, 3 }));
    f.run(f.layer(2, { 4 }));
    CHECK(f.store->stats().resident_bytes <= 4 * f.slot());
}

TEST(more_experts_than_fit_go_through_one_by_one) {
    fixture f;
    f.resize(2 * f.slot());
    f.token(0, { 0, 1, 2, 3, 4 });
    CHECK(f.store->stats().uses == 5);
}

TEST(a_prompt_reads_the_next_layer_ahead) {
    fixture f;
    f.resize(24 * f.slot());
    std::vector<int32_t> ids;
    for (int32_t token = 0; token < 8; token++) {
        ids.insert(ids.end(), { token, (token + 1) % 8, (token + 2) % 8 });
    }
    f.acquire(0, ids, 8);
    f.wait_for_reads(16 * roles);
    for (uint32_t e = 0; e < 8; e++) {
        CHECK(f.resident(0, e) && f.resident(1, e) && !f.resident(2, e));
    }
    f.acquire(1, ids, 8);
    CHECK(f.store->stats().ahead_reads >= 8 && f.store->stats().ahead_used == 8);
}

TEST(a_trusted_guess_is_read_before_its_router_speaks) {
    fixture f;
    f.resize(8 * f.slot());
    earn_trust(f, { 1, 2 });
    const int before = f.disk.count_reads();
    f.token(0, { 1, 2 });
    CHECK(f.store->wants_guess(*f.matrices[0].back()));
    guess(f, 0, { 6, 7 });
    f.wait_for_reads(before + 2 * roles);
    CHECK(f.resident(1, 6) && f.resident(1, 7));
    f.token(1, { 6, 7 });
    const auto stats = f.store->stats();
    CHECK(stats.ahead_reads == 2 && stats.ahead_used == 2);
    CHECK(stats.guesses == 8 && stats.guesses_right == 8);
}

TEST(a_guess_that_is_on_its_way_when_compute_comes_is_late) {
    fixture f;
    f.resize(8 * f.slot());
    earn_trust(f, { 1, 2 });
    f.token(0, { 1, 2 });
    f.disk.hold(true);
    guess(f, 0, { 6, 7 });
    f.disk.wait_for_held(1);
    std::thread compute([&f] { f.token(1, { 6, 7 }); });
    while (f.store->stats().late == 0) {
        std::this_thread::yield();
    }
    f.disk.hold(false);
    compute.join();
    const auto stats = f.store->stats();
    CHECK(stats.ahead_late == stats.ahead_used && stats.late == stats.ahead_late);
    CHECK(stats.misses - stats.in_time >= stats.late);
}

TEST(a_guess_that_came_before_its_router_spoke_is_not_late) {
    fixture f;
    f.resize(8 * f.slot());
    earn_trust(f, { 1, 2 });
    const int before = f.disk.count_reads();
    f.token(0, { 1, 2 });
    guess(f, 0, { 6, 7 });
    f.wait_for_reads(before + 2 * roles);
    f.token(1, { 6, 7 });
    CHECK(f.store->stats().ahead_used == 2 && f.store->stats().ahead_late == 0 && f.store->stats().late == 0);
}

TEST(a_guess_nobody_trusts_yet_reads_nothing) {
    fixture f;
    f.resize(8 * f.slot());
    f.token(0, { 1, 2 });
    guess(f, 0, { 6, 7 });
    f.token(1, { 0, 1 });
    CHECK(f.store->stats().ahead_reads == 0);
    CHECK(f.store->stats().guesses == 2 && f.store->stats().guesses_right == 0);
}

TEST(wrong_guesses_are_given_up_for_a_while_and_tried_again) {
    fixture f;
    f.resize(8 * f.slot());
    int wanted = 0, asked = 0;
    for (int i = 0; i < 400; i++) {
        f.acquire(0, { 1, 2 });
        asked++;
        if (f.store->wants_guess(*f.matrices[0].back())) {
            wanted++;
            guess(f, 0, { 6, 7 });
        }
        f.acquire(1, { 0, 1 });
    }
    CHECK(f.store->stats().ahead_reads == 0);
    CHECK(wanted >= 100 && wanted < 140); // the first hundred, then one of 32
    CHECK(asked == 400);
}

TEST(nothing_is_guessed_when_everything_is_there) {
    shape s;
    s.flags = 0;
    fixture f(s);
    f.resize(f.store->stats().total_bytes);
    f.wait_for_reads((int) (s.layers * s.experts * roles));
    f.token(0, { 1, 2 });
    CHECK(!f.store->wants_guess(*f.matrices[0].back()));
}

TEST(a_failed_read_nobody_needs_is_no_error) {
    fixture f;
    f.resize(8 * f.slot());
    f.disk.set([](uint64_t, size_t) { return -EIO; });
    f.acquire(0, { 1, 2 });
    while (f.store->stats().errors < 2 * roles) {
        std::this_thread::yield();
    }
    CHECK(!f.store->failed());
    f.disk.set(nullptr);
    f.run(f.layer(0, { 1, 2 }));
    std::string error;
    CHECK(!f.store->take_error(error));
}

TEST(with_no_policy_nothing_is_kept) {
    shape s;
    s.policy = THIMBLE_POLICY_NONE;
    fixture f(s);
    f.resize(16 * f.slot());
    for (int i = 0; i < 5; i++) {
        for (uint32_t layer = 0; layer < s.layers; layer++) {
            f.token(layer, { 1, 2 });
            for (int others = 0; others < 5; others++) {
                f.acquire((layer + 1) % s.layers, { 3 }); // the reservations of the layer before end
            }
        }
    }
    CHECK(!f.resident(0, 1));
}

TEST(what_was_hot_is_told_and_read_first_in_the_next_run) {
    std::vector<thimble_hot_expert> hot(64);
    {
        fixture f;
        f.resize(8 * f.slot());
        for (int i = 0; i < 10; i++) {
            f.token(2, { 5, 6 });
            f.token(1, { i % 8 });
        }
        CHECK(f.store->hot(nullptr, 0) == 10);
        hot.resize(f.store->hot(hot.data(), (uint32_t) hot.size()));
        CHECK(hot[0].layer == 2 && hot[1].layer == 2 && hot[0].expert + hot[1].expert == 11);
    }
    shape s;
    s.flags = 0; // fill
    fixture f(s);
    hot.push_back({ 77, 0, 1.0 }); // of another model
    hot.push_back({ 0, 1000, 1.0 });
    f.store->warm(hot.data(), (uint32_t) hot.size());
    f.resize(2 * f.slot());
    f.wait_for_reads(2 * roles);
    CHECK(f.resident(2, 5) && f.resident(2, 6));
}

TEST(asking_first_at_random_leaves_every_byte_right) {
    for (uint32_t seed = 1; seed <= 3; seed++) {
        shape s;
        s.flags = seed == 3 ? THIMBLE_STORE_FUZZ : 0;
        s.seed  = seed;
        s.bytes = { 3000, 5000 };
        fixture f(s);
        f.resize((5 + seed) * f.slot());
        std::mt19937 random(seed);
        for (int i = 0; i < 120; i++) {
            const uint32_t layer = random() % s.layers;
            const int32_t  a     = (int32_t) (random() % s.experts);
            const int32_t  b     = (a + 1 + (int32_t) (random() % (s.experts - 1))) % (int32_t) s.experts;
            if (random() % 4) {
                f.acquire(layer, { a, b });
            }
            if (layer + 1 < s.layers && f.store->wants_guess(*f.matrices[layer].back())) {
                guess(f, layer, { (uint32_t) b, (uint32_t) a });
            }
            if (random() % 8) { // else the graph was stopped
                f.run(f.layer(layer, { (uint32_t) a, (uint32_t) b }));
            }
            const auto stats = f.store->stats();
            CHECK(stats.resident_bytes <= stats.budget_bytes);
        }
    }
}

TEST(without_early_reads_an_acquire_only_counts) {
    shape s;
    s.flags = THIMBLE_STORE_NO_FILL | THIMBLE_STORE_NO_EARLY;
    fixture f(s);
    f.resize(8 * f.slot());
    f.acquire(1, { 2, 5 });
    CHECK(!f.store->wants_guess(*f.matrices[1].back()));
    CHECK(f.disk.count_reads() == 0 && f.store->stats().uses == 2);
    f.run(f.layer(1, { 2, 5 }));
    CHECK(f.store->stats().uses == 2);
}

TEST(the_timeline_tells_what_happened_in_order) {
    fixture f;
    f.resize(8 * f.slot());
    f.store->timeline_start(1000);
    f.token(1, { 2 });
    f.store->timeline_start(0);
    f.token(1, { 3 });
    std::vector<thimble_event> events(1000);
    events.resize(f.store->timeline_read(events.data(), events.size()));
    int kinds[8] = {};
    for (size_t i = 0; i < events.size(); i++) {
        CHECK(i == 0 || events[i].time_ns >= events[i - 1].time_ns);
        kinds[events[i].kind]++;
    }
    CHECK(events[0].kind == THIMBLE_EVENT_ACQUIRE && events[0].layer == 1);
    CHECK(kinds[THIMBLE_EVENT_READ_BEGIN] == roles && kinds[THIMBLE_EVENT_READ_END] == roles);
    CHECK(kinds[THIMBLE_EVENT_OP_BEGIN] == roles && kinds[THIMBLE_EVENT_OP_END] == roles);
    CHECK(f.store->timeline_read(events.data(), 1) == 0);
}
