// Matrix times vector for interleaved rows (x86): bit for bit what upstream's order of operations gives, in each instruction set this
// processor has; and the interleaving itself.

#include "harness.h"
#include "kernel-problems.h"

using namespace thimble;

namespace {

using product = bool (*)(int, float *, const void *, const void *, int);

// whether the result is as expected, and nothing behind it is touched
bool is_right(product multiply, int n, const void * w, const void * a, const std::vector<float> & expected) {
    std::vector<float> out(expected.size() + 8, 7.0f);
    if (!multiply(n, out.data(), w, a, (int) expected.size())) {
        return false;
    }
    for (size_t i = expected.size(); i < out.size(); i++) {
        if (out[i] != 7.0f) {
            return false;
        }
    }
    return expected.empty() || memcmp(out.data(), expected.data(), expected.size() * sizeof(float)) == 0;
}

// ---- blocks of 32 values ------------------------------------------------------------------------------------------------

int half_of(const uint8_t * qs, int row, int i) {
    const int at   = i % 16;
    const int byte = qs[at / 8 * 64 + row * 8 + at % 8];
    return i < 16 ? byte & 15 : byte >> 4;
}

struct q4_0 {
    using block = q4_0x8_block;
    static constexpr product multiply = gemv_q4_0_8x8;
    static void  set_scales(block & b, std::mt19937 & random) { for (auto & d : b.d) { d = some_half(random); } }
    static float scale(const block & b, int row) { return from_half(b.d[row]); }
    static int   value(int half) { return half < 8 ? half : half - 16; }
};

struct iq4_nl : q4_0 {
    static constexpr product multiply = gemv_iq4_nl_8x8;
    static int value(int half) {
        static const int values[] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
        return values[half];
    }
};

struct mxfp4 {
    using block = mxfp4x8_block;
    static constexpr product multiply = gemv_mxfp4_8x8;
    static void  set_scales(block & b, std::mt19937 & random) { for (auto & e : b.e) { e = (uint8_t) (random() % 140); } }
    static float scale(const block & b, int row) { return std::ldexp(1.0f, b.e[row] - 128); } // exact, 2^-128 and 2^-127, too
    static int   value(int half) {
        static const int values[] = { 0, 1, 2, 3, 4, 6, 8, 12 };
        return half < 8 ? values[half] : -values[half - 8];
    }
};

template <typename L> struct problem {
    int n, n_rows;
    std::vector<typename L::block> w;
    std::vector<q8_0_block>        a;

    problem(int n, int n_rows, uint32_t seed) : n(n), n_rows(n_rows), w((size_t) n / 32 * (size_t) n_rows / 8) {
        std::mt19937 random(seed);
        for (auto & block : w) {
            L::set_scales(block, random);
            for (auto & q : block.qs) { q = (uint8_t) random(); }
        }
        a = some_values(n, random);
    }

    std::vector<float> expected() const {
        std::vector<float> out((size_t) n_rows);
        const int n_blocks = n / 32;
        for (int row = 0; row < n_rows; row++) {
            float sum = 0;
            for (int b = 0; b < n_blocks; b++) {
                const auto & block = w[(size_t) (row / 8 * n_blocks + b)];
                int products = 0;
                for (int i = 0; i < 32; i++) {
                    products += L::value(half_of(block.qs, row % 8, i)) * a[(size_t) b].qs[i];
                }
                sum = std::fmaf((float) products, L::scale(block, row % 8) * from_half(a[(size_t) b].d), sum);
            }
            out[(size_t) row] = sum;
        }
        return out;
    }

    bool right() const { return is_right(L::multiply, n, w.data(), a.data(), expected()); }
};

template <typename L> void check_numbers_of_rows() {
    for (int groups = 0; processor_can() && groups <= 13; groups++) {
        CHECK(problem<L>(96, 8 * groups, (uint32_t) groups).right());
    }
}

template <typename L> void check_lengths() {
    for (int n : { 32, 64, 768, 1536, 2560, 32768 }) {
        CHECK(!processor_can() || problem<L>(n, 40, (uint32_t) n).right());
    }
}

template <typename L> void check_extremes() {
    for (int half = 0; processor_can() && half < 16; half++) {
        for (int value : { -128, 127 }) {
            problem<L> p(64, 32, 1);
            for (auto & block : p.w) { memset(block.qs, half * 17, sizeof(block.qs)); }
            for (auto & block : p.a) { memset(block.qs, value, sizeof(block.qs)); }
            CHECK(p.right());
        }
    }
}

// ---- Q4_K ---------------------------------------------------------------------------------------------------------------

struct q4_K_problem {
    int n, n_rows;
    std::vector<q4_Kx8_block> w;
    std::vector<q8_K_block>   a;

