// Matrix times vector: bit for bit what upstream's order of operations gives, in each instruction set this processor has.
// Compiled once for each (see CMakeLists.txt), so the source itself is part of this file.

#include "gemv.cpp"

#include "harness.h"

#include <cmath>
#include <random>
#include <vector>

using namespace thimble;

namespace {

bool processor_can() {
#if defined(__AVX512VNNI__)
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

float from_half(uint16_t half) { // of a normal number
    return std::ldexp((float) (1024 + (half & 1023)), (half >> 10 & 31) - 25) * (half & 0x8000 ? -1.0f : 1.0f);
}

uint16_t some_half(std::mt19937 & random) {
    return (uint16_t) ((random() % 2) << 15 | (10 + random() % 8) << 10 | random() % 1024);
}

struct problem {
    int n, nc;
    std::vector<q4_0x8_block> w;
    std::vector<q8_0_block>   a;

    problem(int n, int nc, uint32_t seed) : n(n), nc(nc), w((size_t) n / 32 * (size_t) nc / 8), a((size_t) n / 32) {
        std::mt19937 random(seed);
        for (auto & block : w) {
            for (auto & d : block.d) { d = some_half(random); }
            for (auto & q : block.qs) { q = (uint8_t) random(); }
        }
        for (auto & block : a) {
            block.d = some_half(random);
            for (auto & q : block.qs) { q = (int8_t) random(); } // -128, too
        }
    }

    int weight(const q4_0x8_block & block, int row, int i) const {
        const int at   = i % 16;
        const int byte = block.qs[at / 8 * 64 + row * 8 + at % 8];
        const int half = i < 16 ? byte & 15 : byte >> 4;
        return half < 8 ? half : half - 16;
    }

    std::vector<float> expected() const {
        std::vector<float> s((size_t) nc);
        const int n_blocks = n / 32;
        for (int row = 0; row < nc; row++) {
            float sum = 0;
            for (int b = 0; b < n_blocks; b++) {
                const auto & block = w[(size_t) (row / 8 * n_blocks + b)];
                int products = 0;
                for (int i = 0; i < 32; i++) {
                    products += weight(block, row % 8, i) * a[(size_t) b].qs[i];
                }
                const float scale = from_half(block.d[row % 8]) * from_half(a[(size_t) b].d);
                sum = std::fmaf((float) products, scale, sum);
            }
            s[(size_t) row] = sum;
        }
        return s;
    }
};

// whether the result is as expected, and nothing behind it is touched
bool is_right(const problem & p) {
    std::vector<float> s((size_t) p.nc + 8, 7.0f);
    if (!gemv_q4_0_8x8(p.n, s.data(), p.w.data(), p.a.data(), p.nc)) {
        return false;
    }
    const auto expected = p.expected();
    for (int i = 0; i < 8; i++) {
        if (s[(size_t) (p.nc + i)] != 7.0f) {
            return false;
        }
    }
    return memcmp(s.data(), expected.data(), expected.size() * sizeof(float)) == 0;
}

}  // namespace

TEST(results_are_bit_equal_for_every_number_of_row_groups) {
    if (!processor_can()) {
        return;
    }
    for (int groups = 0; groups <= 13; groups++) {
        CHECK(is_right(problem(96, 8 * groups, (uint32_t) groups)));
    }
}

TEST(results_are_bit_equal_for_every_length) {
    if (!processor_can()) {
        return;
    }
    for (int n : { 32, 64, 768, 1536, 2560, 32768 }) {
        CHECK(is_right(problem(n, 40, (uint32_t) n)));
    }
}

TEST(the_extremes_do_not_overflow) {
    if (!processor_can()) {
        return;
    }
    for (int half : { 0x88, 0x77, 0x78, 0x87 }) {
        for (int value : { -128, 127 }) {
            problem p(64, 32, 1);
            for (auto & block : p.w) { memset(block.qs, half, sizeof(block.qs)); }
            for (auto & block : p.a) { memset(block.qs, value, sizeof(block.qs)); }
            CHECK(is_right(p));
        }
    }
}

TEST(rows_that_are_too_long_are_left_to_upstream) {
    problem p(32768 + 32, 8, 1);
    float   s[8];
    CHECK(!gemv_q4_0_8x8(p.n, s, p.w.data(), p.a.data(), p.nc));
}

TEST(interleaved_rows_hold_every_value_and_scale) {
    if (!processor_can()) {
        return;
    }
    constexpr int n_rows = 24, n_blocks = 5;
    std::mt19937 random(3);
    std::vector<q4_0_block> from(n_rows * n_blocks);
    for (auto & block : from) {
        block.d = some_half(random);
        for (auto & q : block.qs) { q = (uint8_t) random(); }
    }
    problem p(32 * n_blocks, n_rows, 1); // for the meaning of the layout only
    CHECK(interleave_q4_0_8x8(p.w.data(), from.data(), n_rows, n_blocks));
    for (int row = 0; row < n_rows; row++) {
        for (int b = 0; b < n_blocks; b++) {
            const q4_0_block &   plain = from[(size_t) (row * n_blocks + b)];
            const q4_0x8_block & block = p.w[(size_t) (row / 8 * n_blocks + b)];
            CHECK(block.d[row % 8] == plain.d);
            for (int i = 0; i < 32; i++) {
                CHECK(p.weight(block, row % 8, i) == (i < 16 ? plain.qs[i] & 15 : plain.qs[i - 16] >> 4) - 8);
            }
        }
    }
}
