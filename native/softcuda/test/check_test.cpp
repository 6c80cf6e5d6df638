// The checkers against planted mistakes, each of which they must find and place, and against the right kernels, on which
// they must stay silent, in several orders of warps.
#include <cmath>

#include "check/options.h"
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

// A machine that checks; its modules are loaded and its memory allocated under these options.
struct Setting {
    Setting(const char* checks, uint64_t seed) {
        CheckOptions options;
        std::string error;
        if (!parse_check_options(checks, options, error)) throw std::runtime_error(error);
        options.seed = seed;
        set_check_options(options);
    }
};

struct Checked : Setting, Machine {
    Module& module;
    explicit Checked(const char* checks = "all", uint64_t seed = 0)
        : Setting(checks, seed), Machine(uint64_t(64) << 20), module(load(file("check_kernels.ptx"))) {}

    template <class T> T* input(size_t count, T (*value)(size_t)) {
        T* p = allocate<T>(count);
        for (size_t i = 0; i < count; i++) p[i] = value(i);
        arena().mark_written(reinterpret_cast<uint64_t>(p), count * sizeof(T));
        return p;
    }
    float* numbers(size_t count) {
        return input<float>(count, [](size_t i) { return float(int(i * 37 % 101) - 50) / 16; });
    }
};

void expect_report(const FaultReport& f, int code, const std::string& kernel, std::vector<std::string> parts) {
    EXPECT_EQ(f.code, code);
    parts.insert(parts.end(), {"in kernel " + kernel + " ", "at PTX line ", "block (", "warp ", "lane ", "address 0x"});
    for (const std::string& part : parts)
        if (f.text.find(part) == std::string::npos)
            expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text);
}

const std::vector<uint64_t> kSeeds = {0, 1, 2, 3, 12345};

float bf16(uint16_t bits) {
    uint32_t b = uint32_t(bits) << 16;
    float f;
    std::memcpy(&f, &b, 4);
    return f;
}

}  // namespace

// ---- memory --------------------------------------------------------------------------------------------------------------

TEST(off_by_one_in_global_memory) {
    Checked m("memory");
    float *in = m.numbers(256), *out = m.allocate<float>(256);
    EXPECT_EQ(m.launch(m.module, "shift_global", {2, 1, 1, 128}, in, out, 256).text, "");
    expect_report(m.launch(m.module, "shift_global_bug", {2, 1, 1, 128}, in, out, 256), 700, "shift_global_bug",
                  {"global read of 4 bytes out of bounds, 0 bytes past the end of allocation", "(1024 bytes at",
                   "warp 3", "lane 31", "block (1, 0, 0)"});
}

TEST(write_past_the_end_of_global_memory) {
    Checked m("memory");
    float *in = m.numbers(256), *out = m.allocate<float>(200);
    expect_report(m.launch(m.module, "shift_global", {2, 1, 1, 128}, in, out, 256), 700, "shift_global",
                  {"global write of 4 bytes out of bounds", "(800 bytes at"});
}

TEST(use_after_free) {
    Checked m("memory");
    float *in = m.numbers(256), *out = m.allocate<float>(256);
    m.arena().release(reinterpret_cast<uint64_t>(in));
    float* other = m.numbers(256);  // must not get the freed bytes
    EXPECT(other != in);
    expect_report(m.launch(m.module, "shift_global", {2, 1, 1, 128}, in, out, 256), 700, "shift_global",
                  {"global read of 4 bytes after free of allocation"});
}

TEST(off_by_one_in_shared_memory) {
    for (const char* checks : {"memory", ""}) {  // fast mode finds this one too
        Checked m(checks);
        float *in = m.numbers(64), *out = m.allocate<float>(64);
        EXPECT_EQ(m.launch(m.module, "shift_shared", {1, 1, 1, 64}, in, out).text, "");
        expect_report(m.launch(m.module, "shift_shared_bug", {1, 1, 1, 64}, in, out), 700, "shift_shared_bug",
                      {"shared access outside the block's shared memory", "warp 1", "lane 31", "address 0x100"});
    }
}

TEST(misaligned_vector_access) {
    for (const char* checks : {"memory", ""}) {
        Checked m(checks);
        float *in = m.numbers(132), *out = m.allocate<float>(128);
        EXPECT_EQ(m.launch(m.module, "vector_load", {1, 1, 1, 32}, in, out).text, "");
        expect_report(m.launch(m.module, "vector_load_bug", {1, 1, 1, 32}, in, out), 716, "vector_load_bug",
                      {"misaligned address", "lane 0"});
    }
}