    q4_K_problem(int n, int n_rows, uint32_t seed)
        : n(n), n_rows(n_rows), w((size_t) n / 256 * (size_t) n_rows / 8) {
        std::mt19937 random(seed);
        for (auto & block : w) {
            for (auto & d : block.d) { d = some_half(random); }
            for (auto & d : block.d_min) { d = some_half(random); }
            for (auto & s : block.scales) { s = (uint8_t) random(); }
            for (auto & q : block.qs) { q = (uint8_t) random(); }
        }
        a = some_q8_K_values(n, random);
    }

    static int scale(const q4_Kx8_block & b, int sub, int row, bool minimum) {
        const uint8_t * p = b.scales + 12 * sub + (minimum ? 4 : 0);
        if (row < 4) {
            return p[row] & 63;
        }
        const int low = b.scales[12 * sub + 8 + row - 4];
        return (minimum ? low >> 4 : low & 15) | p[row - 4] >> 6 << 4;
    }

    std::vector<float> expected() const {
        std::vector<float> out((size_t) n_rows);
        const int n_blocks = n / 256;
        for (int row = 0; row < n_rows; row++) {
            float sum = 0, sum_min = 0;
            for (int b = 0; b < n_blocks; b++) {
                const auto & block = w[(size_t) (row / 8 * n_blocks + b)];
                int products = 0, minimums = 0;
                for (int sub = 0; sub < 8; sub++) {
                    int of_sub = 0, values = 0;
                    for (int i = 0; i < 32; i++) {
                        const int byte  = block.qs[sub / 2 * 256 + i / 8 * 64 + row % 8 * 8 + i % 8];
                        const int value = a[(size_t) b].qs[32 * sub + i];
                        of_sub += (sub % 2 ? byte >> 4 : byte & 15) * value;
                        values += value;
                    }
                    products += of_sub * scale(block, sub, row % 8, false);
                    minimums += values * scale(block, sub, row % 8, true);
                }
                const float d = a[(size_t) b].d;
                sum     = std::fmaf((float) products, from_half(block.d[row % 8]) * d, sum);
                sum_min = std::fmaf((float) minimums, from_half(block.d_min[row % 8]) * d, sum_min);
            }
            out[(size_t) row] = sum - sum_min;
        }
        return out;
    }

    bool right() const { return is_right(gemv_q4_K_8x8, n, w.data(), a.data(), expected()); }
};

}  // namespace

TEST(q4_0_is_bit_equal_for_every_number_of_row_groups) { check_numbers_of_rows<q4_0>(); }
TEST(q4_0_is_bit_equal_for_every_length) { check_lengths<q4_0>(); }
TEST(q4_0_does_not_overflow) { check_extremes<q4_0>(); }

TEST(mxfp4_is_bit_equal_for_every_number_of_row_groups) { check_numbers_of_rows<mxfp4>(); }
TEST(mxfp4_is_bit_equal_for_every_length) { check_lengths<mxfp4>(); }
TEST(mxfp4_does_not_overflow) { check_extremes<mxfp4>(); }

TEST(iq4_nl_is_bit_equal_or_left_to_upstream) {
    if (has_iq4_nl) {
        check_numbers_of_rows<iq4_nl>();
        check_lengths<iq4_nl>();
        check_extremes<iq4_nl>();
    } else {
        CHECK(!problem<iq4_nl>(64, 8, 1).right());
    }
}

TEST(q4_k_is_bit_equal_for_every_number_of_row_groups) {
    for (int groups = 0; processor_can() && groups <= 9; groups++) {
        CHECK(q4_K_problem(512, 8 * groups, (uint32_t) groups).right());
    }
}

TEST(q4_k_is_bit_equal_for_every_length) {
    for (int n : { 256, 768, 1536, 2560 }) {
        CHECK(!processor_can() || q4_K_problem(n, 40, (uint32_t) n).right());
    }
}

TEST(q4_k_does_not_overflow) {
    for (int value : { -128, 127 }) {
        q4_K_problem p(512, 16, 1);
        for (auto & block : p.w) {
            memset(block.qs, 0xff, sizeof(block.qs));
            memset(block.scales, 0xff, sizeof(block.scales));
        }
        for (auto & block : p.a) { memset(block.qs, value, sizeof(block.qs)); }
        add_up(p.a);
        CHECK(!processor_can() || p.right());
    }
}

