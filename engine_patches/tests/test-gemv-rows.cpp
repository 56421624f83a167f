// Rows of Q4_0 as in a file against exact products, in each instruction set this processor has.

#include "gemv-rows.cpp"

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

double from_half(uint16_t half) { // of a normal number
    return std::ldexp((double) (1024 + (half & 1023)), (half >> 10 & 31) - 25) * (half & 0x8000 ? -1 : 1);
}

uint16_t some_half(std::mt19937 & random) {
    return (uint16_t) ((random() % 2) << 15 | (10 + random() % 8) << 10 | random() % 1024);
}

}  // namespace

TEST(rows_of_the_list_are_multiplied_and_no_others) {
    std::mt19937 random(1);
    for (int n : { 32, 96, 1536, 4096 }) {
        const int                n_blocks = n / 32, n_rows = 21;
        std::vector<q4_0_block>  w((size_t) n_rows * n_blocks);
        std::vector<q8_0_block>  a((size_t) n_blocks);
        for (auto & block : w) {
            block.d = some_half(random);
            for (auto & q : block.qs) { q = (uint8_t) random(); }
        }
        for (auto & block : a) {
            block.d = some_half(random);
            for (auto & q : block.qs) { q = (int8_t) random(); } // -128, too
        }
        const std::vector<int32_t> rows { 0, 3, 4, 5, 9, 20, 13 };
        std::vector<float>         out((size_t) n_rows, 7.0f);
        if (!processor_can()) {
            return;
        }
        CHECK(can_gemv_q4_0_rows(n));
        CHECK(gemv_q4_0_rows(n, out.data(), w.data(), a.data(), rows.data(), (int) rows.size()));
        for (int row = 0; row < n_rows; row++) {
            double sum = 0, size = 0;
            for (int b = 0; b < n_blocks; b++) {
                for (int i = 0; i < 32; i++) {
                    const uint8_t byte = w[(size_t) row * n_blocks + b].qs[i % 16];
                    const int     q    = (i < 16 ? byte & 15 : byte >> 4) - 8;
                    const double  term = from_half(w[(size_t) row * n_blocks + b].d) * from_half(a[b].d) * q * a[b].qs[i];
                    sum  += term;
                    size += std::fabs(term);
                }
            }
            bool listed = false;
            for (int32_t it : rows) { listed = listed || it == row; }
            CHECK(listed ? std::fabs(out[row] - sum) <= 1e-6 * size : out[row] == 7.0f);
        }
    }
}

TEST(rows_that_are_too_long_are_left_to_others) {
    float   out = 7.0f;
    int32_t row = 0;
    CHECK(!can_gemv_q4_0_rows(32 * 513));
    CHECK(!gemv_q4_0_rows(32 * 513, &out, nullptr, nullptr, &row, 1));
    CHECK(out == 7.0f);
}
