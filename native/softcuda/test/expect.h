// The tests' only framework. A test executable registers its cases with TEST and ends with TEST_MAIN.
//
//   TEST(adds) { EXPECT_EQ(1 + 1, 2); }
//   TEST_MAIN
//
// Each failed expectation is printed with its place and values; the exit status is 1 when one failed. With arguments, only
// the cases named run.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace expect {

struct Case {
    const char* name;
    void (*body)();
};
inline std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}
inline int& failures() {
    static int count = 0;
    return count;
}
struct Register {
    Register(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

inline void failed(const char* file, int line, const std::string& what) {
    if (++failures() <= 50) std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

template <class A, class B> void equal(const A& a, const B& b, const char* text, const char* file, int line) {
    if (a == b) return;
    std::ostringstream out;
    out.precision(17);
    out << text << ": got " << a << ", expected " << b;
    failed(file, line, out.str());
}

inline int run(int argc, char** argv) {
    int ran = 0;
    for (const Case& c : cases()) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; i++) wanted |= std::strcmp(argv[i], c.name) == 0;
        if (!wanted) continue;
        int before = failures();
        c.body();
        std::printf("%s %s\n", failures() == before ? "ok  " : "FAIL", c.name);
        ran++;
    }
    std::printf("%d cases, %d failed expectations\n", ran, failures());
    return failures() || !ran ? 1 : 0;
}

}  // namespace expect

#define TEST(name)                                                                                                     \
    static void test_##name();                                                                                         \
    static expect::Register register_##name(#name, test_##name);                                                       \
    static void test_##name()
#define TEST_MAIN                                                                                                      \
    int main(int argc, char** argv) { return expect::run(argc, argv); }
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) expect::failed(__FILE__, __LINE__, "expected " #condition);                                  \
    } while (0)
#define EXPECT_EQ(got, wanted) expect::equal((got), (wanted), #got, __FILE__, __LINE__)
#define EXPECT_NEAR(got, wanted, tolerance)                                                                            \
    do {                                                                                                               \
        double g_ = (got), w_ = (wanted);                                                                              \
        if (!(std::fabs(g_ - w_) <= (tolerance))) {                                                                    \
            std::ostringstream o_;                                                                                     \
            o_.precision(17);                                                                                          \
            o_ << #got << ": got " << g_ << ", expected " << w_ << " within " << (tolerance);                          \
            expect::failed(__FILE__, __LINE__, o_.str());                                                              \
        }                                                                                                              \
    } while (0)
