# Our sources of the CPU backend. The patch `thimble-api-door` includes this file, so that a new source needs
# a line here and no change of a patch. Paths are relative to ggml/src, as in ggml-cpu/CMakeLists.txt.

set(THIMBLE_BUILD "unknown" CACHE STRING "thimble: version that the C API reports")

list(APPEND GGML_CPU_SOURCES
    ggml-cpu/thimble/attention-rows.cpp
    ggml-cpu/thimble/attention-rows.h
    ggml-cpu/thimble/attention-tiles.cpp
    ggml-cpu/thimble/attention-tiles.h
    ggml-cpu/thimble/expert-acquire.cpp
    ggml-cpu/thimble/expert-compute.cpp
    ggml-cpu/thimble/expert-io.cpp
    ggml-cpu/thimble/expert-io.h
    ggml-cpu/thimble/expert-policy.cpp
    ggml-cpu/thimble/expert-policy.h
    ggml-cpu/thimble/expert-readers.cpp
    ggml-cpu/thimble/expert-replay.cpp
    ggml-cpu/thimble/expert-slots.cpp
    ggml-cpu/thimble/expert-store-impl.h
    ggml-cpu/thimble/expert-store.cpp
    ggml-cpu/thimble/expert-store.h
    ggml-cpu/thimble/gemm-nibbles-neon.cpp
    ggml-cpu/thimble/gemm-nibbles.cpp
    ggml-cpu/thimble/gemm-q4_k-neon.cpp
    ggml-cpu/thimble/gemm-q4_k.cpp
    ggml-cpu/thimble/gemm-x86.h
    ggml-cpu/thimble/gemv-nibbles-neon.cpp
    ggml-cpu/thimble/gemv-nibbles.cpp
    ggml-cpu/thimble/gemv-q4_k-neon.cpp
    ggml-cpu/thimble/gemv-q4_k.cpp
    ggml-cpu/thimble/gemv-x86.h
    ggml-cpu/thimble/gemv.h
    ggml-cpu/thimble/lm-head.cpp
    ggml-cpu/thimble/lm-head.h
    ggml-cpu/thimble/moe-down-rows.cpp
    ggml-cpu/thimble/moe-down-rows.h
    ggml-cpu/thimble/moe-ffn.cpp
    ggml-cpu/thimble/neon.h
    ggml-cpu/thimble/nibbles-neon.h
    ggml-cpu/thimble/nibbles-x86.h
    ggml-cpu/thimble/paged-store.h
    ggml-cpu/thimble/q4_k-neon.h
    ggml-cpu/thimble/row-kernel.h
    ggml-cpu/thimble/row-sums.cpp
    ggml-cpu/thimble/row-sums.h
    ggml-cpu/thimble/single-rows.h
    ggml-cpu/thimble/thimble-api.cpp
    ggml-cpu/thimble/thimble-api.h
    ggml-cpu/thimble/thimble-paged.cpp
    ggml-cpu/thimble/thimble-paged.h
    ggml-cpu/thimble/vector-products.cpp
    ggml-cpu/thimble/vector-products.h
    )

# on one file only: a new version recompiles that file, not the backend
set_source_files_properties(ggml-cpu/thimble/thimble-api.cpp
    PROPERTIES COMPILE_DEFINITIONS "THIMBLE_BUILD=\"${THIMBLE_BUILD}\"")
