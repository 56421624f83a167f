#pragma once

// What the kernels' tests share: whether this processor can run them, and weights and values at random.

#include "gemv.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

// of the instruction set that this test was compiled for
inline bool processor_can() {
#if defined(__AVX512VNNI__)
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#elif defined(__AVXVNNI__) && (defined(__clang__) || __GNUC__ >= 12)
    return __builtin_cpu_supports("avxvnni");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__aarch64__) && defined(__linux__)
#if defined(__ARM_FEATURE_MATMUL_INT8)
    return (getauxval(AT_HWCAP2) & 1ul << 13) != 0; // HWCAP2_I8MM
#elif defined(__ARM_FEATURE_DOTPROD)
    return (getauxval(AT_HWCAP) & 1ul << 20) != 0; // HWCAP_ASIMDDP
#else
    return true;
#endif
#elif defined(__aarch64__) && defined(__APPLE__) && defined(__ARM_FEATURE_MATMUL_INT8)
    int    has  = 0;
    size_t size = sizeof(has);
    return sysctlbyname("hw.optional.arm.FEAT_I8MM", &has, &size, nullptr, 0) == 0 && has;
#else
    return true;
#endif
}

// whether there are kernels for many vectors
constexpr bool has_many =
#if defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
    true;
#else
    false;
#endif

// and any of IQ4_NL: with AVX2 alone its products do not fit where they are added up in words
constexpr bool has_iq4_nl =
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__) || defined(__aarch64__)
    true;
#else
    false;
#endif

inline float from_half(uint16_t half) {
    const int   exponent = half >> 10 & 31;
    const float size     = exponent ? std::ldexp((float) (1024 + (half & 1023)), exponent - 25)
                                    : std::ldexp((float) (half & 1023), -24);
    return half & 0x8000 ? -size : size;
}

inline uint16_t some_half(std::mt19937 & random) { // a normal number
    return (uint16_t) ((random() % 2) << 15 | (10 + random() % 8) << 10 | random() % 1024);
}

inline std::vector<thimble::q8_0_block> some_values(int n, std::mt19937 & random) {
    std::vector<thimble::q8_0_block> a((size_t) n / 32);
    for (auto & block : a) {
        block.d = some_half(random);
        for (auto & q : block.qs) { q = (int8_t) random(); } // -128, too
    }
    return a;
}

inline void add_up(std::vector<thimble::q8_K_block> & a) {
    for (auto & block : a) {
        for (int i = 0; i < 16; i++) {
            block.sums[i] = 0;
            for (int k = 0; k < 16; k++) { block.sums[i] = (int16_t) (block.sums[i] + block.qs[16 * i + k]); }
        }
    }
}

inline std::vector<thimble::q8_K_block> some_q8_K_values(int n, std::mt19937 & random) {
    std::vector<thimble::q8_K_block> a((size_t) n / 256);
    for (auto & block : a) {
        block.d = from_half(some_half(random));
        for (auto & q : block.qs) { q = (int8_t) random(); }
    }
    add_up(a);
    return a;
}

template <typename B> std::vector<B> some_bytes(size_t n, std::mt19937 & random) {
    std::vector<B> blocks(n);
    for (size_t i = 0; i < n * sizeof(B); i++) { ((uint8_t *) blocks.data())[i] = (uint8_t) random(); }
    return blocks;
}

// n blocks as in a file
inline std::vector<thimble::q4_0_block> some_rows(size_t n, std::mt19937 & random) {
    auto blocks = some_bytes<thimble::q4_0_block>(n, random);
    for (auto & block : blocks) { block.d = some_half(random); }
    return blocks;
}

inline std::vector<thimble::q4_K_block> some_q4_K_rows(size_t n, std::mt19937 & random) {
    auto blocks = some_bytes<thimble::q4_K_block>(n, random);
    for (auto & block : blocks) {
        block.d     = some_half(random);
        block.d_min = some_half(random);
    }
    return blocks;
}

inline std::vector<thimble::mxfp4_block> some_mxfp4_rows(size_t n, std::mt19937 & random) {
    auto blocks = some_bytes<thimble::mxfp4_block>(n, random);
    for (auto & block : blocks) { block.e = (uint8_t) (random() % 140); }
    return blocks;
}

// scale or minimum of a Q4_K block's sub-block, as ggml's get_scale_min_k4
inline int q4_K_scale(const thimble::q4_K_block & block, int sub, bool minimum) {
    const uint8_t * q = block.scales;
    if (minimum) {
        return sub < 4 ? q[sub + 4] & 63 : q[sub + 4] >> 4 | q[sub] >> 6 << 4;
    }
    return sub < 4 ? q[sub] & 63 : (q[sub + 4] & 15) | q[sub - 4] >> 6 << 4;
}
