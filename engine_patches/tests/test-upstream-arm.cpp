// Single rows on 64-bit ARM against upstream's own kernels, bit for bit: those for interleaved rows where it has them (dotprod, i8mm),
// else ggml_vec_dot. Linked with upstream's arch/arm (see CMakeLists.txt).

#include "harness.h"
#include "kernel-problems.h"

#include <algorithm>

using namespace thimble;

extern "C" {
void ggml_vec_dot_q4_0_q8_0  (int n, float * s, size_t bs, const void * x, size_t bx, const void * y, size_t by, int nrc);
void ggml_vec_dot_iq4_nl_q8_0(int n, float * s, size_t bs, const void * x, size_t bx, const void * y, size_t by, int nrc);
void ggml_vec_dot_mxfp4_q8_0 (int n, float * s, size_t bs, const void * x, size_t bx, const void * y, size_t by, int nrc);
void ggml_vec_dot_q4_K_q8_K  (int n, float * s, size_t bs, const void * x, size_t bx, const void * y, size_t by, int nrc);

void ggml_gemv_q4_0_4x4_q8_0  (int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
void ggml_gemv_q4_0_4x8_q8_0  (int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
void ggml_gemv_iq4_nl_4x4_q8_0(int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
void ggml_gemv_mxfp4_4x4_q8_0 (int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
void ggml_gemv_q4_K_8x4_q8_K  (int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
void ggml_gemv_q4_K_8x8_q8_K  (int n, float * s, size_t bs, const void * x, const void * y, int nr, int nc);
}

namespace {

using single = bool (*)(int, float *, const void *, const void *, const int32_t *, int);
using gemv   = void (*)(int, float *, size_t, const void *, const void *, int, int);
using dot    = void (*)(int, float *, size_t, const void *, size_t, const void *, size_t, int);

constexpr int n_rows = 24;
constexpr bool has_interleaved =
#if defined(__ARM_FEATURE_DOTPROD)
    true;
#else
    false;
#endif
constexpr bool has_i8mm =
#if defined(__ARM_FEATURE_MATMUL_INT8)
    true;
#else
    false;
#endif

// ---- upstream's layouts -------------------------------------------------------------------------------------------------

void append(std::vector<uint8_t> & to, const void * from, size_t n) {
    to.insert(to.end(), (const uint8_t *) from, (const uint8_t *) from + n);
}

void append_scale(std::vector<uint8_t> & to, const q4_0_block & block) { append(to, &block.d, sizeof(block.d)); }
void append_scale(std::vector<uint8_t> & to, const mxfp4_block & block) { to.push_back(block.e); }

// `bytes` bytes of each of `together` rows, then the next; flipped by `flip`
template <typename B>
void append_values(std::vector<uint8_t> & to, const B * const * blocks, int together, size_t bytes, uint8_t flip) {
    for (size_t at = 0; at < sizeof(blocks[0]->qs); at += bytes) {
        for (int i = 0; i < together; i++) {
            for (size_t k = at; k < at + bytes; k++) { to.push_back(blocks[i]->qs[k] ^ flip); }
        }
    }
}

// the six-bit numbers of one sub-block of 8 rows, as in make_block_q4_Kx8
void append_scales(std::vector<uint8_t> & to, const q4_K_block * const * blocks, int sub) {
    const auto number = [&](int row, bool minimum) { return q4_K_scale(*blocks[row], sub, minimum); };
    for (bool minimum : { false, true }) {
        for (int i = 0; i < 4; i++) { to.push_back((uint8_t) (number(i, minimum) | number(i + 4, minimum) >> 4 << 6)); }
    }
    for (int i = 0; i < 4; i++) { to.push_back((uint8_t) ((number(i + 4, false) & 15) | (number(i + 4, true) & 15) << 4)); }
}

template <typename B, typename F> std::vector<uint8_t> interleaved(const std::vector<B> & w, int together, F append_group) {
    std::vector<uint8_t> to;
    const int n_blocks = (int) w.size() / n_rows;
    for (int row = 0; row < n_rows; row += together) {
        for (int b = 0; b < n_blocks; b++) {
            const B * blocks[8];
            for (int i = 0; i < together; i++) { blocks[i] = &w[(size_t) ((row + i) * n_blocks + b)]; }
            append_group(to, blocks);
        }
    }
    return to;
}

template <typename B> std::vector<uint8_t> four_rows(const std::vector<B> & w, size_t bytes, uint8_t flip) {
    return interleaved(w, 4, [&](std::vector<uint8_t> & to, const B * const * blocks) {
        for (int i = 0; i < 4; i++) { append_scale(to, *blocks[i]); }
        append_values(to, blocks, 4, bytes, flip);
    });
}

std::vector<uint8_t> eight_q4_K_rows(const std::vector<q4_K_block> & w, size_t bytes) {
    return interleaved(w, 8, [&](std::vector<uint8_t> & to, const q4_K_block * const * blocks) {
        for (int i = 0; i < 8; i++) { append(to, &blocks[i]->d, 2); }
        for (int i = 0; i < 8; i++) { append(to, &blocks[i]->d_min, 2); }
        for (int sub = 0; sub < 8; sub++) { append_scales(to, blocks, sub); }
        for (int pair = 0; pair < 4; pair++) {
            for (size_t at = 0; at < 32; at += bytes) {
                for (int i = 0; i < 8; i++) { append(to, blocks[i]->qs + 32 * pair + at, bytes); }
            }
        }
    });
}

// ---- comparing ----------------------------------------------------------------------------------------------------------

// the rows by ours, each number of them at a time; the same bits as `expected`
void check_rows(single ours, int n, const void * w, const void * a, const std::vector<float> & expected) {
    for (int rows = 0; rows <= n_rows; rows++) {
        std::vector<float> out((size_t) n_rows + 1, 7.0f);
        CHECK(ours(n, out.data(), w, a, nullptr, rows));
        CHECK(std::equal(out.begin() + rows, out.end(), std::vector<float>((size_t) n_rows + 1, 7.0f).begin()));
        CHECK(memcmp(out.data(), expected.data(), (size_t) rows * sizeof(float)) == 0);
    }
}

template <typename B>
void check_dot(single ours, dot upstream, int n, const std::vector<B> & w, const void * a) {
    std::vector<float> expected(n_rows);
    const size_t n_blocks = w.size() / n_rows;
    for (int row = 0; row < n_rows; row++) {
        upstream(n, &expected[(size_t) row], 0, &w[(size_t) row * n_blocks], 0, a, 0, 1);
    }
    check_rows(ours, n, w.data(), a, expected);
}

void check_gemv(single ours, gemv upstream, int n, const void * w, const std::vector<uint8_t> & layout, const void * a) {
    std::vector<float> expected(n_rows);
    upstream(n, expected.data(), 0, layout.data(), a, 1, n_rows);
    check_rows(ours, n, w, a, expected);
}

const int numbers_of_blocks[] = { 1, 2, 3, 24, 33, 80 };

// with weights and values at random, and with the largest there are
template <typename B, typename F> void for_all(std::vector<B> (*some)(size_t, std::mt19937 &), F check) {
    std::mt19937 random(11);
    for (int n_blocks : numbers_of_blocks) {
        for (int byte : { -1, 0x00, 0x77, 0x88, 0xff }) {
            for (int value : { -128, 127 }) {
                auto w = some((size_t) (n_rows * n_blocks), random);
                auto a = some_values(32 * n_blocks, random);
                for (auto & block : w) {
                    if (byte >= 0) { memset(block.qs, byte, sizeof(block.qs)); }
                }
                for (auto & block : a) {
                    if (byte >= 0) { memset(block.qs, value, sizeof(block.qs)); }
                }
                check(32 * n_blocks, w, a.data());
            }
        }
    }
}

}  // namespace

TEST(q4_0_rows_have_upstreams_bits) {
    if (!processor_can()) { return; }
    for_all<q4_0_block>(some_rows, [](int n, const std::vector<q4_0_block> & w, const void * a) {
        if (!has_interleaved) {
            check_dot(gemv_q4_0_single, ggml_vec_dot_q4_0_q8_0, n, w, a);
            return;
        }
        check_gemv(gemv_q4_0_single, ggml_gemv_q4_0_4x4_q8_0, n, w.data(), four_rows(w, 4, 0x88), a);
        check_gemv(gemv_q4_0_single, ggml_gemv_q4_0_4x8_q8_0, n, w.data(), four_rows(w, 8, 0x88), a);
    });
}

TEST(iq4_nl_rows_have_upstreams_bits) {
    if (!processor_can()) { return; }
    for_all<q4_0_block>(some_rows, [](int n, const std::vector<q4_0_block> & w, const void * a) {
        if (has_interleaved) {
            check_gemv(gemv_iq4_nl_single, ggml_gemv_iq4_nl_4x4_q8_0, n, w.data(), four_rows(w, 4, 0), a);
        } else {
            check_dot(gemv_iq4_nl_single, ggml_vec_dot_iq4_nl_q8_0, n, w, a);
        }
    });
}

TEST(mxfp4_rows_have_upstreams_bits) {
    if (!processor_can()) { return; }
    for_all<mxfp4_block>(some_mxfp4_rows, [](int n, const std::vector<mxfp4_block> & w, const void * a) {
        if (has_interleaved) {
            check_gemv(gemv_mxfp4_single, ggml_gemv_mxfp4_4x4_q8_0, n, w.data(), four_rows(w, 4, 0), a);
        } else {
            check_dot(gemv_mxfp4_single, ggml_vec_dot_mxfp4_q8_0, n, w, a);
        }
    });
}

TEST(q4_k_rows_have_upstreams_bits) {
    if (!processor_can()) { return; }
    std::mt19937 random(12);
    for (int n_blocks : { 1, 3, 10 }) {
        for (int value : { 0, -128, 127 }) {
            auto w = some_q4_K_rows((size_t) (n_rows * n_blocks), random);
            auto a = some_q8_K_values(256 * n_blocks, random);
            for (auto & block : w) {
                if (value) {
                    memset(block.qs, 0xff, sizeof(block.qs));
                    memset(block.scales, 0xff, sizeof(block.scales));
                }
            }
            for (auto & block : a) {
                if (value) { memset(block.qs, value, sizeof(block.qs)); }
            }
            add_up(a);
            if (has_i8mm) {
                check_gemv(gemv_q4_K_single, ggml_gemv_q4_K_8x8_q8_K, 256 * n_blocks, w.data(), eight_q4_K_rows(w, 8), a.data());
            } else if (has_interleaved) {
                check_gemv(gemv_q4_K_single, ggml_gemv_q4_K_8x4_q8_K, 256 * n_blocks, w.data(), eight_q4_K_rows(w, 4), a.data());
            } else {
                check_dot(gemv_q4_K_single, ggml_vec_dot_q4_K_q8_K, 256 * n_blocks, w, a.data());
            }
        }
    }
}
