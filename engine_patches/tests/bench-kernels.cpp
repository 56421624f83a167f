// What a matrix of Q4_0, MXFP4 or Q4_K takes with some vectors: interleaved rows with one after the other, rows as in a file with one
// after the other, and with all at once. Microseconds, the median of 31.
//
//     bench-kernels.avx2 [rows columns]

#include "kernel-problems.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

using namespace thimble;

namespace {

using interleaved_product = bool (*)(int, float *, const void *, const void *, int);
using single_product      = bool (*)(int, float *, const void *, const void *, const int32_t *, int);
using many_product        = bool (*)(int, const void *, int, const void * const *, float * const *, int);
using interleaving        = bool (*)(void *, const void *, int64_t, int64_t);

double median(const std::function<bool()> & work) {
    double times[31];
    for (double & time : times) {
        const auto begin = std::chrono::steady_clock::now();
        if (!work()) {
            return NAN;
        }
        time = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
    }
    std::sort(std::begin(times), std::end(times));
    return times[15];
}

template <typename B, typename V>
void measure(const char * type, int n_rows, int n, int block, const std::vector<B> & w, const std::function<std::vector<V>()> & values,
             interleaving interleave, interleaved_product of_interleaved, single_product single, many_product many) {
    std::vector<char> room(w.size() * sizeof(B) + 64);
    char *            to = (char *) (((uintptr_t) room.data() + 63) / 64 * 64);
    const bool        has_interleaved = interleave(to, w.data(), n_rows, n / block);
    for (int n_tokens : { 1, 2, 4, 8, 64 }) {
        std::vector<std::vector<V>>     a;
        std::vector<std::vector<float>> out((size_t) n_tokens, std::vector<float>((size_t) n_rows));
        std::vector<const void *>       vectors;
        std::vector<float *>            outs;
        for (int t = 0; t < n_tokens; t++) { a.push_back(values()); }
        for (int t = 0; t < n_tokens; t++) {
            vectors.push_back(a[(size_t) t].data());
            outs.push_back(out[(size_t) t].data());
        }
        const auto each = [&](const auto & multiply) {
            for (int t = 0; t < n_tokens; t++) {
                if (!multiply(outs[(size_t) t], vectors[(size_t) t])) { return false; }
            }
            return true;
        };
        std::printf("%-6s %3d vectors: interleaved %8.0f, as in a file %8.0f, all at once %8.0f\n", type, n_tokens,
            has_interleaved ? median([&] { return each([&](float * o, const void * v) { return of_interleaved(n, o, to, v, n_rows); }); }) : NAN,
            median([&] { return each([&](float * o, const void * v) { return single(n, o, w.data(), v, nullptr, n_rows); }); }),
            median([&] { return many(n, w.data(), n_rows, vectors.data(), outs.data(), n_tokens); }));
    }
}

}  // namespace

int main(int argc, char ** argv) {
    const int n_rows = argc > 2 ? std::atoi(argv[1]) : 768, n = argc > 2 ? std::atoi(argv[2]) : 1536;
    if (!processor_can() || n_rows % 8 != 0 || n % 256 != 0) {
        std::fprintf(stderr, "not with this processor or these sizes\n");
        return 1;
    }
    std::mt19937 random(1);
    auto mxfp4 = some_mxfp4_rows((size_t) n_rows * n / 32, random);
    for (auto & block : mxfp4) { block.e = (uint8_t) (110 + block.e % 30); } // sums of denormal numbers take several times as long
    const std::function<std::vector<q8_0_block>()> q8_0 = [&] { return some_values(n, random); };
    const std::function<std::vector<q8_K_block>()> q8_K = [&] { return some_q8_K_values(n, random); };
    measure("Q4_0", n_rows, n, 32, some_rows((size_t) n_rows * n / 32, random), q8_0,
            interleave_q4_0_8x8, gemv_q4_0_8x8, gemv_q4_0_single, gemm_q4_0_rows);
    measure("MXFP4", n_rows, n, 32, mxfp4, q8_0,
            interleave_mxfp4_8x8, gemv_mxfp4_8x8, gemv_mxfp4_single, gemm_mxfp4_rows);
    measure("Q4_K", n_rows, n, 256, some_q4_K_rows((size_t) n_rows * n / 256, random), q8_K,
            interleave_q4_K_8x8, gemv_q4_K_8x8, gemv_q4_K_single, gemm_q4_K_rows);
    return 0;
}
