// The front end: what it accepts, what it refuses and where it says the error is.
#include <algorithm>

#include "expect.h"
#include "machine.h"
#include "ptx/decode.h"
#include "ptx/literal.h"

using namespace softcuda;

namespace {

std::string in_kernel(const std::string& body) {
    return with_header(
        ".visible .entry k(.param .u64 p0, .param .u32 p1)\n{\n.reg .pred %p<4>;\n.reg .b32 %r<8>;\n.reg .b64 "
        "%rd<4>;\n.reg .b16 %rs<4>;\n.reg .f32 %f<4>;\n"
        + body + "\nret;\n}\n");
}

constexpr int kBodyLine = 11;  // of the first line of `body`

bool loads(const std::string& ptx) {
    Machine m(1 << 24);
    int error = 0;
    std::string log;
    bool ok = m.try_load(ptx, error, log) != nullptr;
    if (!ok) std::fprintf(stderr, "%s", log.c_str());
    return ok;
}

// The module is refused, with this line and these words in the log.
void refused(const std::string& ptx, int line, const std::string& words, int wantedError = 218) {
    Machine m(1 << 24);
    int error = 0;
    std::string log;
    EXPECT(m.try_load(ptx, error, log) == nullptr);
    EXPECT_EQ(error, wantedError);
    std::string place = "ptx:" + std::to_string(line) + ": ";
    if (log.find(place) == std::string::npos || log.find(words) == std::string::npos) {
        EXPECT_EQ(log, place + "... " + words);
    }
    EXPECT_EQ(m.arena().live_count(), size_t(0));  // nothing of a refused module stays
}

}  // namespace

TEST(literals) {
    struct Case {
        const char* text;
        Literal::Kind kind;
        uint64_t bits;
    };
    const Case good[] = {
        {"0", Literal::Integer, 0},
        {"42U", Literal::Integer, 42},
        {"0x1F", Literal::Integer, 31},
        {"0XfFu", Literal::Integer, 255},
        {"017", Literal::Integer, 15},
        {"0b101", Literal::Integer, 5},
        {"18446744073709551615", Literal::Integer, ~0ull},
        {"0f3F800000", Literal::Float32, 0x3f800000},
        {"0FBF800000", Literal::Float32, 0xbf800000},
        {"0d3FF0000000000000", Literal::Float64, 0x3ff0000000000000ull},
        {"1.5", Literal::Float64, 0x3ff8000000000000ull},
        {"1e2", Literal::Float64, 0x4059000000000000ull},
        {"0xe", Literal::Integer, 14},
    };
    for (const Case& c : good) {
        Literal l;
        EXPECT(parse_literal(c.text, l));
        EXPECT_EQ(int(l.kind), int(c.kind));
        EXPECT_EQ(l.bits, c.bits);
    }
    for (const char* bad :
         {"", "0x", "08", "12z", "0f3F80000", "0f3F8000000", "0d00", "18446744073709551616", "0b2", "1.5.2", "0xg"}) {
        Literal l;
        EXPECT(!parse_literal(bad, l));
    }
    uint64_t bits;
    EXPECT(literal_bits({Literal::Float64, 0x3ff8000000000000ull}, true, 32, bits));
    EXPECT_EQ(bits, 0x3fc00000u);
    EXPECT(literal_bits(negate({Literal::Integer, 1}), false, 16, bits));
    EXPECT_EQ(bits, 0xffffu);
}

TEST(forms_that_compilers_and_people_write) {
    EXPECT(loads(in_kernel(
        "mov.u32 %r1, %tid.x; add.s32 %r1, %r1, -5; mov.u32 %r2, 0x1f; mov.f32 %f1, 0f3F800000; mov.f32 %f2, 1.5;")));
    EXPECT(
        loads(in_kernel("ld.param.u64 %rd1, [p0]; ld.global.u32 %r1, [%rd1+-4]; st.global.u32 [%rd1 + 8 - 4], %r1;")));
    EXPECT(
        loads(in_kernel("{ .reg .b32 %r1; .reg .pred p; setp.eq.u32 p, %r1, 0; @!p bra L; mov.b32 %r1, 3; L: }\n{ .reg "
                        ".b32 t; L: mov.b32 t, 1; }")));
    EXPECT(loads(
        in_kernel("// comment\n/* another\n over lines */ mov.u32 %r1, %laneid;\n.loc 1 2 3\n.pragma \"nounroll\";")));
    EXPECT(
        loads(in_kernel(".reg.b16 x; mov.b32 {x, _}, %r1; mov.b32 %r2, {%rs1, %rs2}; setp.lt.s32 %p1|%p2, %r1, %r2;")));
    EXPECT(loads(in_kernel("bra.uni END; mov.u32 %r1, 1; END:")));
    EXPECT(loads(in_kernel("call.uni f, ();").insert(with_header("").size(), ".func f()\n{\nret;\n}\n")));
    EXPECT(loads(with_header(".section .debug_str { .b8 1, 2; }\n.file 1 \"x.cu\"\n.global .align 8 .u64 t[2] = "
                             "{generic(a)+4, a};\n.global .b32 a[3] = {1, -2, 0x30};\n"
                             ".const .f32 f[] = {1.5, 0f40000000, 3};\n.global .b8 s[2][3] = {{1, 2, 3}, {4, 5, "
                             "6}};\n.global .u8 m[2] = {0xFF(a), 0xFF00(a)};\n")
                     .append("")));
}

