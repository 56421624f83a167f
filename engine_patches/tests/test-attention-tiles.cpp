// Tiles of keys, mask and scores against the plainest loops there are, in each instruction set this processor has. Compiled once
// for each (see CMakeLists.txt), so the source itself is part of this file.

#include "attention-tiles.cpp"

#include "harness.h"

#include <random>
#include <vector>

namespace {

bool processor_can() {
#if defined(__AVX512F__)
    return __builtin_cpu_supports("avx512f");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2");
#else
    return true;
#endif
}

#if defined(__AVX512F__) || defined(__AVX2__)
constexpr bool has_kernels = true;
#else
constexpr bool has_kernels = false;
#endif

// A half and the float that it is: 1.m * 2^(e - 15).
struct half {
    uint16_t bits;
    float    value;
};

half random_half(std::mt19937 & random) {
    const int sign     = (int) (random() & 1);
    const int exponent = (int) (random() % 20) + 5;
    const int mantissa = (int) (random() % 1024);
    const float value  = std::ldexp(1.0f + mantissa / 1024.0f, exponent - 15);
    return { (uint16_t) (sign << 15 | exponent << 10 | mantissa), sign ? -value : value };
}

constexpr half hidden = { 0xfc00, -INFINITY };

} // namespace

TEST(keys_are_turned_over) {
    if (!processor_can()) {
        return;
    }
    std::mt19937 random(1);
    for (const bool is_half : { true, false }) {
        for (const int n_values : { 16, 64, 80, 128 }) {
            for (const int n_keys : { 16, 48, 64 }) {
                const size_t      row_bytes = 4 * n_values + 32; // the heads beside it
                std::vector<char> keys(n_keys * row_bytes);
                std::vector<float> expected(n_values * 64, 7.0f);
                std::vector<float> out(n_values * 64, 7.0f);
                for (int i = 0; i < n_keys; ++i) {
                    for (int d = 0; d < n_values; ++d) {
                        const half x = random_half(random);
                        if (is_half) {
                            std::memcpy(keys.data() + i * row_bytes + 2 * d, &x.bits, 2);
                        } else {
                            std::memcpy(keys.data() + i * row_bytes + 4 * d, &x.value, 4);
                        }
                        expected[d * 64 + i] = x.value;
                    }
                }
                const int done = thimble_tile_keys(out.data(), 64, keys.data(), row_bytes, is_half, n_keys, n_values);
                CHECK(done == (has_kernels ? n_keys : 0));
                CHECK(done == 0 || out == expected);
            }
        }
    }
}

TEST(keys_that_fill_no_vector_are_left_to_upstream) {
    std::vector<char>  keys(64 * 512);
    std::vector<float> out(64 * 128, 7.0f);
    CHECK(thimble_tile_keys(out.data(), 64, keys.data(), 512, true, 63, 128) == 0);
    CHECK(thimble_tile_keys(out.data(), 64, keys.data(), 512, true, 64, 100) == 0);
    CHECK(out == std::vector<float>(64 * 128, 7.0f));
}

TEST(a_mask_is_multiplied_and_said_to_hide_everything_or_not) {
    if (!processor_can()) {
        return;
    }
    std::mt19937 random(2);
    for (const int seen : { -1, 0, 63, 64 * 5 + 17 }) { // the one position that is visible
        const size_t          row_bytes = 2 * 96;
        std::vector<uint16_t> mask(8 * 96, hidden.bits);
        std::vector<float>    out(8 * 64);
        std::vector<float>    expected(8 * 64, -INFINITY);
        if (seen >= 0) {
            const half x = random_half(random);
            mask[seen / 64 * 96 + seen % 64] = x.bits;
            expected[seen] = 0.25f * x.value;
        }
        bool      visible = false;
        const int done    = thimble_tile_mask(out.data(), (const char *) mask.data(), row_bytes, 8, 64, 0.25f, &visible);
        CHECK(done == (has_kernels ? 8 : 0));
        CHECK(done == 0 || (out == expected && visible == (seen >= 0)));
    }
}

TEST(the_highest_score_is_found_anywhere) {
    if (!processor_can()) {
        return;
    }
    for (const int n : { 1, 15, 16, 64, 70 }) {
        for (int at = 0; at < n; ++at) {
            std::vector<float> scores(n, -INFINITY);
            CHECK(thimble_tile_max(scores.data(), n) == -INFINITY);
            scores[at] = -3.0f;
            CHECK(thimble_tile_max(scores.data(), n) == -3.0f);
        }
    }
}
