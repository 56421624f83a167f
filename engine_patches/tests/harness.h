#pragma once

// A test harness that fits on a page: TEST(name) { CHECK(condition); } and one executable per file.
// Without arguments every test runs; with a name, that one (this is how ctest calls it).

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

struct test_case {
    const char * name;
    void (*run)();
};

inline std::vector<test_case> & test_cases() {
    static std::vector<test_case> cases;
    return cases;
}

struct test_registration {
    test_registration(const char * name, void (*run)()) { test_cases().push_back({ name, run }); }
};

#define TEST(name)                                               \
    static void test_##name();                                   \
    static test_registration register_##name(#name, test_##name); \
    static void test_##name()

// not assert(): that one is gone in a release build
#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
            std::exit(1);                                                                   \
        }                                                                                   \
    } while (0)

int main(int argc, char ** argv) {
    int n_run = 0;
    for (const auto & test : test_cases()) {
        if (argc > 1 && std::strcmp(argv[1], test.name) != 0) {
            continue;
        }
        std::printf("%s\n", test.name);
        test.run();
        n_run++;
    }
    if (n_run == 0) {
        std::fprintf(stderr, "no such test\n");
        return 1;
    }
    return 0;
}