TEST(uninitialised_global_read) {
    Checked m("init");
    float *in = m.numbers(256), *raw = m.allocate<float>(256), *out = m.allocate<float>(256);
    EXPECT_EQ(m.launch(m.module, "shift_global", {2, 1, 1, 128}, in, out, 256).text, "");
    EXPECT_EQ(m.launch(m.module, "shift_global", {2, 1, 1, 128}, out, in, 256).text,
              "");  // what a kernel wrote is written
    m.arena().mark_written(reinterpret_cast<uint64_t>(raw), 255 * 4);
    expect_report(m.launch(m.module, "shift_global", {2, 1, 1, 128}, raw, out, 256), 719, "shift_global",
                  {"uninitialised global memory read", "lane 31"});
    m.arena().copy_written(reinterpret_cast<uint64_t>(raw), reinterpret_cast<uint64_t>(in), 1024);
    EXPECT_EQ(m.launch(m.module, "shift_global", {2, 1, 1, 128}, raw, out, 256).text, "");
}

TEST(uninitialised_shared_read) {
    Checked m("init");
    float *in = m.numbers(128), *out = m.allocate<float>(128);
    EXPECT_EQ(m.launch(m.module, "sum_shared", {1, 1, 1, 128}, in, out).text, "");
    expect_report(m.launch(m.module, "sum_shared_bug", {1, 1, 1, 128}, in, out), 719, "sum_shared_bug",
                  {"uninitialised shared memory read", "warp 1", "lane 18", "address 0x134"});
}

// ---- races -----------------------------------------------------------------------------------------------------------------

TEST(missing_barrier) {
    for (uint64_t seed : kSeeds) {
        Checked m("race", seed);
        float *in = m.numbers(512), *out = m.allocate<float>(128);
        EXPECT_EQ(m.launch(m.module, "reverse", {1, 1, 1, 128}, in, out).text, "");
        for (int i = 0; i < 128; i++) EXPECT_EQ(out[i], in[127 - i]);
        expect_report(m.launch(m.module, "reverse_bug", {1, 1, 1, 128}, in, out), 719, "reverse_bug",
                      {"race in shared memory", "a barrier is missing"});
        EXPECT_EQ(m.launch(m.module, "rounds", {1, 1, 1, 128}, in, out).text, "");
        expect_report(m.launch(m.module, "rounds_bug", {1, 1, 1, 128}, in, out), 719, "rounds_bug",
                      {"race in shared memory", "a barrier is missing"});
    }
}

TEST(missing_syncwarp) {
    Checked m("race");
    float *in = m.numbers(32), *out = m.allocate<float>(32);
    EXPECT_EQ(m.launch(m.module, "warp_exchange", {1, 1, 1, 32}, in, out).text, "");
    expect_report(m.launch(m.module, "warp_exchange_bug", {1, 1, 1, 32}, in, out), 719, "warp_exchange_bug",
                  {"race in shared memory", "a __syncwarp is missing"});
}

TEST(races_between_blocks) {
    for (uint64_t seed : kSeeds) {
        Checked m("race", seed);
        float *in = m.numbers(8 * 128), *partial = m.allocate<float>(1024), *out = m.allocate<float>(1);
        EXPECT_EQ(m.launch(m.module, "blocks", {8, 1, 1, 64}, partial).text, "");
        expect_report(m.launch(m.module, "blocks_bug", {8, 1, 1, 64}, partial), 719, "blocks_bug",
                      {"race in global memory: write not ordered with a write by block ("});
        for (int again = 0; again < 3; again++) {
            unsigned* counter = m.allocate<unsigned>(1);
            EXPECT_EQ(m.launch(m.module, "last_block", {8, 1, 1, 128}, in, partial, counter, out).text, "");
            double sum = 0;
            for (int i = 0; i < 1024; i++) sum += in[i];
            EXPECT_NEAR(*out, sum, 1e-3);
        }
        unsigned* counter = m.allocate<unsigned>(1);
        expect_report(m.launch(m.module, "last_block_bug", {8, 1, 1, 128}, in, partial, counter, out), 719,
                      "last_block_bug", {"race in global memory: read not ordered with a write by block ("});
    }
}

// Each thread adds one to a 16-bit element it reads `ahead` elements further on. With 0 lanes share words but no element.
TEST(neighbouring_halves_of_a_word_in_place) {
    const std::string ptx = with_header(R"(
.visible .entry step(.param .u64 data, .param .u32 ahead)
{
    .reg .b16 %h<3>; .reg .b32 %r<4>; .reg .b64 %d<5>;
    ld.param.u64 %d1, [data];
    ld.param.u32 %r1, [ahead];
    mov.u32 %r2, %tid.x;
    mul.wide.u32 %d2, %r2, 2;
    add.s64 %d3, %d1, %d2;
    mul.wide.u32 %d2, %r1, 2;
    add.s64 %d4, %d3, %d2;
    ld.global.u16 %h1, [%d4];
    add.s16 %h2, %h1, 1;
    st.global.u16 [%d3], %h2;
    ret;
}
)");
    for (uint64_t seed : kSeeds) {
        Checked m("race", seed);
        Module& module = m.load(ptx);
        uint16_t* data = m.input<uint16_t>(130, [](size_t i) { return uint16_t(i); });
        EXPECT_EQ(m.launch(module, "step", {1, 1, 1, 128}, data, 0u).text, "");
        for (uint32_t i = 0; i < 128; i++) EXPECT_EQ(data[i], i + 1);
        expect_report(m.launch(module, "step", {1, 1, 1, 128}, data, 1u), 719, "step", {"race in global memory"});
    }
}

