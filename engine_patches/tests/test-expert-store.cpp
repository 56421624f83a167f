#include "store-fixture.h"

#include <atomic>

using thimble::expert_store;

namespace {

std::vector<uint32_t> all(uint32_t n) {
    std::vector<uint32_t> experts(n);
    for (uint32_t i = 0; i < n; i++) {
        experts[i] = i;
    }
    return experts;
}

std::atomic<bool> stop_now { false };

bool stop_flag(const void *) {
    return stop_now.load();
}

thimble::repack_fn swap_bits(size_t bytes) {
    return [bytes](void * dst, const void * src) {
        for (size_t i = 0; i < bytes; i++) {
            ((unsigned char *) dst)[i] = ((const unsigned char *) src)[i] ^ 0x5a;
        }
    };
}

}  // namespace

TEST(every_expert_has_the_bytes_of_its_place) {
    for (size_t alignment : { (size_t) 1, (size_t) 512, (size_t) 4096 }) {
        fixture f({}, alignment);
        f.resize(f.store->stats().total_bytes);
        for (uint32_t layer = 0; layer < f.of.layers; layer++) {
            f.run(f.layer(layer, all(f.of.experts)));
        }
        CHECK(f.store->stats().resident_experts == f.of.layers * f.of.experts);
    }
}

TEST(merged_matrices_of_several_sizes_in_several_files_are_right) {
    shape s;
    s.roles = { THIMBLE_ROLE_GATE_UP, THIMBLE_ROLE_DOWN };
    s.bytes = { 3000, 9000, 5000 };
    s.files = 3;
    fixture f(s);
    f.resize(3 * f.slot());
    for (int round = 0; round < 3; round++) {
        for (uint32_t layer = 0; layer < s.layers; layer++) {
            f.run(f.layer(layer, { 1, 5, 6 }));
        }
    }
    CHECK(f.store->stats().resident_bytes <= f.store->stats().budget_bytes);
}

TEST(matrices_are_rearranged_as_they_arrive) {
    shape s;
    s.repack = swap_bits;
    fixture f(s);
    f.resize(4 * f.slot());
    for (int round = 0; round < 2; round++) {
        f.run(f.layer(0, { 0, 3, 7 }));
        f.run(f.layer(1, { 2, 3, 4 }));
    }
    CHECK(f.store->stats().repack_ns > 0);
}

TEST(uses_hits_and_misses_are_counted_once_per_layer) {
    fixture f;
    f.resize(f.store->stats().total_bytes);
    f.run(f.layer(0, { 1, 2, 3 }));
    f.run(f.layer(0, { 2, 3, 4 }));
    const auto stats = f.store->stats();
    CHECK(stats.uses == 6);
    CHECK(stats.hits == 2);
    CHECK(stats.misses == 4);
    CHECK(stats.reads == 4 * 3);
    CHECK(stats.evictions == 0);
}

TEST(the_least_recently_used_goes_first) {
    fixture f;
    f.resize(3 * f.slot());
    f.run(f.layer(0, { 0 }));
    f.run(f.layer(0, { 1 }));
    f.run(f.layer(0, { 2 }));
    f.run(f.layer(0, { 0 })); // 1 is the oldest now
    f.run(f.layer(1, { 5 }));
    std::vector<thimble_expert_info> infos(32);
    CHECK(f.store->experts(infos.data(), 32) == 32);
    CHECK(infos[0].resident && !infos[1].resident && infos[2].resident && infos[8 + 5].resident);
    CHECK(infos[0].uses == 2 && infos[0].misses == 1 && infos[8 + 5].layer == 1 && infos[8 + 5].expert == 5);
}

TEST(less_than_a_slot_is_refused_with_what_is_needed) {
    fixture     f;
    std::string error;
    CHECK(!f.store->resize(f.slot() - 1, error));
    CHECK(error.find("at least 1 MiB") != std::string::npos);
    CHECK(f.store->stats().budget_bytes == 0);
}

TEST(one_slot_is_enough_for_everything) {
    fixture f;
    f.resize(f.slot());
    for (uint32_t layer = 0; layer < f.of.layers; layer++) {
        f.run(f.layer(layer, all(f.of.experts)), 3);
    }
}

