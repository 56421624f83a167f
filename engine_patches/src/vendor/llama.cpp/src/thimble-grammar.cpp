#include "thimble-grammar.h"

#include <unordered_map>
#include <utility>

static thread_local uint64_t spent   = 0;
static thread_local uint64_t limit   = UINT64_MAX; // outside of a call nobody would catch
static thread_local bool     overran = false;

void thimble_grammar_spend(uint64_t units) {
    spent += units;
    if (spent > limit) {
        throw thimble_grammar_overrun();
    }
}

uint64_t thimble_grammar_sorted(size_t stacks, size_t elements) {
    uint64_t steps = 1;
    for (size_t n = stacks; n > 1; n /= 2) {
        steps++;
    }
    return 100 + steps*elements;
}

void thimble_grammar_begin() {
    spent = 0;
    limit = THIMBLE_GRAMMAR_LIMIT;
}

void thimble_grammar_end(bool within) {
    limit   = UINT64_MAX;
    overran = !within;
}

uint64_t thimble_grammar_work(void) {
    return spent;
}

bool thimble_grammar_overran(void) {
    return overran;
}

// whether a stack goes on with one character and no other
static bool is_literal(const llama_grammar_stack & stack) {
    if (stack.empty() || stack.back()->type != LLAMA_GRETYPE_CHAR) {
        return false;
    }
    const auto next = stack.back()[1].type;
    return next != LLAMA_GRETYPE_CHAR_RNG_UPPER && next != LLAMA_GRETYPE_CHAR_ALT;
}

llama_grammar_candidates thimble_grammar_rejects(
        const llama_grammar_rules  & rules,
        const llama_grammar_stacks & stacks,
        llama_grammar_candidates     rejects) {
    std::vector<const llama_grammar_stack *> literals;
    for (const auto & stack : stacks) {
        if (is_literal(stack)) {
            literals.push_back(&stack);
        } else {
            rejects = llama_grammar_reject_candidates_for_stack(rules, stack, rejects);
        }
    }
    if (literals.size() < 8) { // sorting the candidates would take longer
        for (const auto * stack : literals) {
            rejects = llama_grammar_reject_candidates_for_stack(rules, *stack, rejects);
        }
        return rejects;
    }

    thimble_grammar_spend(thimble_grammar_tried(rejects.size(), 8));
    std::unordered_map<uint32_t, llama_grammar_candidates> by_character;
    llama_grammar_candidates ended; // no character is left, or only the beginning of one
    for (const auto & candidate : rejects) {
        (*candidate.code_points == 0 ? ended : by_character[*candidate.code_points]).push_back(candidate);
    }
    for (const auto * stack : literals) {
        const uint32_t character = stack->back()->value;
        llama_grammar_candidates fitting = std::exchange(ended, {});
        const auto bucket = by_character.find(character);
        if (bucket != by_character.end()) {
            fitting.insert(fitting.end(), bucket->second.begin(), bucket->second.end());
            bucket->second.clear();
        }
        if (fitting.empty()) {
            continue;
        }
        for (const auto & candidate : llama_grammar_reject_candidates_for_stack(rules, *stack, fitting)) {
            (*candidate.code_points == 0 ? ended : bucket->second).push_back(candidate);
        }
    }
    for (const auto & [character, bucket] : by_character) {
        ended.insert(ended.end(), bucket.begin(), bucket.end());
    }
    return ended;
}
