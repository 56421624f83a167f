#include "thimble-api.h"

#include "harness.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace {

// a flag that frees itself
struct flag {
    const thimble_api * api = thimble_api_get();
    void *              ptr = api->cancel_new();

    flag() = default;
    flag(const flag &) = delete;
    flag & operator=(const flag &) = delete;
    ~flag() { api->cancel_free(ptr); }
};

}  // namespace

TEST(the_struct_says_its_version_size_and_build) {
    const thimble_api * api = thimble_api_get();
    CHECK(api->version == THIMBLE_API_VERSION);
    CHECK(api->size == sizeof(thimble_api));
    CHECK(std::strcmp(api->build, "test-build") == 0);
}

TEST(the_fields_of_version_1_stay_where_readers_expect_them) {
    CHECK(offsetof(thimble_api, version) == 0);
    CHECK(offsetof(thimble_api, size) == 4);
    CHECK(offsetof(thimble_api, build) == 8);
    CHECK(offsetof(thimble_api, cancel_new) == 8 + 1 * sizeof(void *));
    CHECK(offsetof(thimble_api, cancel_set) == 8 + 2 * sizeof(void *));
    CHECK(offsetof(thimble_api, cancel_get) == 8 + 3 * sizeof(void *));
    CHECK(offsetof(thimble_api, cancel_free) == 8 + 4 * sizeof(void *));
    CHECK(offsetof(thimble_api, abort_callback) == 8 + 5 * sizeof(void *));
}

TEST(every_call_hands_out_the_same_struct) {
    CHECK(thimble_api_get() == thimble_api_get());
}

TEST(a_new_flag_is_not_set) {
    flag f;
    CHECK(f.ptr != nullptr);
    CHECK(!f.api->cancel_get(f.ptr));
    CHECK(!f.api->abort_callback(f.ptr));
}

TEST(a_set_flag_aborts_until_it_is_cleared) {
    flag f;
    f.api->cancel_set(f.ptr, true);
    CHECK(f.api->cancel_get(f.ptr));
    CHECK(f.api->abort_callback(f.ptr));
    CHECK(f.api->abort_callback(f.ptr));
    f.api->cancel_set(f.ptr, false);
    CHECK(!f.api->cancel_get(f.ptr));
    CHECK(!f.api->abort_callback(f.ptr));
}

TEST(flags_do_not_touch_each_other) {
    flag a;
    flag b;
    a.api->cancel_set(a.ptr, true);
    CHECK(!b.api->cancel_get(b.ptr));
}

TEST(a_null_flag_is_never_set) {
    const thimble_api * api = thimble_api_get();
    api->cancel_set(nullptr, true);
    CHECK(!api->cancel_get(nullptr));
    CHECK(!api->abort_callback(nullptr));
    api->cancel_free(nullptr);
}

TEST(a_flag_has_a_cache_line_of_its_own) {
    flag f;
    CHECK(reinterpret_cast<std::uintptr_t>(f.ptr) % 64 == 0);
}

TEST(a_flag_set_by_one_thread_ends_the_loop_of_another) {
    flag              f;
    std::atomic<bool> started{ false };

    std::thread graph([&] {
        started.store(true);
        while (!f.api->abort_callback(f.ptr)) {
            std::this_thread::yield();
        }
    });
    while (!started.load()) {
        std::this_thread::yield();
    }
    f.api->cancel_set(f.ptr, true);
    graph.join();  // the test's time limit is the check: an unseen flag never ends the loop
    CHECK(f.api->cancel_get(f.ptr));
}

TEST(what_was_written_before_the_flag_is_seen_after_it) {
    flag f;
    int  reason = 0;

    std::thread stopper([&] {
        reason = 7;
        f.api->cancel_set(f.ptr, true);
    });
    while (!f.api->cancel_get(f.ptr)) {
        std::this_thread::yield();
    }
    CHECK(reason == 7);
    stopper.join();
}

TEST(a_store_without_its_file_is_refused_with_a_sentence) {
    const thimble_api *   api     = thimble_api_get();
    const char *          files[] = { "there-is-no-such-file.gguf" };
    thimble_store_options options {};
    options.size    = sizeof(options);
    options.n_files = 1;
    options.files   = files;
    char error[200] = "";
    CHECK(api->store_new(&options, error, sizeof(error)) == nullptr);
    CHECK(std::strstr(error, "there-is-no-such-file.gguf") != nullptr);
    char little[8] = "";
    CHECK(api->store_new(&options, little, sizeof(little)) == nullptr);
    CHECK(std::strlen(little) == sizeof(little) - 1); // cut, and ended
    CHECK(api->store_new(nullptr, error, sizeof(error)) == nullptr);
}

TEST(a_caller_that_knows_fewer_options_is_served) {
    const thimble_api *   api = thimble_api_get();
    thimble_store_options options {};
    options.size         = offsetof(thimble_store_options, n_io_threads);
    options.n_io_threads = 0xffffffff; // not read
    void * store = api->store_new(&options, nullptr, 0);
    CHECK(store != nullptr);
    thimble_store_stats stats;
    std::memset(&stats, 0xff, sizeof(stats));
    api->store_stats(store, &stats, offsetof(thimble_store_stats, misses));
    CHECK(stats.uses == 0 && stats.hits == 0);
    CHECK(stats.misses == ~0ull); // beyond the size given
    CHECK(api->store_experts(store, nullptr, 0) == 0);
    char error[100] = "";
    CHECK(!api->store_resize(store, 1 << 20, error, sizeof(error)));
    CHECK(std::strlen(error) > 0);
    CHECK(!api->store_error(store, error, sizeof(error)));
    api->store_free(store);
}

TEST(a_flag_watches_a_store) {
    flag                  f;
    thimble_store_options options {};
    options.size = sizeof(options);
    void * store = f.api->store_new(&options, nullptr, 0);
    f.api->cancel_watch(f.ptr, store);
    CHECK(!f.api->abort_callback(f.ptr)); // nothing went wrong
    f.api->cancel_watch(f.ptr, nullptr);
    f.api->cancel_watch(nullptr, store);
    f.api->store_free(store);
    CHECK(!f.api->abort_callback(f.ptr));
}

TEST(a_new_head_has_counted_nothing_and_takes_its_settings) {
    const thimble_api * api  = thimble_api_get();
    void *              head = api->head_new();
    thimble_head_stats  stats;
    std::memset(&stats, 0xff, sizeof(stats));
    api->head_set(head, true, 32);
    api->head_stats(head, &stats, sizeof(stats));
    CHECK(stats.tokens == 0 && stats.rows == 0 && stats.all_rows == 0 && stats.checked == 0 && stats.changed == 0 && stats.none_kept == 0);
    api->head_free(head);
}

TEST(a_reader_that_knows_fewer_counters_of_a_head_gets_those) {
    const thimble_api * api  = thimble_api_get();
    void *              head = api->head_new();
    thimble_head_stats  stats;
    std::memset(&stats, 0xff, sizeof(stats));
    api->head_stats(head, &stats, offsetof(thimble_head_stats, rows));
    CHECK(stats.tokens == 0 && stats.rows == UINT64_MAX);
    api->head_free(head);
}