TEST(what_does_not_fit_is_read_once_per_op) {
    fixture f;
    f.resize(3 * f.slot());
    f.run(f.layer(0, all(8)));
    CHECK(f.store->stats().reads == 8 * 3);
    CHECK(f.store->stats().resident_bytes <= 3 * f.slot());
}

TEST(a_store_nobody_gave_memory_takes_the_least) {
    fixture f;
    f.run(f.layer(2, { 1, 2, 3 }));
    CHECK(f.store->stats().budget_bytes == f.slot());
}

TEST(two_contexts_share_few_slots_without_a_deadlock) {
    fixture f;
    f.resize(2 * f.slot());
    std::vector<std::thread> contexts;
    static int keys[3];
    for (int c = 0; c < 3; c++) {
        contexts.emplace_back([&, c] {
            for (uint32_t round = 0; round < 6; round++) {
                f.run(f.layer((round + (uint32_t) c) % 4, { 0, 2, 4, 6 }), 2, &keys[c]);
            }
        });
    }
    for (auto & context : contexts) {
        context.join();
    }
}

TEST(memory_is_taken_and_given_while_threads_walk) {
    shape s;
    s.bytes = { 3000, 5000 };
    for (bool mixed : { false, true }) {
        if (!mixed) {
            s.bytes = { 3000 };
        } else {
            s.bytes = { 3000, 5000 };
        }
        fixture f(s);
        const uint64_t total = f.store->stats().total_bytes;
        f.resize(total);
        std::atomic<bool> done { false };
        std::thread resizer([&] {
            std::mt19937 random(3);
            while (!done) {
                const uint64_t wanted = 2 * f.slot() + random() % total;
                f.resize(wanted);
                CHECK(f.store->stats().resident_bytes <= wanted);
            }
        });
        for (uint32_t round = 0; round < 40; round++) {
            f.run(f.layer(round % 4, { round % 8, (round + 3) % 8, (round + 5) % 8 }));
        }
        done = true;
        resizer.join();
    }
}

TEST(a_failed_read_gives_zeros_a_sentence_and_another_try) {
    shape s;
    s.roles = { THIMBLE_ROLE_GATE };
    fixture f(s);
    f.resize(f.store->stats().total_bytes);
    f.disk.set([](uint64_t, size_t) { return (int64_t) -EIO; });
    f.run(f.layer(0, { 1 }), 2, nullptr, nullptr, false);
    CHECK(f.store->failed());
    CHECK(f.matrices[0][0]->data(1)[0] == 0);
    std::string error;
    CHECK(f.store->take_error(error));
    CHECK(error.find("model.gguf") != std::string::npos);
    CHECK(!f.store->failed());
    CHECK(!f.store->take_error(error));
    CHECK(f.store->stats().errors == 1);
    f.disk.set(nullptr);
    f.run(f.layer(0, { 1 }));
}

TEST(a_changed_file_is_an_error_of_its_own) {
    fixture f;
    f.resize(f.store->stats().total_bytes);
    f.disk.same = false;
    f.run(f.layer(0, { 1 }), 1, nullptr, nullptr, false);
    std::string error;
    CHECK(f.store->take_error(error));
    CHECK(error.find("changed while it was in use") != std::string::npos);
}

TEST(passing_faults_are_not_noticed) {
    shape s;
    s.readers = 1; // so that no read gets all the errors
    fixture f(s);
    f.resize(f.store->stats().total_bytes);
    int n = 0;
    f.disk.set([n](uint64_t, size_t size) mutable -> int64_t {
        switch (n++ % 5) {
            case 0:  return -EINTR;
            case 1:  return -EIO;
            case 2:  return (int64_t) size > 1024 ? 1024 : (int64_t) size;
            default: return (int64_t) size;
        }
    });
    for (uint32_t layer = 0; layer < 4; layer++) {
        f.run(f.layer(layer, { 1, 4, 6 }));
    }
    CHECK(!f.store->failed());
    CHECK(f.store->stats().retries > 0);
}

