#pragma once

// The approximate language-model head of SmallThinker's authors: a small predictor in the file says which rows of the vocabulary
// matter for a token, and only those are computed. It is a matrix of two parts, one after the other: W1 [n_embd, n_hidden] and
// W2 [n_hidden, n_vocab] in ggml's order; a row is computed if its score, W2 · (W1 · input), is above zero or is no number. The
// logits of the others are -infinity. When no row has such a score, all are computed.
//
// The output matrix has to be row by row as in the file.

#include "thimble-api.h"

#include <atomic>
#include <cstdint>

struct ggml_tensor;

namespace ggml::cpu { class tensor_traits; }

namespace thimble {

// What a model's contexts share; made and freed by head_new and head_free of the C API.
struct lm_head {
    std::atomic<bool>     whole { false };     // compute all rows, for the time being
    std::atomic<uint32_t> check_every { 0 };   // of so many tokens one is compared with the whole head; 0: none
    std::atomic<uint64_t> tokens { 0 };        // as in thimble_head_stats
    std::atomic<uint64_t> rows { 0 };
    std::atomic<uint64_t> all_rows { 0 };
    std::atomic<uint64_t> checked { 0 };
    std::atomic<uint64_t> changed { 0 };
    std::atomic<uint64_t> none_kept { 0 };

    thimble_head_stats stats() const {
        const auto now = [](const std::atomic<uint64_t> & counter) { return counter.load(std::memory_order_relaxed); };
        return { now(tokens), now(rows), now(all_rows), now(checked), now(changed), now(none_kept) };
    }
};

// of a node of thimble_lm_head; null for other custom nodes
ggml::cpu::tensor_traits * lm_head_traits_of(const ggml_tensor * op);

}  // namespace thimble
