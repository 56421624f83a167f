// How much one call may do with a grammar.
//
// Some grammars can be read in so many ways that their stacks double with each letter, or grow without end. llama.cpp
// looks at no flag while it follows them, so the work is counted: a call that goes beyond the limit is left by an
// exception that never leaves libllama. The count depends on grammar, vocabulary and token only, not on the machine.

#pragma once

#include "llama-grammar.h"

#include <cstddef>
#include <cstdint>
#include <new>

// One unit is about a nanosecond of a processor of 2023 and at most half a byte that stays until the call's end: the
// limit is about a second, and half a GiB.
constexpr uint64_t THIMBLE_GRAMMAR_LIMIT = 1'000'000'000;

struct thimble_grammar_overrun {};

// Counts work of this thread's call. Throws thimble_grammar_overrun beyond the limit.
void thimble_grammar_spend(uint64_t units);

// What is to be counted for ...
inline uint64_t thimble_grammar_copied  (size_t elements)                { return 200 + 16*elements; }            // a stack that is kept
inline uint64_t thimble_grammar_searched(size_t stacks, size_t elements) { return stacks*(3 + elements/8); }      // one that is compared with others
inline uint64_t thimble_grammar_tried   (size_t tokens, size_t elements) { return 50 + tokens*(4 + elements); }   // tokens compared with a class of characters
inline uint64_t thimble_grammar_repeated(size_t elements, uint64_t times) { return 40*times*(1 + elements); }     // elements that are written out

// The work of finding a stack's place in a sorted set: most stacks begin alike.
uint64_t thimble_grammar_sorted(size_t stacks, size_t elements);

void thimble_grammar_begin();
void thimble_grammar_end(bool within);

// Runs one call; false when it went beyond the limit, or beyond memory.
template <typename Call>
bool thimble_grammar_within(Call && call) {
    thimble_grammar_begin();
    bool within = false;
    try {
        call();
        within = true;
    } catch (const thimble_grammar_overrun &) {
    } catch (const std::bad_alloc &) {
    }
    thimble_grammar_end(within);
    return within;
}

// The candidates that no stack can take. The same as trying all of them with one stack after the other, but a stack that
// goes on with one certain character is only tried with those that have it: of the thousands of stacks of a long list of
// words each sees few of the vocabulary.
llama_grammar_candidates thimble_grammar_rejects(
        const llama_grammar_rules  & rules,
        const llama_grammar_stacks & stacks,
        llama_grammar_candidates     candidates);

extern "C" {

// Units of this thread's last call.
LLAMA_API uint64_t thimble_grammar_work(void);

// Whether it went beyond the limit.
LLAMA_API bool thimble_grammar_overran(void);

} // extern "C"