TEST(direct_reads_that_are_refused_go_through_the_page_cache) {
    fixture f;
    f.resize(f.store->stats().total_bytes);
    std::atomic<int> refused { 0 };
    f.disk.set([&refused](uint64_t offset, size_t size) -> int64_t {
        return offset % 512 == 0 && size % 512 == 0 && refused++ < 1 ? -EINVAL : (int64_t) size;
    });
    f.run(f.layer(0, { 1, 4, 6 }));
    CHECK(f.store->stats().direct_io == 0);
}

TEST(a_file_that_stops_reading_directly_moves_nothing_that_is_there) {
    fixture f({}, 4096);
    f.resize(f.store->stats().total_bytes);
    const uint64_t slot = f.slot();
    f.run(f.layer(0, { 1 }));
    std::atomic<int> refused { 0 };
    f.disk.set([&refused](uint64_t, size_t size) -> int64_t { return refused++ < 1 ? -EINVAL : (int64_t) size; });
    f.run(f.layer(1, { 2 }));
    CHECK(f.store->stats().direct_io == 0);
    CHECK(f.slot() == slot);
    f.run(f.layer(0, { 1, 3 }));
    f.run(f.layer(1, { 2, 5 }));
}

TEST(a_stop_forgets_what_was_queued) {
    shape s;
    s.readers = 1;
    fixture f(s);
    f.resize(f.store->stats().total_bytes);
    f.disk.hold(true);
    stop_now = false;
    std::thread stopper([&] {
        f.disk.wait_for_held(1);
        stop_now = true;
    });
    f.run(f.layer(0, all(8)), 2, nullptr, stop_flag, false);
    stopper.join();
    stop_now = false;
    f.disk.hold(false);
    f.run(f.layer(1, { 0 }), 2, nullptr, stop_flag);
    CHECK(f.disk.count_reads() == 1 + 3); // the one that was on its way, and what the next op needs
}

TEST(stopping_ends_the_wait_for_a_disk_that_hangs) {
    fixture f;
    f.resize(4 * f.slot());
    f.disk.hold(true);
    stop_now = false;
    std::thread stopper([&] {
        f.disk.wait_for_held(1);
        stop_now = true;
    });
    f.run(f.layer(0, { 1, 2 }), 2, nullptr, stop_flag, false);
    stopper.join();
    stop_now = false;
    f.disk.hold(false);
    f.run(f.layer(0, { 1, 2 }), 2, nullptr, stop_flag);
    f.run(f.layer(1, all(8)), 2, nullptr, stop_flag);
}

TEST(a_store_ends_with_reads_in_flight) {
    auto f = std::make_unique<fixture>();
    f->resize(4 * f->slot());
    f->disk.hold(true);
    stop_now = false;
    std::thread stopper([&] {
        f->disk.wait_for_held(1);
        stop_now = true;
    });
    f->run(f->layer(0, { 1, 2 }), 1, nullptr, stop_flag, false);
    stopper.join();
    std::thread release([&] { f->disk.hold(false); });
    f->store.reset();
    release.join();
}

TEST(waiting_is_counted_only_when_nothing_can_be_computed) {
    fixture f;
    f.resize(f.store->stats().total_bytes);
    f.disk.hold(true);
    std::thread release([&] {
        while (f.store->stats().stall_ns == 0) {
            std::this_thread::yield();
        }
        f.disk.hold(false);
    });
    f.run(f.layer(0, { 1, 2 }));
    release.join();
    const uint64_t before = f.store->stats().stall_ns;
    f.run(f.layer(0, { 1, 2 })); // all there
    CHECK(f.store->stats().stall_ns == before);
}

