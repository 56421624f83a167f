#pragma once

// A store over a fake disk, and ops on it as ggml runs them: thread 0 begins, a barrier, every thread walks, a barrier.

#include "expert-store.h"

#include "fake-file.h"

#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

class barrier {
  public:
    explicit barrier(int count) : count_(count) {}

    void wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        const int round = round_;
        if (++arrived_ == count_) {
            arrived_ = 0;
            round_++;
            all_.notify_all();
            return;
        }
        all_.wait(lock, [&] { return round_ != round; });
    }

  private:
    const int               count_;
    int                     arrived_ = 0;
    int                     round_   = 0;
    std::mutex              mutex_;
    std::condition_variable all_;
};

struct op {
    thimble::expert_matrix * matrix;
    std::vector<uint32_t>    experts;
};

// how a fixture's model is made
struct shape {
    uint32_t            layers  = 4;
    uint32_t            experts = 8;
    std::vector<size_t> bytes   = { 3000 };                  // of one expert's matrix, layer by layer in turn
    std::vector<thimble_role> roles = { THIMBLE_ROLE_GATE, THIMBLE_ROLE_UP, THIMBLE_ROLE_DOWN };
    uint32_t            files   = 1;
    uint32_t            flags   = THIMBLE_STORE_NO_FILL;
    uint32_t            seed    = 1;
    uint32_t            readers = 0;
    thimble_policy      policy  = THIMBLE_POLICY_LRFU;
    uint64_t            first   = 32 * 7;                    // where the experts begin in the file
    thimble::repack_fn (*repack)(size_t bytes) = nullptr;
};

struct fixture {
    fake_disk                                disk;
    std::unique_ptr<thimble::expert_store>   store;
    std::vector<std::vector<thimble::expert_matrix *>> matrices; // by layer and place in shape.roles
    shape                                    of;

    explicit fixture(const shape & s = {}, size_t alignment = 512) : of(s) {
        disk.alignment = alignment;
        std::vector<const char *> names(s.files, "model.gguf");
        thimble_store_options     options {};
        options.size         = sizeof(options);
        options.n_files      = s.files;
        options.files        = names.data();
        options.n_io_threads = s.readers;
        options.repack       = s.repack ? 15 : 0;
        options.flags        = s.flags;
        options.seed         = s.seed;
        options.policy       = s.policy;
        uint32_t    opened = 0;
        std::string error;
        store = thimble::expert_store::create(options, error, [&](const std::string &, bool, std::string &) {
            return std::unique_ptr<thimble::model_file>(new fake_file(disk, opened++));
        });
        CHECK(store != nullptr);
        uint64_t end = s.first;
        for (uint32_t layer = 0; layer < s.layers; layer++) {
            end += s.roles.size() * s.experts * s.bytes[layer % s.bytes.size()];
        }
        disk.size = end;
        static const char * words[] = { "gate", "up", "gate_up", "down" };
        uint64_t offset = s.first;
        for (uint32_t layer = 0; layer < s.layers; layer++) {
            matrices.emplace_back();
            const size_t bytes = s.bytes[layer % s.bytes.size()];
            for (thimble_role role : s.roles) {
                const std::string name =
                    "blk." + std::to_string(layer) + ".ffn_" + words[role] + "_exps.weight";
                auto * matrix = store->bind(name, layer % s.files, offset, bytes, s.experts,
                                            s.repack ? s.repack(bytes) : thimble::repack_fn(), error);
                CHECK(matrix != nullptr);
                matrices.back().push_back(matrix);
                offset += (uint64_t) s.experts * bytes;
            }
        }
    }

    void resize(uint64_t bytes) {
        std::string error;
        if (!store->resize(bytes, error)) {
            std::fprintf(stderr, "%s\n", error.c_str());
            CHECK(false);
        }
    }

    uint64_t slot() const { return store->stats().expert_bytes; }

    // the layer's ops in the order of a graph
    std::vector<op> layer(uint32_t number, std::vector<uint32_t> experts) const {
        std::vector<op> ops;
        for (auto * matrix : matrices[number]) {
            ops.push_back({ matrix, experts });
        }
        return ops;
    }

    bool right(const thimble::expert_matrix & m, uint32_t expert) const {
        const auto *   data  = (const unsigned char *) m.data(expert);
        const uint64_t begin = m.offset + (uint64_t) expert * m.bytes;
        for (size_t i = 0; i < m.bytes; i++) {
            const unsigned char wanted = byte_at(m.file, begin + i);
            if (data[i] != (of.repack ? (unsigned char) (wanted ^ 0x5a) : wanted)) {
                return false;
            }
        }
        return true;
    }

    // Runs ops in threads of their own; every thread sees every expert once, with the right bytes.
    void run(const std::vector<op> & ops, int n_threads = 2, const void * key = nullptr,
             thimble::expert_store::stop_fn stop = nullptr, bool check = true) {
        const void *             name = key ? key : this;
        barrier                  line(n_threads);
        std::vector<std::thread> threads;
        for (int t = 0; t < n_threads; t++) {
            threads.emplace_back([&, t] {
                for (const op & o : ops) {
                    if (t == 0) {
                        begin(name, o, n_threads, stop);
                    }
                    line.wait();
                    pass(name, o, check);
                    line.wait();
                }
            });
        }
        for (auto & thread : threads) {
            thread.join();
        }
    }

    // one token's router has spoken
    void acquire(uint32_t number, const std::vector<int32_t> & ids, int64_t n_tokens = 1) const {
        thimble::route_ids routes;
        routes.ids      = ids.data();
        routes.n_tokens = n_tokens;
        routes.n_used   = (int64_t) ids.size() / n_tokens;
        routes.stride   = (size_t) routes.n_used * sizeof(int32_t);
        store->acquire(*matrices[number].back(), routes);
    }

    // a token's way through one layer whose graph asks for the experts first
    void token(uint32_t number, const std::vector<int32_t> & ids) {
        acquire(number, ids);
        run(layer(number, std::vector<uint32_t>(ids.begin(), ids.end())));
    }

    bool resident(uint32_t number, uint32_t expert) const {
        std::vector<thimble_expert_info> infos(of.layers * of.experts);
        store->experts(infos.data(), (uint32_t) infos.size());
        return infos[number * of.experts + expert].resident;
    }

    void wait_for_reads(int count) {
        while (disk.count_reads() < count || store->stats().reads < (uint64_t) count) {
            std::this_thread::yield();
        }
    }

    void begin(const void * key, const op & o, int n_threads, thimble::expert_store::stop_fn stop) const {
        std::vector<int64_t> counts(o.matrix->n_experts, 0);
        std::vector<int32_t> ids;
        for (uint32_t e : o.experts) {
            counts[e]++;
            ids.push_back((int32_t) e);
        }
        thimble::route_ids routes;
        routes.ids      = ids.data();
        routes.n_tokens = 1;
        routes.n_used   = (int64_t) ids.size();
        routes.stride   = ids.size() * sizeof(int32_t);
        store->begin(key, *o.matrix, counts.data(), n_threads, routes, stop);
    }

    void pass(const void * key, const op & o, bool check) const {
        std::vector<bool> seen(o.matrix->n_experts, false);
        thimble::walk     walk(*store, key);
        size_t            n = 0;
        for (int64_t e; (e = walk.next()) >= 0; n++) {
            CHECK(!seen[(size_t) e]);
            seen[(size_t) e] = true;
            if (check) {
                CHECK(right(*o.matrix, (uint32_t) e));
            }
        }
        if (check) {
            CHECK(n == o.experts.size());
        }
    }
};