TEST(flags_and_passing_barriers_hand_over) {
    for (uint64_t seed : kSeeds) {
        Checked m("all", seed);
        float *in = m.numbers(64), *out = m.allocate<float>(192), *data = m.allocate<float>(64);
        EXPECT_EQ(m.launch(m.module, "handover", {1, 1, 1, 64}, in, out).text, "");
        for (int i = 0; i < 32; i++) EXPECT_EQ(out[i], in[31 - i]);
        int* raised = m.input<int>(1, [](size_t) { return 0; });
        EXPECT_EQ(m.launch(m.module, "flag", {4, 1, 1, 64}, in, data, raised, out).text, "");
        for (int i = 0; i < 192; i++) EXPECT_EQ(out[i], in[i % 64] * 2);
        Checked race("race", seed);
        EXPECT_EQ(
            race.launch(race.module, "handover_bug", {1, 1, 1, 64}, race.numbers(64), race.allocate<float>(64)).code,
            719);
        float *rawIn = race.numbers(64), *rawData = race.allocate<float>(64), *rawOut = race.allocate<float>(192);
        expect_report(
            race.launch(race.module, "flag_bug", {4, 1, 1, 64}, rawIn, rawData, race.allocate<int>(1), rawOut), 719,
            "flag_bug", {"race in global memory"});
    }
}

TEST(neighbours_may_update_parts_of_a_word) {
    for (uint64_t seed : kSeeds) {
        Checked m("all", seed);
        unsigned char* bytes = m.input<unsigned char>(64, [](size_t i) { return static_cast<unsigned char>(i * 3); });
        unsigned short* halves =
            m.input<unsigned short>(64, [](size_t i) { return static_cast<unsigned short>(i * 1000); });
        EXPECT_EQ(m.launch(m.module, "in_place", {1, 1, 1, 64}, bytes, halves).text, "");
        for (int i = 0; i < 64; i++)
            EXPECT_EQ(int(bytes[i]) * 65536 + halves[i], (i * 3 % 256 + 1) * 65536 + i * 1000 + 1);
        expect_report(m.launch(m.module, "in_place_bug", {1, 1, 1, 64}, bytes, halves), 719, "in_place_bug",
                      {"race in global memory: write not ordered with a read"});
    }
}

TEST(atomics_do_not_race) {
    for (uint64_t seed : kSeeds) {
        Checked m("all", seed);
        unsigned char* in =
            m.input<unsigned char>(5000, [](size_t i) { return static_cast<unsigned char>(i * i % 251); });
        unsigned* out = m.input<unsigned>(64, [](size_t) { return 0u; });
        EXPECT_EQ(m.launch(m.module, "histogram", {4, 1, 1, 128}, in, out, 5000).text, "");
        unsigned wanted[64] = {};
        for (int i = 0; i < 5000; i++) wanted[in[i] % 64]++;
        for (int i = 0; i < 64; i++) EXPECT_EQ(out[i], wanted[i]);
    }
}

// ---- asynchronous copies ---------------------------------------------------------------------------------------------------

