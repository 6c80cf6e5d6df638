// The opcodes as the compiler spells them, and the carry that runs between instructions.
#include <algorithm>

#include "expect.h"
#include "exec/code.h"
#include "isa/canonical.h"
#include "machine.h"

namespace softcuda {
namespace scalar {
void add_all_forms(FormSink&);
}
}

using namespace softcuda;

namespace {

struct Names : FormSink {
    std::vector<std::string> all;
    void add(const Form& form) override { all.push_back(form.name); }
};

// Every arithmetic opcode nvcc 13 emits for this library's kernels and for a tour of the CUDA headers: the functions of
// math.h in both precisions with and without -use_fast_math, the half, bfloat16 and 8-bit types, the integer intrinsics.
const char kEmitted[] =
    "abs.bf16 abs.bf16x2 abs.f16 abs.f16x2 abs.f32 abs.f64 abs.ftz.f32 abs.s32 abs.s64 add.bf16 add.bf16x2 add.cc.s64 "
    "add.cc.u32 add.f16 add.f16x2 add.f32 add.f64 add.ftz.f32 add.rn.f16 add.rn.f32 add.rn.f64 add.rn.ftz.f32 "
    "add.rz.f32 add.rz.f64 add.rz.ftz.f32 add.s16 add.s32 add.s64 add.sat.f16 add.sat.f16x2 add.u16x2 add.u64 "
    "addc.cc.s64 addc.cc.u32 addc.u32 and.b16 and.b32 and.b64 and.pred bfi.b32 bfi.b64 bfind.shiftamt.u32 brev.b32 "
    "brev.b64 clz.b32 clz.b64 copysign.f32 copysign.f64 cos.approx.f32 cos.approx.ftz.f32 cvt.f32.bf16 cvt.f32.f16 "
    "cvt.f64.f32 cvt.ftz.f64.f32 cvt.ftz.sat.f32.f32 cvt.rm.f32.f64 cvt.rm.f32.s32 cvt.rm.f32.s64 cvt.rm.f32.u32 "
    "cvt.rm.ftz.f32.f64 cvt.rmi.bf16.bf16 cvt.rmi.f16.f16 cvt.rmi.f32.f32 cvt.rmi.f64.f64 cvt.rmi.ftz.f32.f32 "
    "cvt.rmi.ftz.s32.f32 cvt.rmi.s32.f32 cvt.rn.bf16.f32 cvt.rn.bf16.f64 cvt.rn.bf16.s16 cvt.rn.bf16.s32 "
    "cvt.rn.bf16.s64 cvt.rn.bf16.u16 cvt.rn.bf16.u32 cvt.rn.bf16x2.f32 cvt.rn.f16.f32 cvt.rn.f16.f64 cvt.rn.f16.s16 "
    "cvt.rn.f16.s32 cvt.rn.f16.s64 cvt.rn.f16.u16 cvt.rn.f16.u32 cvt.rn.f16.u64 cvt.rn.f16x2.e4m3x2 "
    "cvt.rn.f16x2.e5m2x2 "
    "cvt.rn.f16x2.f32 cvt.rn.f32.f64 cvt.rn.f32.s16 cvt.rn.f32.s32 cvt.rn.f32.s64 cvt.rn.f32.u16 cvt.rn.f32.u32 "
    "cvt.rn.f32.u64 cvt.rn.f64.s32 cvt.rn.f64.s64 cvt.rn.f64.u32 cvt.rn.f64.u64 cvt.rn.ftz.f32.f64 "
    "cvt.rn.satfinite.e4m3x2.f16x2 cvt.rn.satfinite.e4m3x2.f32 cvt.rn.satfinite.e5m2x2.f32 cvt.rna.tf32.f32 "
    "cvt.rni.bf16.bf16 cvt.rni.f16.f16 cvt.rni.f32.f32 cvt.rni.f64.f64 cvt.rni.ftz.s32.f32 cvt.rni.ftz.s64.f32 "
    "cvt.rni.s16.bf16 cvt.rni.s16.f16 cvt.rni.s16.f32 cvt.rni.s32.f32 cvt.rni.s32.f64 cvt.rni.s64.f32 cvt.rp.f32.s32 "
    "cvt.rp.f32.s64 cvt.rp.f32.u32 cvt.rpi.bf16.bf16 cvt.rpi.f16.f16 cvt.rpi.f32.f32 cvt.rpi.f64.f64 "
    "cvt.rpi.ftz.f32.f32 cvt.rpi.ftz.u32.f32 cvt.rpi.u32.f32 cvt.rz.bf16.f32 cvt.rz.f16.f32 cvt.rz.f32.s32 "
    "cvt.rz.f32.s64 cvt.rz.f32.u32 cvt.rzi.bf16.bf16 cvt.rzi.f16.f16 cvt.rzi.f32.f32 cvt.rzi.f64.f64 "
    "cvt.rzi.ftz.s32.f32 cvt.rzi.ftz.s64.f32 cvt.rzi.ftz.u32.f32 cvt.rzi.ftz.u64.f32 cvt.rzi.s16.bf16 cvt.rzi.s16.f16 "
    "cvt.rzi.s16.f32 cvt.rzi.s32.bf16 cvt.rzi.s32.f16 cvt.rzi.s32.f32 cvt.rzi.s32.f64 cvt.rzi.s64.bf16 cvt.rzi.s64.f16 "
    "cvt.rzi.s64.f32 cvt.rzi.s64.f64 cvt.rzi.s8.f16 cvt.rzi.u32.bf16 cvt.rzi.u32.f16 cvt.rzi.u32.f32 cvt.rzi.u32.f64 "
    "cvt.rzi.u64.f32 cvt.rzi.u64.f64 cvt.rzi.u8.bf16 cvt.rzi.u8.f16 cvt.s16.s8 cvt.s32.s16 cvt.s32.s8 cvt.s64.s16 "
    "cvt.s64.s32 cvt.s64.s8 cvt.sat.f32.f32 cvt.u16.u32 cvt.u16.u64 cvt.u32.u16 cvt.u32.u64 cvt.u64.u16 cvt.u64.u32 "
    "div.approx.f32 div.approx.ftz.f32 div.rn.f32 div.rn.f64 div.rn.ftz.f32 div.rz.f32 div.rz.f64 div.rz.ftz.f32 "
    "div.s32 div.s64 div.u16 div.u32 div.u64 dp2a.hi.u32.u32 dp2a.lo.s32.s32 dp4a.s32.s32 dp4a.u32.u32 ex2.approx.f32 "
    "ex2.approx.ftz.f32 fma.rm.f32 fma.rm.f64 fma.rn.bf16 fma.rn.bf16x2 fma.rn.f16 fma.rn.f16x2 fma.rn.f32 fma.rn.f64 "
    "fma.rn.ftz.f32 fma.rn.relu.bf16 fma.rn.relu.bf16x2 fma.rn.relu.f16 fma.rn.relu.f16x2 fma.rn.sat.f16 "
    "fma.rn.sat.f16x2 fma.rp.f32 fma.rp.ftz.f32 fma.rz.f32 fma.rz.ftz.f32 fns.b32 lg2.approx.f32 lg2.approx.ftz.f32 "
    "mad.lo.cc.u32 mad.lo.s32 mad.wide.u32 madc.hi.cc.u32 madc.hi.u32 madc.lo.cc.u32 max.bf16 max.bf16x2 max.f16 "
    "max.f16x2 max.f32 max.f64 max.ftz.f32 max.s32 max.s64 max.u32 max.u64 min.bf16 min.bf16x2 min.f16 min.f16x2 "
    "min.f32 min.f64 min.ftz.f32 min.s32 min.s64 min.u32 min.u64 mov.b16 mov.b32 mov.b64 mov.f32 mov.f64 mov.pred "
    "mov.u16 mov.u32 mov.u64 mul.bf16 mul.bf16x2 mul.f16 mul.f16x2 mul.f32 mul.f64 mul.ftz.f32 mul.hi.s32 mul.hi.s64 "
    "mul.hi.u32 mul.hi.u64 mul.lo.s16 mul.lo.s32 mul.lo.s64 mul.lo.u32 mul.rm.f32 mul.rm.ftz.f32 mul.rn.f32 mul.rn.f64 "
    "mul.rn.ftz.f32 mul.rp.f64 mul.sat.f16 mul.wide.s32 mul.wide.u32 neg.bf16 neg.bf16x2 neg.f16 neg.f16x2 neg.f32 "
    "neg.f64 neg.ftz.f32 neg.s16 neg.s32 neg.s64 not.b16 not.b32 not.b64 not.pred or.b16 or.b32 or.b64 or.pred "
    "popc.b32 "
    "popc.b64 prmt.b32 rcp.approx.f32 rcp.approx.ftz.f32 rcp.approx.ftz.f64 rcp.rn.f32 rcp.rn.f64 rcp.rn.ftz.f32 "
    "rcp.rz.f32 rcp.rz.ftz.f32 rem.s32 rem.s64 rem.u32 rsqrt.approx.f32 rsqrt.approx.f64 rsqrt.approx.ftz.f32 "
    "rsqrt.approx.ftz.f64 sad.s32 sad.u32 selp.b16 selp.b32 selp.b64 selp.f32 selp.f64 selp.s32 selp.u16 selp.u32 "
    "selp.u64 set.eq.bf16x2.bf16x2 set.eq.f16.f16 set.eq.f16x2.f16x2 set.eq.f32.f32 set.eq.u32.f16x2 set.ge.f32.f32 "
    "set.gtu.f16x2.f16x2 set.lt.bf16x2.bf16x2 set.lt.f16x2.f16x2 set.lt.f32.f32 set.lt.u32.bf16x2 set.lt.u32.f16x2 "
    "set.ltu.f32.f32 set.ltu.u32.f16x2 set.nan.bf16.bf16 set.nan.f16.f16 set.nan.f32.f32 set.neu.f32.f32 "
    "set.neu.u32.f16x2 setp.eq.b32 setp.eq.b64 setp.eq.bf16 setp.eq.f16 setp.eq.f32 setp.eq.f64 setp.eq.ftz.f32 "
    "setp.eq.s16 setp.eq.s32 setp.eq.s64 setp.equ.f16 setp.ge.bf16 setp.ge.f16 setp.ge.f32 setp.ge.f64 setp.ge.ftz.f32 "
    "setp.ge.s32 setp.ge.s64 setp.ge.u32 setp.ge.u64 setp.geu.f16 setp.geu.f32 setp.geu.ftz.f32 setp.gt.f16 "
    "setp.gt.f32 "
    "setp.gt.f64 setp.gt.ftz.f32 setp.gt.s32 setp.gt.s64 setp.gt.u16 setp.gt.u32 setp.gt.u64 setp.gtu.f32 setp.gtu.f64 "
    "setp.gtu.ftz.f32 setp.le.f32 setp.le.f64 setp.le.ftz.f32 setp.le.s32 setp.le.s64 setp.le.u32 setp.leu.f32 "
    "setp.leu.ftz.f32 setp.lt.bf16 setp.lt.f16 setp.lt.f32 setp.lt.f64 setp.lt.ftz.f32 setp.lt.s16 setp.lt.s32 "
    "setp.lt.s64 setp.lt.u32 setp.lt.u64 setp.ltu.bf16 setp.ltu.f16 setp.ltu.f32 setp.ltu.f64 setp.ltu.ftz.f32 "
    "setp.nan.f32 setp.nan.f64 setp.ne.s16 setp.ne.s32 setp.ne.s64 setp.neu.bf16 setp.neu.f16 setp.neu.f32 "
    "setp.neu.f64 "
    "setp.neu.ftz.f32 setp.num.f32 shf.l.clamp.b32 shf.l.wrap.b32 shf.r.clamp.b32 shf.r.wrap.b32 shl.b16 shl.b32 "
    "shl.b64 shr.s32 shr.s64 shr.u16 shr.u32 shr.u64 sin.approx.f32 sin.approx.ftz.f32 sqrt.approx.f32 "
    "sqrt.approx.ftz.f32 sqrt.rm.f64 sqrt.rn.f32 sqrt.rn.f64 sqrt.rn.ftz.f32 sqrt.rp.f32 sqrt.rp.ftz.f32 sub.bf16 "
    "sub.bf16x2 sub.cc.s64 sub.cc.u32 sub.f16 sub.f16x2 sub.f32 sub.f64 sub.ftz.f32 sub.rn.f32 sub.rn.ftz.f32 sub.s16 "
    "sub.s32 sub.s64 sub.sat.f16 subc.cc.s64 subc.cc.u32 subc.u32 tanh.approx.bf16 tanh.approx.bf16x2 tanh.approx.f16 "
    "tanh.approx.f16x2 tanh.approx.f32 vabsdiff4.u32.u32.u32 xor.b32 xor.b64 xor.pred ";

}  // namespace

