// Sums of rows against the plainest loop there is, bit for bit, in each instruction set this processor has.

#include "harness.h"
#include "kernel-problems.h"
#include "row-sums.h"

#include <algorithm>

using namespace thimble;

namespace {

// whether each step is a fused multiply-add; else it is rounded twice
constexpr bool is_fused =
#if defined(__AVX2__) || defined(__aarch64__) || defined(FP_FAST_FMAF)
    true;
#else
    false;
#endif

float step(float factor, float value, float sum) {
    if (is_fused) {
        return std::fma(factor, value, sum);
    }
    const volatile float product = factor * value;
    return product + sum;
}

struct matrix {
    int                     n_rows, n_columns;
    std::vector<q4_0_block> blocks;
    std::vector<float>      factors;

    matrix(int rows, int columns, double on, std::mt19937 & random)
        : n_rows(rows), n_columns(columns), blocks((size_t) rows * columns / 32), factors((size_t) rows) {
        for (auto & block : blocks) {
            block.d = (uint16_t) ((random() % 2) << 15 | (random() % 20) << 10 | random() % 1024); // zero and tiny ones, too
            for (auto & q : block.qs) { q = (uint8_t) random(); }
        }
        for (auto & factor : factors) {
            factor = (double) (random() % 1000) < 1000 * on ? (float) (int) (random() % 2001 - 1000) / 128.0f : 0.0f;
        }
    }

    float value(int row, int column) const {
        const q4_0_block & b = blocks[(size_t) row * n_columns / 32 + column / 32];
        const int          i = column % 32;
        const int          q = i < 16 ? b.qs[i] & 15 : b.qs[i - 16] >> 4;
        return from_half(b.d) * (float) (q - 8);
    }

    std::vector<float> sum(int begin, int end) const {
        std::vector<float> out((size_t) (end - begin), 0.25f);
        for (int row = 0; row < n_rows; row++) {
            for (int c = begin; factors[row] != 0 && c < end; c++) {
                out[c - begin] = step(factors[row], value(row, c), out[c - begin]);
            }
        }
        return out;
    }

    std::vector<int32_t> active() const {
        std::vector<int32_t> found((size_t) n_rows);
        found.resize((size_t) not_zero(factors.data(), n_rows, found.data()));
        return found;
    }
};

// the sum of columns begin…end by the kernel, which touches nothing behind them
std::vector<float> by_kernel(const matrix & m, int begin, int end) {
    std::vector<float>         out((size_t) (end - begin) + 16, 0.25f);
    const std::vector<int32_t> active    = m.active();
    const size_t               row_bytes = (size_t) m.n_columns / 32 * sizeof(q4_0_block);
    add_rows_q4_0(m.blocks.data() + begin / 32, row_bytes, m.factors.data(), active.data(), (int) active.size(), end - begin, out.data());
    CHECK(std::all_of(out.end() - 16, out.end(), [](float v) { return v == 0.25f; }));
    out.resize(out.size() - 16);
    return out;
}

bool same(const std::vector<float> & a, const std::vector<float> & b) {
    return a.size() == b.size() && memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST(rows_of_q4_0_add_up_as_in_the_plainest_loop) {
    std::mt19937 random(1);
    for (int rows : { 1, 7, 8, 17, 96 }) {
        for (int columns : { 32, 96, 2080 }) {
            const matrix m(rows, columns, 0.4, random);
            CHECK(!processor_can() || same(by_kernel(m, 0, columns), m.sum(0, columns)));
        }
    }
}

TEST(so_do_some_of_their_columns) {
    std::mt19937 random(2);
    const matrix m(50, 320, 0.5, random);
    CHECK(!processor_can() || same(by_kernel(m, 96, 288), m.sum(96, 288)));
}

TEST(nothing_is_added_when_all_factors_are_zero) {
    std::mt19937 random(3);
    const matrix m(40, 64, 0.0, random);
    CHECK(m.active().empty());
    CHECK(!processor_can() || same(by_kernel(m, 0, 64), std::vector<float>(64, 0.25f)));
}

TEST(rows_of_floats_give_the_same_bits) {
    std::mt19937 random(4);
    for (double on : { 0.05, 0.5, 1.0 }) {
        const matrix       m(96, 352, on, random);
        std::vector<float> rows((size_t) m.n_rows * m.n_columns), out((size_t) m.n_columns, 0.25f);
        if (!processor_can()) {
            return;
        }
        floats_of_q4_0(m.blocks.data(), rows.data(), (int64_t) rows.size());
        for (int row = 0; row < m.n_rows; row += 64) {
            add_rows_f32(rows.data() + (size_t) row * m.n_columns, (size_t) m.n_columns, m.factors.data() + row,
                         std::min(64, m.n_rows - row), m.n_columns, out.data());
        }
        CHECK(same(out, m.sum(0, m.n_columns)));
    }
}

TEST(values_of_q4_0_are_exact) {
    std::mt19937 random(5);
    const matrix       m(3, 2080, 1.0, random);
    std::vector<float> values((size_t) m.n_rows * m.n_columns);
    if (processor_can()) {
        floats_of_q4_0(m.blocks.data(), values.data(), (int64_t) values.size());
        for (int row = 0; row < m.n_rows; row++) {
            for (int c = 0; c < m.n_columns; c++) {
                CHECK(values[(size_t) row * m.n_columns + c] == m.value(row, c));
            }
        }
    }
}

TEST(a_factor_that_is_no_number_counts) {
    std::vector<float> factors(70, 0.0f);
    factors[3]  = NAN;
    factors[40] = -0.0f;
    factors[69] = -1.0f;
    int32_t active[70];
    CHECK(!processor_can() || (not_zero(factors.data(), 70, active) == 2 && active[0] == 3 && active[1] == 69));
}
