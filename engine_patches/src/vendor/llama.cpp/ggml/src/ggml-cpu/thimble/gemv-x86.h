#pragma once

// What the kernels for x86 share. THIMBLE_GEMV_X86 says that there are any, THIMBLE_GEMV_512 that they are 512 bits wide.

#include <cstdint>
#include <cstring>

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define THIMBLE_GEMV_X86
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define THIMBLE_GEMV_512
#endif

#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // its own headers, which leave operands undefined on purpose
#endif

namespace thimble {

inline float to_float(uint16_t half) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
}

inline __m256 to_floats(const uint16_t * halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) halves));
}

inline int64_t eight_values(const int8_t * at) {
    int64_t values;
    memcpy(&values, at, sizeof(values));
    return values;
}

}  // namespace thimble
#endif