TEST(every_opcode_nvcc_emits_has_a_form) {
    Names names;
    scalar::add_all_forms(names);
    std::vector<std::string>& known = names.all;
    std::sort(known.begin(), known.end());
    std::istringstream words(kEmitted);
    std::string opcode;
    int count = 0;
    for (; words >> opcode; ++count)
        if (!std::binary_search(known.begin(), known.end(), canonical_form(opcode)))
            expect::failed(__FILE__, __LINE__, "no form " + opcode);
    EXPECT(count > 400);
}

// 128-bit sums and differences: the carry leaves one instruction and enters a later one, lane by lane, under a guard too.
// The braces and the directive without a space are how inline assembly arrives.
TEST(carries_cross_instructions) {
    Machine m;
    Module& module = m.load(R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry wide(.param .u64 a, .param .u64 b, .param .u64 sum, .param .u64 difference)
{
  .reg .b64 %rd<24>;
  .reg .b32 %r<4>;
  .reg .pred %p<2>;
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd1, %r1, 16;
  ld.param.u64 %rd2, [a];
  add.s64 %rd2, %rd2, %rd1;
  ld.param.u64 %rd3, [b];
  add.s64 %rd3, %rd3, %rd1;
  ld.param.u64 %rd4, [sum];
  add.s64 %rd4, %rd4, %rd1;
  ld.param.u64 %rd5, [difference];
  add.s64 %rd5, %rd5, %rd1;
  ld.global.v2.u64 {%rd6, %rd7}, [%rd2];
  ld.global.v2.u64 {%rd8, %rd9}, [%rd3];
  {.reg.b64 t;
  add.cc.u64 t, %rd6, %rd8;
  mov.b64 %rd10, t;}
  addc.u64 %rd11, %rd7, %rd9;
  st.global.v2.u64 [%rd4], {%rd10, %rd11};
  setp.lt.u32 %p1, %r1, 20;
  mov.b64 %rd12, 0;
  mov.b64 %rd13, 0;
  @%p1 sub.cc.u64 %rd12, %rd6, %rd8;
  @%p1 subc.u64 %rd13, %rd7, %rd9;
  st.global.v2.u64 [%rd5], {%rd12, %rd13};
  ret;
}
)");
    using Wide = unsigned __int128;
    Wide *a = m.allocate<Wide>(32), *b = m.allocate<Wide>(32), *sum = m.allocate<Wide>(32),
         *difference = m.allocate<Wide>(32);
    for (int i = 0; i < 32; ++i) {
        a[i] = Wide(0x0123456789abcdef * uint64_t(i + 1)) << 64 | (i % 3 == 0 ? ~uint64_t(0) : uint64_t(i));
        b[i] = Wide(0xfedcba9876543210 * uint64_t(i + 3)) << 64 | (i % 2 == 0 ? 1 : 0x8000000000000000);
    }
    FaultReport report = m.launch(module, "wide", {1, 1, 1, 32}, a, b, sum, difference);
    EXPECT_EQ(report.text, "");
    for (int i = 0; i < 32; ++i) {
        EXPECT(sum[i] == a[i] + b[i]);
        EXPECT(difference[i] == (i < 20 ? a[i] - b[i] : Wide(0)));
    }
}

TEST_MAIN