TEST(initialisers) {
    Machine m(1 << 24);
    Module& module =
        m.load(with_header(".global .align 8 .u64 t[3] = {generic(a)+4, a, 7};\n.global .b32 a[4] = {1, -2, 0x30};\n"
                           ".const .f32 f[] = {1.5, 0f40000000, -3.0};\n.global .b8 s[2][3] = {{1, 2, 3}, {4, 5, "
                           "6}};\n.global .u8 m[2] = {0xFF(a), 0xFF00(a)};\n"));
    uint64_t a = module.find_variable("a")->address;
    const uint64_t* t = reinterpret_cast<const uint64_t*>(module.find_variable("t")->address);
    EXPECT_EQ(t[0], a + 4);
    EXPECT_EQ(t[1], a);
    EXPECT_EQ(t[2], 7u);
    const int* values = reinterpret_cast<const int*>(a);
    EXPECT_EQ(values[1], -2);
    EXPECT_EQ(values[2], 48);
    EXPECT_EQ(values[3], 0);
    const float* f = reinterpret_cast<const float*>(module.find_variable("f")->address);
    EXPECT_EQ(module.find_variable("f")->bytes, 12u);
    EXPECT_EQ(f[0], 1.5f);
    EXPECT_EQ(f[1], 2.f);
    EXPECT_EQ(f[2], -3.f);
    EXPECT_EQ(reinterpret_cast<const uint8_t*>(module.find_variable("s")->address)[4], 5);
    EXPECT_EQ(reinterpret_cast<const uint8_t*>(module.find_variable("m")->address)[1], uint8_t(a >> 8));
}

TEST(errors_name_line_and_text) {
    refused("", 1, "begins with .version");
    refused("hello", 1, "begins with .version");
    refused(".version 9.0\n", 2, ".target");
    refused(in_kernel("frobnicate.u32 %r1, %r2;"), kBodyLine, "unknown instruction 'frobnicate.u32'");
    refused(in_kernel("\nadd.u32.magic %r1, %r2, %r3;"), kBodyLine + 1, "add.u32.magic");
    refused(in_kernel("add.u32 %r1, %r2;"), kBodyLine, "does not take these operands");
    refused(in_kernel("add.u32 %r1, %rd2, %r3;"), kBodyLine, "does not take these operands");
    refused(in_kernel("add.u32 5, %r2, %r3;"), kBodyLine, "does not take these operands");
    refused(in_kernel("mov.u32 %r99, 1;"), kBodyLine, "unknown register '%r99'");
    refused(in_kernel("mov.u32 %r1, %magic;"), kBodyLine, "unknown register '%magic'");
    refused(in_kernel("\n\nbra NOWHERE;"), kBodyLine + 2, "unknown label or name 'NOWHERE'");
    refused(in_kernel("{ INNER: } bra INNER;"), kBodyLine, "INNER");
    refused(in_kernel("L: mov.u32 %r1, 1; L:"), kBodyLine, "declared twice");
    refused(in_kernel("@%r1 mov.u32 %r2, 1;"), kBodyLine, "not a predicate");
    refused(in_kernel("mov.u32 %r1, 1"), kBodyLine + 1, "expected ';'");
    refused(in_kernel(".magic 5;"), kBodyLine, ".magic");
    refused(in_kernel("ld.param.u32 %r1, [p1+4];"), kBodyLine, "outside the kernel's");
    refused(in_kernel("call.uni g, ();"), kBodyLine, "unknown function 'g'");
    refused(in_kernel("call.uni %rd1, ();"), kBodyLine, "indirect");
    refused(in_kernel("/* open"), kBodyLine, "comment does not end");
    refused(with_header(".visible .entry k()\n{\n"), 6, "does not end");
    refused(with_header(".global .b32 a[2] = {1, 2, 3};\n"), 4, "more initial values");
    refused(with_header(".global .b64 a = b;\n"), 4, "'b'");
    refused(with_header(".extern .global .b32 a;\n"), 4, "not defined");
    refused(with_header(".global .align 3 .b32 a;\n"), 4, "power of two");
    refused(with_header(".global .b8 a[99999999999];\n"), 4, "no device memory", 2);
    refused(with_header(".func f()\n{\ncall.uni f, ();\nret;\n}\n.visible .entry k()\n{\ncall.uni f, ();\nret;\n}\n"),
            6, "recursion");
    refused(with_header(".visible .entry k()\n.reqnctapercluster 17, 1, 1\n{\nret;\n}\n"), 4,
            "a cluster has at most 16 blocks");
    refused(".version 9.0\n.target sm_90\n.address_size 32\n", 3, "address_size");
}

