// Damaged PTX: whatever the bytes, loading ends soon with a module or an error, and never with anything else.
//
//   fuzz_test            a fixed number of seeded mutations of each file of test/ptx
//   FUZZ_ROUNDS=N        that many a file; FUZZ_SEED=N another sequence
#include <cstdlib>

#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

struct Random {  // splitmix64
    uint64_t state;
    uint64_t next() {
        uint64_t z = state += 0x9e3779b97f4a7c15ull;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    size_t below(size_t n) { return size_t(next() % n); }
};

uint64_t setting(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

const char* const kSnippets[] = {
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ";",
    ",",
    "@",
    "!",
    "|",
    "_",
    "-",
    "+",
    "\"",
    "/*",
    "*/",
    "//",
    ".reg .b32 %r<1048577>;",
    ".reg .b64 x<1000000>;",
    "%r1",
    "%rd1",
    "%p1",
    "%tid.x",
    "%envreg1",
    "0x",
    "0f3F800000",
    "99999999999999999999",
    "-2147483648",
    ".align 4096",
    ".shared .b8 s[300000];",
    ".local .b8 l[999999999];",
    ".global .b8 g[4000000000];",
    "bra",
    "call.uni",
    "vprintf",
    ".param .b64 q;",
    "ld.param.u64",
    "mov.u64",
    "ret;",
    ".branchtargets",
    "brx.idx",
    ".func",
    ".entry",
    ".version 9.0",
    "$L__BB0_1:",
    "\0\0",
    "::",
    "generic(",
    "= {{{{{{{{{{",
};

// A few edits of the kinds that break parsers: cut, copied, swapped and foreign pieces, changed bytes and numbers.
std::string mutate(const std::string& original, Random& random) {
    std::string s = original;
    for (size_t edits = 1 + random.below(4); edits > 0 && !s.empty(); edits--) {
        size_t at = random.below(s.size()), length = 1 + random.below(random.below(8) ? 12 : 2000);
        switch (random.below(8)) {
            case 0: s.erase(at, length); break;
            case 1: s.insert(random.below(s.size()), s.substr(at, length)); break;
            case 2: s[at] = char(random.next()); break;
            case 3: s[at] = char(' ' + random.below(95)); break;
            case 4: s.insert(at, kSnippets[random.below(sizeof kSnippets / sizeof *kSnippets)]); break;
            case 5: s.resize(at); break;
            case 6: {  // another digit
                size_t digit = s.find_first_of("0123456789", at);
                if (digit != std::string::npos) s[digit] = char('0' + random.below(10));
                break;
            }
            case 7: {  // two lines change places
                size_t a = s.find('\n', at), b = s.find('\n', random.below(s.size()));
                if (a == std::string::npos || b == std::string::npos || a == b) break;
                if (a > b) std::swap(a, b);
                size_t endA = s.find('\n', a + 1), endB = s.find('\n', b + 1);
                if (endA == std::string::npos || endB == std::string::npos || endA > b) break;
                std::string lineA = s.substr(a, endA - a), lineB = s.substr(b, endB - b);
                s.replace(b, endB - b, lineA);
                s.replace(a, endA - a, lineB);
                break;
            }
        }
    }
    return s;
}

void fuzz(const std::string& original, Machine& m, Random& random, uint64_t rounds, int& loaded, int& refused) {
    for (uint64_t k = 0; k < rounds; k++) {
        std::string text = mutate(original, random);
        int error = 0;
        std::string log;
        bool ok = m.try_load(text, error, log) != nullptr;
        (ok ? loaded : refused)++;
        EXPECT_EQ(ok, error == 0);
        if (!ok) {
            bool known = error == 218 || error == 222 || error == 2;
            EXPECT(known);
            EXPECT(!log.empty());
        }
        EXPECT_EQ(m.arena().live_count(), size_t(0));
    }
}

}  // namespace

TEST(damaged_modules) {
    Machine m(1 << 26);
    Random random{setting("FUZZ_SEED", 1)};
    int loaded = 0, refused = 0;
    for (const char* file : {"basic.ptx", "runtime.ptx"})
        fuzz(Machine::file(file), m, random, setting("FUZZ_ROUNDS", 1500), loaded, refused);
    EXPECT(refused > 0);
    EXPECT(loaded > 0);  // some mutations hit comments and names: both outcomes are exercised
}

TEST(noise) {
    Machine m(1 << 24);
    Random random{setting("FUZZ_SEED", 2)};
    for (int k = 0; k < 300; k++) {
        std::string text = k % 2 ? with_header("") : "";
        for (size_t n = random.below(3000); n > 0; n--) text += char(random.next());
        int error = 0;
        std::string log;
        bool ok = m.try_load(text, error, log) != nullptr;
        EXPECT_EQ(ok, error == 0);
    }
}

TEST(deep_nesting_and_long_lists) {
    Machine m(1 << 24);
    int error = 0;
    std::string log;
    EXPECT(!m.try_load(with_header(".visible .entry k()\n" + std::string(100000, '{')), error, log));
    EXPECT(!m.try_load(with_header(".global .b32 a = " + std::string(100000, '{')), error, log));
    EXPECT(!m.try_load(with_header(".visible .entry k()\n{\nmov.u32 " + std::string(100000, '{')), error, log));
    EXPECT(!m.try_load(with_header(".visible .entry k()\n{\nmov.u32 {" + std::string(100000, ',')), error, log));
    // A chain of calls that would double at each level must meet the limit on length, not exhaust memory.
    std::string chain;
    for (int f = 0; f < 40; f++) {
        std::string callee = f ? "call.uni f" + std::to_string(f - 1) + ", ();\n" : "membar.gl;\n";
        chain += ".func f" + std::to_string(f) + "()\n{\n" + callee + callee + "ret;\n}\n";
    }
    EXPECT(!m.try_load(with_header(chain + ".visible .entry k()\n{\ncall.uni f39, ();\nret;\n}\n"), error, log));
    EXPECT(log.find("too long") != std::string::npos);
}

TEST_MAIN
