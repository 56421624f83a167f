// Many vectors at once: each has the bits it has alone.

#include "harness.h"
#include "kernel-problems.h"

using namespace thimble;

namespace {

// whether each vector's products are those it has alone, for every number of vectors and numbers of rows around a tile's
template <typename V, typename S, typename M>
void check_many(S single, M many, bool has, int n, int max_rows, const void * w, const std::vector<std::vector<V>> & a) {
    if (!processor_can()) {
        return;
    }
    CHECK(many(n, w, 0, nullptr, nullptr, 0) == has);
    if (!has) {
        return; // left to the products with one vector
    }
    for (int n_rows : { 1, 8, 15, 16, 24, max_rows }) {
        std::vector<int32_t> rows;
        for (int row = 0; row < n_rows; row++) { rows.push_back(row); }
        for (size_t n_tokens = 0; n_tokens <= a.size(); n_tokens++) {
            std::vector<std::vector<float>> out(n_tokens, std::vector<float>((size_t) n_rows + 1, 7.0f));
            std::vector<const void *> vectors;
            std::vector<float *>      outs;
            for (size_t t = 0; t < n_tokens; t++) {
                vectors.push_back(a[t].data());
                outs.push_back(out[t].data());
            }
            CHECK(many(n, w, n_rows, vectors.data(), outs.data(), (int) n_tokens));
            for (size_t t = 0; t < n_tokens; t++) {
                std::vector<float> alone((size_t) n_rows + 1, 7.0f);
                CHECK(single(n, alone.data(), w, a[t].data(), rows.data(), n_rows));
                CHECK(memcmp(alone.data(), out[t].data(), alone.size() * sizeof(float)) == 0);
            }
        }
    }
}

std::vector<std::vector<q8_0_block>> some_vectors(int n, int n_tokens, std::mt19937 & random) {
    std::vector<std::vector<q8_0_block>> a;
    for (int t = 0; t < n_tokens; t++) { a.push_back(some_values(n, random)); }
    return a;
}

constexpr int many_rows = 40, many_tokens = 13, many_blocks = 9;

}  // namespace

TEST(many_vectors_and_q4_0_rows_are_bit_equal_to_one) {
    std::mt19937 random(6);
    const auto w = some_rows(many_rows * many_blocks, random);
    check_many(gemv_q4_0_single, gemm_q4_0_rows, has_many, 32 * many_blocks, many_rows, w.data(), some_vectors(32 * many_blocks, many_tokens, random));
}

TEST(many_vectors_and_iq4_nl_rows_are_bit_equal_to_one) {
    std::mt19937 random(7);
    const auto w = some_rows(many_rows * many_blocks, random);
    check_many(gemv_iq4_nl_single, gemm_iq4_nl_rows, has_many && has_iq4_nl, 32 * many_blocks, many_rows, w.data(), some_vectors(32 * many_blocks, many_tokens, random));
}

TEST(many_vectors_and_mxfp4_rows_are_bit_equal_to_one) {
    std::mt19937 random(8);
    const auto w = some_mxfp4_rows(many_rows * many_blocks, random);
    check_many(gemv_mxfp4_single, gemm_mxfp4_rows, has_many, 32 * many_blocks, many_rows, w.data(), some_vectors(32 * many_blocks, many_tokens, random));
}

TEST(many_vectors_and_q4_k_rows_are_bit_equal_to_one) {
    std::mt19937 random(9);
    const auto w = some_q4_K_rows(many_rows * 3, random);
    std::vector<std::vector<q8_K_block>> a;
    for (int t = 0; t < many_tokens; t++) { a.push_back(some_q8_K_values(256 * 3, random)); }
    check_many(gemv_q4_K_single, gemm_q4_K_rows, has_many, 256 * 3, many_rows, w.data(), a);
}