TEST(rows_that_are_too_long_are_left_to_upstream) {
    problem<q4_0> p(32768 + 32, 8, 1);
    float         out[8];
    CHECK(!gemv_q4_0_8x8(p.n, out, p.w.data(), p.a.data(), p.n_rows));
}

// ---- interleaving -------------------------------------------------------------------------------------------------------

namespace {

using interleaving = bool (*)(void *, const void *, int64_t, int64_t);

// halves of bytes, which are flipped by `flip`
void check_interleaved(interleaving interleave, int flip) {
    constexpr int n_rows = 24, n_blocks = 5;
    std::mt19937 random(3);
    const auto from = some_rows(n_rows * n_blocks, random);
    std::vector<q4_0x8_block> to(n_rows / 8 * n_blocks);
    CHECK(interleave(to.data(), from.data(), n_rows, n_blocks));
    for (int row = 0; row < n_rows; row++) {
        for (int b = 0; b < n_blocks; b++) {
            const q4_0_block &   plain = from[(size_t) (row * n_blocks + b)];
            const q4_0x8_block & block = to[(size_t) (row / 8 * n_blocks + b)];
            CHECK(block.d[row % 8] == plain.d);
            for (int i = 0; i < 32; i++) {
                CHECK((half_of(block.qs, row % 8, i) ^ flip) == (i < 16 ? plain.qs[i] & 15 : plain.qs[i - 16] >> 4));
            }
        }
    }
}

}  // namespace

TEST(interleaved_q4_0_rows_hold_every_value_and_scale) {
    if (processor_can()) { check_interleaved(interleave_q4_0_8x8, 8); }
}

TEST(interleaved_iq4_nl_rows_hold_every_value_and_scale) {
    if (processor_can()) { check_interleaved(interleave_iq4_nl_8x8, 0); }
}

TEST(interleaved_mxfp4_rows_hold_every_value_and_scale) {
    if (!processor_can()) {
        return;
    }
    constexpr int n_rows = 24, n_blocks = 5;
    std::mt19937 random(3);
    const auto from = some_bytes<mxfp4_block>(n_rows * n_blocks, random);
    std::vector<mxfp4x8_block> to(n_rows / 8 * n_blocks);
    CHECK(interleave_mxfp4_8x8(to.data(), from.data(), n_rows, n_blocks));
    for (int row = 0; row < n_rows; row++) {
        for (int b = 0; b < n_blocks; b++) {
            const mxfp4_block &   plain = from[(size_t) (row * n_blocks + b)];
            const mxfp4x8_block & block = to[(size_t) (row / 8 * n_blocks + b)];
            CHECK(block.e[row % 8] == plain.e);
            for (int i = 0; i < 32; i++) {
                CHECK(half_of(block.qs, row % 8, i) == (i < 16 ? plain.qs[i] & 15 : plain.qs[i - 16] >> 4));
            }
        }
    }
}

TEST(interleaved_q4_k_rows_hold_every_value_scale_and_minimum) {
    if (!processor_can()) {
        return;
    }
    constexpr int n_rows = 24, n_blocks = 3;
    std::mt19937 random(3);
    const auto from = some_q4_K_rows(n_rows * n_blocks, random);
    std::vector<q4_Kx8_block> to(n_rows / 8 * n_blocks);
    CHECK(interleave_q4_K_8x8(to.data(), from.data(), n_rows, n_blocks));
    for (int row = 0; row < n_rows; row++) {
        for (int b = 0; b < n_blocks; b++) {
            const q4_K_block &   plain = from[(size_t) (row * n_blocks + b)];
            const q4_Kx8_block & block = to[(size_t) (row / 8 * n_blocks + b)];
            CHECK(block.d[row % 8] == plain.d && block.d_min[row % 8] == plain.d_min);
            for (int sub = 0; sub < 8; sub++) {
                CHECK(q4_K_problem::scale(block, sub, row % 8, false) == q4_K_scale(plain, sub, false));
                CHECK(q4_K_problem::scale(block, sub, row % 8, true) == q4_K_scale(plain, sub, true));
                for (int i = 0; i < 32; i++) {
                    const int byte = block.qs[sub / 2 * 256 + i / 8 * 64 + row % 8 * 8 + i % 8];
                    CHECK(byte == plain.qs[sub / 2 * 32 + i]);
                }
            }
        }
    }
}