// ---- liveness and allocation ---------------------------------------------------------------------------------------------

namespace {

struct NoVariables final : Placement {
    uint64_t address_of(const Storage&) const override { return 0; }
};

struct Analysed {
    std::string text;
    PtxModule module;
    Program program;
    Liveness liveness;
    Allocation allocation;
    uint32_t slot(const std::string& name) const {
        for (uint32_t r = 0; r < program.registers.size(); r++) {
            if (program.registers[r].name == name) return allocation.slot[r];
        }
        return 0xffffffff;
    }
};

void analyse(Analysed& a, const std::string& body) {
    a.text = with_header(".visible .entry k()\n{\n.reg .pred p, q;\n.reg .b32 a, b, c, d, e;\n" + body + "\nret;\n}\n");
    a.module = parse_module(a.text);
    a.program = build_program(a.module, *a.module.functionByName.at("k"), NoVariables());
    lower(a.program);
    std::vector<std::string> errors;
    EXPECT(match_forms(a.program, form_table(current_level()), errors));
    a.liveness = analyse_liveness(a.program);
    a.allocation = allocate_slots(a.program, a.liveness);
}

}  // namespace

TEST(slots_are_shared_by_values_that_never_live_together) {
    Analysed x;
    analyse(x, "mov.u32 a, %tid.x; add.u32 b, a, 1; add.u32 c, b, 1; add.u32 d, c, 1; add.u32 e, d, 1;");
    EXPECT_EQ(x.allocation.count[int(Bank::W)], 1u);
}

TEST(values_that_live_together_have_slots_of_their_own) {
    Analysed x;
    analyse(x, "mov.u32 a, 1; mov.u32 b, 2; mov.u32 c, 3; add.u32 d, a, b; add.u32 d, d, c; add.u32 e, d, a;");
    EXPECT(x.slot("a") != x.slot("b"));
    EXPECT(x.slot("a") != x.slot("c"));
    EXPECT(x.slot("b") != x.slot("c"));
    EXPECT(x.slot("d") != x.slot("a"));
}

TEST(a_value_used_round_a_loop_lives_through_all_of_it) {
    Analysed x;
    analyse(x,
            "mov.u32 a, 5; mov.u32 b, 0; L: add.u32 c, b, a; add.u32 d, c, 1; add.u32 b, d, 1; setp.lt.u32 p, b, 100; "
            "@p bra L; mov.u32 e, b;");
    EXPECT(x.slot("a") != x.slot("c"));
    EXPECT(x.slot("a") != x.slot("d"));
    EXPECT(x.slot("a") != x.slot("b"));
}

TEST(a_guarded_write_keeps_the_slot_before_it) {
    Analysed x;
    analyse(x, "mov.u32 a, 5; setp.eq.u32 p, a, 1; mov.u32 b, 7; add.u32 c, b, 1; @p mov.u32 a, 6; add.u32 d, a, c;");
    EXPECT(x.slot("a") != x.slot("b"));
    EXPECT(x.slot("a") != x.slot("c"));
}

TEST(lanes_that_read_other_lanes_get_a_destination_of_their_own) {
    Analysed x;
    analyse(x, "mov.u32 a, %laneid; shfl.sync.bfly.b32 b|p, a, 1, 31, -1; add.u32 c, b, 1;");
    EXPECT(x.slot("a") != x.slot("b"));
}

// Only so many lines are reported; a kernel behind them is refused all the same.
TEST(more_unknown_lines_than_are_reported) {
    std::string many, text;
    for (int i = 0; i < 60; i++) many += "    frobnicate.u32 %r1, %r2;\n";
    for (const char* name : {"a", "b"})
        text += std::string(".visible .entry ") + name + "()\n{\n.reg .b32 %r<3>;\n" + many + "ret;\n}\n";
    Machine m;
    int error = 0;
    std::string log;
    EXPECT(m.try_load(with_header(text), error, log) == nullptr);
    EXPECT_EQ(error, 218);
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 40);
}

TEST_MAIN
