// What the manifest makes of small sources and PTX, and what it refuses. Runs whenever the program is built.
#include <functional>
#include <iostream>

#include "../manifest.h"

namespace {

using namespace manifest;

int failures = 0;

void check(bool ok, const std::string& what) {
    if (ok) return;
    std::cerr << "manifest test failed: " << what << "\n";
    ++failures;
}

void contains(const std::string& text, const std::string& part) {
    check(text.find(part) != std::string::npos, "no " + part + " in\n" + text);
}

void refuses(const std::string& with, const std::function<void()>& act) {
    try {
        act();
        check(false, "nothing was refused, expected: " + with);
    } catch (const Error& e) {
        check(std::string(e.what()).find(with) != std::string::npos,
              std::string("'") + e.what() + "' does not say: " + with);
    }
}

const char* const kSource = R"(# 1 "/usr/include/toolkit.h"
struct Shape { double not_ours; };
extern "C" __attribute__((global)) void not_ours(int);
# 1 "/project/shape.cuh" 1
namespace zoe {
using f32 = float;
using bf16 = __nv_bfloat16;
struct Base {
    static constexpr bool GROUPED = false;
    int n, h;
    __attribute__((device)) __inline__ __attribute__((always_inline)) int area() const { return n * h; }
};
namespace inner {
struct alignas(16) Odd { int x; };
struct Pair { short first; double second; };
template <class T> struct Generic { T t; };
struct Bits { int x : 3; };
}
struct Shape : Base {
    enum Kind { kOne };
    const void* gate;
    inner::Pair pair;
    f32 factors[3];
    Shape(int a, int b) : gate(nullptr), pair{1, 2} { (void) (a < b); }
private:
    bool flag;
};
}
# 1 "/project/kernel.cu"
namespace { constexpr int kThreads = 1 << 7; }
[[maybe_unused]] constexpr zoe::Entry scale_entry{"scale", "sm80", "type=" "bf16" " tile=" "64x8"};
extern "C" { __attribute__((constant)) int scale_geometry[5] = {(kThreads), (1)}; }
extern "C" __attribute__((global)) void __attribute__((launch_bounds(kThreads)))
    scale(const zoe::bf16* __restrict__ x, zoe::f32* const y, int64_t n, unsigned flags, zoe::Shape shape) {
    if (n > 0 && x < (const zoe::bf16*) y) { y[0] = shape.n; }
}
)";

const char* const kPtx = R"(
//
.version 9.0
.target sm_80
.address_size 64
.shared .align 4 .b8 outside[20];
.const .align 4 .b8 scale_geometry[20] = {128, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255};
.const .align 4 .u32 scale_pipeline[2] = {3, 2};
.func  (.param .b32 func_retval0) helper(
	.param .b64 helper_param_0
)
{
	.shared .align 8 .b8 inside[24];
	mov.u64 	%rd1, outside;
	ret;
}
.visible .entry scale(
	.param .u64 .ptr .align 1 scale_param_0,
	.param .u64 scale_param_1,
	.param .u64 scale_param_2,
	.param .u32 scale_param_3,
	.param .align 8 .b8 scale_param_4[48]
)
.maxntid 128, 1, 1
{
	.reg .b32 	%r<2>;
	.shared .align 16 .b8 own[32];
	{ // callseq 0
	call.uni (retval0), helper, (param0);
	}
	ret;
}
)";

const char* const kLog = R"(ptxas info    : 0 bytes gmem, 60 bytes cmem[3]
ptxas info    : Compiling entry function 'scale' for 'sm_80'
ptxas info    : Function properties for scale
    8 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 32 registers, used 1 barriers, 76 bytes smem, 404 bytes cmem[0]
ptxas info    : Function properties for helper
    48 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    check(at != std::string::npos, "the test has no '" + from + "'");
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::vector<Entry> entries(const std::string& source = kSource, const std::string& ptx = kPtx,
                           const std::string& log = kLog) {
    return join(parse(Source(source, "/project")), {parse_ptx(ptx, "test.ptx")}, parse_resources(log, "test"));
}

void writes_what_is_there() {
    const std::string json = to_json("test/scale", entries());
    contains(json, R"({"module":"test/scale","entries":[)");
    contains(json,
             R"({"name":"scale","operation":"scale","architecture":"sm80","traits":{"type":"bf16","tile":"64x8"},)");
    contains(
        json,
        R"("threads":128,"tile":[256,1,-1],"stages":3,"cluster":2,"dynamicSharedBytes":0,"staticSharedBytes":76,)");
    contains(json, R"({"name":"x","type":"const bf16*","offset":0,"bytes":8,"align":8})");
    contains(json, R"({"name":"y","type":"float*","offset":8,"bytes":8,"align":8})");
    contains(json, R"({"name":"n","type":"long long","offset":16,"bytes":8,"align":8})");
    contains(json, R"({"name":"flags","type":"unsigned int","offset":24,"bytes":4,"align":4})");
    contains(json, R"({"name":"shape","type":"zoe::Shape","offset":32,"bytes":48,"align":8,"fields":[)");
    contains(
        json,
        R"({"name":"h","type":"int","offset":4,"bytes":4},{"name":"gate","type":"const void*","offset":8,"bytes":8})");
    contains(json, R"({"name":"pair.second","type":"double","offset":24,"bytes":8})");
    contains(
        json,
        R"({"name":"factors","type":"float","offset":32,"bytes":12,"count":3},{"name":"flag","type":"bool","offset":44,)");
    contains(json, R"("resources":{"sm_80":{"registers":32,"spillBytes":0,"localBytes":8,"staticSharedBytes":76}})");
}

