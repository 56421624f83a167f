// Single rows as in a file: with the bits of interleaved ones (x86, where test-gemv.cpp knows these), and only those that were asked
// for. On ARM test-upstream-arm.cpp compares them with upstream's kernels.

#include "harness.h"
#include "kernel-problems.h"

#include <algorithm>

using namespace thimble;

namespace {

using single       = bool (*)(int, float *, const void *, const void *, const int32_t *, int);
using interleaving = bool (*)(void *, const void *, int64_t, int64_t);
using product      = bool (*)(int, float *, const void *, const void *, int);

constexpr int n_rows = 40;

// whether rows chosen at random are the same as when all are multiplied, and the others are not touched
void check_some(single multiply, int n, const std::vector<float> & all, const void * w, const void * a, std::mt19937 & random) {
    for (int wanted = 0; wanted <= n_rows; wanted++) {
        std::vector<int32_t> rows;
        for (int row = 0; row < n_rows && (int) rows.size() < wanted; row++) {
            if (n_rows - row == wanted - (int) rows.size() || random() % 2) { rows.push_back(row); }
        }
        std::vector<float> out((size_t) n_rows, 7.0f);
        CHECK(multiply(n, out.data(), w, a, rows.data(), (int) rows.size()));
        for (int row = 0; row < n_rows; row++) {
            const bool among = std::find(rows.begin(), rows.end(), row) != rows.end();
            CHECK(out[(size_t) row] == (among ? all[(size_t) row] : 7.0f));
        }
    }
}

// the same by way of the interleaved kernel, where there is one; else by the kernel itself
template <typename B>
void check(single multiply, interleaving interleave, product interleaved, int n, const std::vector<B> & w, const void * a, std::mt19937 & random) {
    if (!processor_can()) {
        return;
    }
    std::vector<float> all(n_rows);
    std::vector<B>     room(w.size() + 8);
    void *             to = (void *) (((uintptr_t) room.data() + 63) / 64 * 64);
    if (interleave(to, w.data(), n_rows, (int64_t) w.size() / n_rows)) {
        CHECK(interleaved(n, all.data(), to, a, n_rows));
    } else {
        CHECK(multiply(n, all.data(), w.data(), a, nullptr, n_rows));
    }
    check_some(multiply, n, all, w.data(), a, random);
}

}  // namespace

TEST(single_q4_0_rows_are_bit_equal_to_interleaved_ones) {
    std::mt19937 random(4);
    const auto w = some_rows(n_rows * 48, random);
    const auto a = some_values(32 * 48, random);
    check(gemv_q4_0_single, interleave_q4_0_8x8, gemv_q4_0_8x8, 32 * 48, w, a.data(), random);
}

TEST(single_iq4_nl_rows_are_bit_equal_to_interleaved_ones) {
    std::mt19937 random(4);
    const auto w = some_rows(n_rows * 48, random);
    const auto a = some_values(32 * 48, random);
    if (has_iq4_nl) {
        check(gemv_iq4_nl_single, interleave_iq4_nl_8x8, gemv_iq4_nl_8x8, 32 * 48, w, a.data(), random);
    } else {
        CHECK(!gemv_iq4_nl_single(32 * 48, nullptr, nullptr, nullptr, nullptr, 0));
    }
}

TEST(single_mxfp4_rows_are_bit_equal_to_interleaved_ones) {
    std::mt19937 random(4);
    const auto w = some_mxfp4_rows(n_rows * 48, random);
    const auto a = some_values(32 * 48, random);
    check(gemv_mxfp4_single, interleave_mxfp4_8x8, gemv_mxfp4_8x8, 32 * 48, w, a.data(), random);
}

TEST(single_q4_k_rows_are_bit_equal_to_interleaved_ones) {
    std::mt19937 random(4);
    const auto w = some_q4_K_rows(n_rows * 3, random);
    const auto a = some_q8_K_values(256 * 3, random);
    check(gemv_q4_K_single, interleave_q4_K_8x8, gemv_q4_K_8x8, 256 * 3, w, a.data(), random);
}

TEST(whether_single_rows_can_be_multiplied_is_said_without_any) {
    CHECK(gemv_q4_0_single(1536, nullptr, nullptr, nullptr, nullptr, 0));
    CHECK(gemv_q4_K_single(1536, nullptr, nullptr, nullptr, nullptr, 0));
#if defined(__AVX2__)
    CHECK(!gemv_q4_0_single(32768 + 32, nullptr, nullptr, nullptr, nullptr, 0)); // of what is too much it keeps a number for each block
#endif
}