TEST(the_trace_holds_whole_records_and_ends_when_it_is_full) {
    fixture f;
    f.resize(f.store->stats().total_bytes);
    f.store->trace_start(2 * (3 + 2) + 1);
    f.run(f.layer(0, { 1, 2 }));
    f.run(f.layer(3, { 4, 7 }));
    f.run(f.layer(1, { 0, 5 })); // there is no room for it
    int32_t values[16];
    CHECK(f.store->trace_read(values, 4) == 0); // no whole record fits
    CHECK(f.store->trace_read(values, 5) == 5);
    const int32_t first[] = { 0, 1, 2, 1, 2 };
    CHECK(std::memcmp(values, first, sizeof(first)) == 0);
    CHECK(f.store->trace_read(values, 16) == 5);
    const int32_t second[] = { 3, 1, 2, 4, 7 };
    CHECK(std::memcmp(values, second, sizeof(second)) == 0);
    CHECK(f.store->trace_read(values, 16) == 0);
}

TEST(idle_readers_fill_free_memory_and_no_more) {
    shape s;
    s.flags = 0;
    fixture f(s);
    f.resize(5 * f.slot());
    while (f.store->stats().resident_experts < 5) {
        std::this_thread::yield();
    }
    const auto stats = f.store->stats();
    CHECK(stats.filled == 5);
    CHECK(stats.uses == 0);
    f.run(f.layer(0, { 0, 4 }));
    CHECK(f.store->stats().hits == 2);
}

TEST(names_and_places_that_cannot_be_are_refused) {
    fixture     f;
    std::string error;
    const auto  refused = [&](const char * name, uint64_t offset, uint32_t n, uint32_t file = 0) {
        error.clear();
        return f.store->bind(name, file, offset, 3000, n, {}, error) == nullptr && !error.empty();
    };
    CHECK(refused("blk.9.ffn_gate.weight", 0, 8));
    CHECK(refused("blk.9.ffn_side_exps.weight", 0, 8));
    CHECK(refused("blk.9.ffn_gate_exps.bias", 0, 8));
    CHECK(refused("output.weight", 0, 8));
    CHECK(refused("blk.9.ffn_gate_exps.weight", f.disk.size - 8 * 3000 + 1, 8));
    CHECK(error.find("incomplete") != std::string::npos);
    CHECK(refused("blk.9.ffn_gate_exps.weight", ~0ull, 8));
    CHECK(refused("blk.9.ffn_gate_exps.weight", 0, 0));
    CHECK(refused("blk.9.ffn_gate_exps.weight", 0, thimble::max_experts + 1));
    CHECK(refused("blk.9.ffn_gate_exps.weight", 0, 8, 1));
    CHECK(refused("blk.0.ffn_gate_exps.weight", 0, 8)); // is there already
    CHECK(refused("blk.0.ffn_gate_up_exps.weight", 0, 7)); // another number of experts
    f.resize(f.slot());
    CHECK(refused("blk.9.ffn_gate_exps.weight", 0, 8)); // too late
}

TEST(random_ops_evictions_and_delays_leave_every_byte_right) {
    for (uint32_t seed = 0; seed < 6; seed++) {
        shape s;
        s.flags   = seed % 2 ? THIMBLE_STORE_FUZZ : THIMBLE_STORE_FUZZ | THIMBLE_STORE_NO_FILL;
        s.seed    = seed;
        s.bytes   = seed % 3 ? std::vector<size_t> { 3000 } : std::vector<size_t> { 3000, 7000 };
        s.repack  = seed % 4 < 2 ? swap_bits : nullptr;
        s.readers = 1 + seed % 4;
        fixture      f(s, seed % 2 ? 512 : 4096);
        std::mt19937 random(seed);
        f.resize((2 + random() % 12) * f.slot());
        std::vector<op> ops;
        for (int round = 0; round < 25; round++) {
            std::vector<uint32_t> experts;
            for (uint32_t e = 0; e < s.experts; e++) {
                if (random() % 3 == 0) {
                    experts.push_back(e);
                }
            }
            const auto layer = f.layer(random() % s.layers, experts);
            ops.insert(ops.end(), layer.begin(), layer.end());
        }
        std::atomic<bool> done { false };
        std::thread watcher([&] {
            while (!done) {
                const auto stats = f.store->stats();
                CHECK(stats.resident_bytes <= stats.budget_bytes);
                std::this_thread::yield();
            }
        });
        f.run(ops, 4);
        done = true;
        watcher.join();
    }
}