void leaves_out_a_geometry_that_is_not_there() {
    const std::string json =
        to_json("test/scale", entries(kSource, replaced(kPtx, "scale_geometry", "other_geometry")));
    check(json.find("threads") == std::string::npos, "a geometry came from nowhere");
}

void refuses_what_does_not_fit() {
    const std::string source = kSource;
    refuses("parameter 2 of scale has no name", [&] { entries(replaced(source, "int64_t n, ", "int64_t, ")); });
    refuses("parameter 3 of scale has no name", [&] { entries(replaced(source, "unsigned flags", "unsigned")); });
    refuses("parameter 4 of scale has no name", [&] { entries(replaced(source, "zoe::Shape shape", "zoe::Shape")); });
    refuses("parameter 0 of scale has no name", [&] { entries(replaced(source, "__restrict__ x", "__restrict__")); });
    refuses("two parameters named 'x'", [&] { entries(replaced(source, "unsigned flags", "unsigned x")); });
    refuses("parameter 'n' of scale, a int, has 4 bytes", [&] { entries(replaced(source, "int64_t n", "int n")); });
    refuses(
        "parameter 'shape' of scale, a zoe::Shape, has 40 bytes aligned to 8 by its declaration, but 48 aligned to 8 "
        "in PTX",
        [&] { entries(replaced(source, "inner::Pair pair;", "double pair;")); });
    refuses("has 5 parameters, its PTX 4",
            [&] { entries(source, replaced(kPtx, "\t.param .u32 scale_param_3,\n", "")); });
    refuses("type 'zoe::Form' is not known", [&] { entries(replaced(source, "zoe::Shape shape", "zoe::Form shape")); });
    refuses("is not understood: it has an alignment of its own",
            [&] { entries(replaced(source, "inner::Pair pair;", "inner::Odd pair;")); });
    refuses("is not understood: 'x' is a bit field",
            [&] { entries(replaced(source, "inner::Pair pair;", "inner::Bits pair;")); });
    refuses("the length of 'factors' is not a plain number",
            [&] { entries(replaced(source, "factors[3]", "factors[kThree]")); });
    refuses("says neither operation nor architecture",
            [&] { entries(replaced(source, "scale_entry{", "scales_entry{")); });
    refuses("traits of scales, which is no kernel", [&] {
        entries(
            replaced(source, "namespace { ", "constexpr zoe::Entry scales_entry{\"a\", \"simt\", \"\"}; namespace { "));
    });
    refuses("expected simt, sm80 or sm90", [&] { entries(replaced(source, "\"sm80\"", "\"sm_80\"")); });
    refuses("trait 'bf16'", [&] { entries(replaced(source, "\"type=\"", "\"\"")); });
    refuses("trait 'type' of scale_entry is given twice",
            [&] { entries(replaced(source, "\" tile=\"", "\" type=\"")); });
    refuses("is in no PTX", [&] { entries(source, replaced(kPtx, ".entry scale(", ".entry other(")); });
    refuses("/project/kernel.cu:5: ", [&] { entries(replaced(source, "zoe::Shape shape", "zoe::Form shape")); });
    refuses("static shared memory", [&] { entries(source, replaced(kPtx, "own[32]", "own[64]")); });
}

void refuses_what_ptxas_warns_of() {
    const std::string log = kLog;
    refuses("kernel scale spills 16 bytes of registers on sm_80",
            [&] { entries(kSource, kPtx, replaced(log, "0 bytes spill stores", "16 bytes spill stores")); });
    refuses("C7510",
            [&] {
                entries(kSource, kPtx, log + "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized\n");
            });
}

void tells_the_entries_of_an_operation_apart() {
    const std::string lines = to_lines(entries());
    const std::string json = index_json(
        {{"a/one", lines}, {"b/two", replaced(replaced(lines, "scale", "scale2"), "type=bf16", "type=f32")}});
    contains(json, R"("scale":["a/one","b/two"])");
    contains(json, R"("modules":["a/one","b/two"])");
    refuses("nothing tells which to choose", [&] {
        index_json({{"a/one", lines}, {"b/two", replaced(lines, "scale", "scale2")}});
    });
    refuses("is both in a/one and in b/two", [&] { index_json({{"a/one", lines}, {"b/two", lines}}); });
}

}  // namespace

int main() {
    writes_what_is_there();
    leaves_out_a_geometry_that_is_not_there();
    refuses_what_does_not_fit();
    refuses_what_ptxas_warns_of();
    tells_the_entries_of_an_operation_apart();
    return failures == 0 ? 0 : 1;
}