TEST(pipelines_of_asynchronous_copies) {
    for (uint64_t seed : kSeeds)
        for (const char* checks : {"all", "race", "init"}) {
            Checked m(checks, seed);
            const int k = 128;
            auto value = [](size_t i) { return uint16_t(0x3f00 + (i * 29 % 257) + (i % 3 ? 0 : 0x8000)); };
            uint16_t *a = m.input<uint16_t>(64 * k, value), *b = m.input<uint16_t>(64 * k, value);
            float* c = m.allocate<float>(64 * 64);
            EXPECT_EQ(m.launch(m.module, "gemm", {1, 1, 1, 128}, a, b, c, k).text, "");
            for (int i = 0; i < 64; i += 7)
                for (int j = 0; j < 64; j += 5) {
                    double sum = 0;
                    for (int n = 0; n < k; n++) sum += double(bf16(a[i * k + n])) * bf16(b[j * k + n]);
                    EXPECT_NEAR(c[i * 64 + j], sum, 1e-2);
                }
            const bool race = std::string(checks) != "init", init = std::string(checks) != "race";
            expect_report(m.launch(m.module, "gemm_no_wait", {1, 1, 1, 128}, a, b, c, k), 719, "gemm_no_wait",
                          {race ? "asynchronous copy has not been waited for" : "uninitialised shared memory read"});
            expect_report(m.launch(m.module, "gemm_short_wait", {1, 1, 1, 128}, a, b, c, k), 719, "gemm_short_wait",
                          {race ? "asynchronous copy has not been waited for" : "uninitialised shared memory read"});
            (void) init;
            if (race)
                expect_report(m.launch(m.module, "gemm_no_barrier", {1, 1, 1, 128}, a, b, c, k), 719, "gemm_no_barrier",
                              {"race in shared memory"});

            float *q = m.numbers(128), *kv = m.numbers(5 * 1024), *out = m.allocate<float>(128);
            EXPECT_EQ(m.launch(m.module, "stream", {1, 1, 1, 128}, q, kv, out, 5).text, "");
            if (race)
                expect_report(m.launch(m.module, "stream_bug", {1, 1, 1, 128}, q, kv, out, 5), 719, "stream_bug",
                              {"race in shared memory"});
        }
}

// ---- synchronisation -------------------------------------------------------------------------------------------------------

TEST(divergent_barrier) {
    for (uint64_t seed : kSeeds) {
        Checked m("sync", seed);
        float *in = m.numbers(64), *out = m.allocate<float>(64);
        EXPECT_EQ(m.launch(m.module, "divergent", {1, 1, 1, 64}, in, out).text, "");
        expect_report(m.launch(m.module, "divergent_bug", {1, 1, 1, 64}, in, out), 719, "divergent_bug",
                      {"divergent barrier"});
    }
}

TEST(deadlock) {
    for (const char* checks : {"sync", ""}) {
        Checked m(checks);
        float* out = m.allocate<float>(64);
        EXPECT_EQ(m.launch(m.module, "named", {1, 1, 1, 64}, out).text, "");
        FaultReport f = m.launch(m.module, "named_bug", {1, 1, 1, 64}, out);
        EXPECT_EQ(f.code, 719);
        for (const char* part : {"deadlock", "warp 0", "warp 1", "PTX line", "barrier 1 (32 of 64 threads)",
                                 "barrier 2 (32 of 64 threads)", "kernel named_bug", "block (0, 0, 0)"})
            if (f.text.find(part) == std::string::npos)
                expect::failed(__FILE__, __LINE__, std::string("no \"") + part + "\" in: " + f.text);
    }
}

TEST(lanes_that_have_ended_are_not_waited_for) {
    for (uint64_t seed : kSeeds)
        for (int n : {128, 96, 70, 33, 5}) {
            Checked m("all", seed);
            float *in = m.numbers(128), *out = m.allocate<float>(128);
            EXPECT_EQ(m.launch(m.module, "early_exit", {1, 1, 1, 128}, in, out, n).text, "");
            for (int i = 0; i < n; i++) EXPECT_EQ(out[i], in[n - 1 - i]);
        }
}

TEST(member_masks) {
    Checked m("sync");
    float *in = m.numbers(32), *out = m.allocate<float>(32);
    EXPECT_EQ(m.launch(m.module, "shuffle", {1, 1, 1, 32}, in, out).text, "");
    for (int i = 0; i < 32; i++) EXPECT_EQ(out[i], i < 16 ? in[i] + in[i ^ 1] : in[i]);
    expect_report(m.launch(m.module, "shuffle_bug", {1, 1, 1, 32}, in, out), 719, "shuffle_bug",
                  {"the member mask names lanes 0xffff0000", "ended without running this instruction", "shfl.sync"});
}

// ---- options ---------------------------------------------------------------------------------------------------------------

TEST(checks_not_asked_for_stay_silent) {
    Checked m("");
    float *in = m.numbers(256), *out = m.allocate<float>(256);
    for (const char* kernel : {"reverse_bug", "sum_shared_bug"})
        EXPECT_EQ(m.launch(m.module, kernel, {1, 1, 1, 128}, in, out).text, "");
    EXPECT_EQ(m.launch(m.module, "shift_global_bug", {1, 1, 1, 128}, in, out, 128).text, "");
}

TEST(option_words) {
    CheckOptions o;
    std::string error;
    EXPECT(parse_check_options("memory,race", o, error) && o.memory && o.race && !o.init && !o.sync);
    EXPECT(parse_check_options("all", o, error) && o.memory && o.race && o.init && o.sync);
    EXPECT(parse_check_options("", o, error) && !o.any());
    EXPECT(!parse_check_options("memory,typo", o, error));
    EXPECT(error.find("'typo'") != std::string::npos && error.find("memory, race, init, sync") != std::string::npos);
}

TEST_MAIN
