#include "jit/chain.h"

#include <cstddef>

#include "exec/control.h"

namespace softcuda {
namespace {

static_assert(offsetof(Warp, regs) == 0 && offsetof(Warp, pred) == 8 && offsetof(Warp, active) < 128
                  && offsetof(Warp, budget) < 128,
              "compiled code knows their places");

// What the code broadcasts from memory, and where. The polynomial is that of exp2_approx (isa/approx.h).
enum Constant {
    kLargest,
    kSmallest,
    kMagic,
    kPolynomial,
    kOne = kPolynomial + 6,
    kBias,
    kExponent,
    kSign,
    kHigh,
    kRounding,
    kOdd,
    kNan
};
constexpr uint32_t bits_of(float value) { return __builtin_bit_cast(uint32_t, value); }
const uint32_t kConstants[] = {bits_of(130.0f),
                               bits_of(-152.0f),
                               bits_of(0x1.8p23f),
                               bits_of(0x1.44138ap-13f),
                               bits_of(0x1.5f0890p-10f),
                               bits_of(0x1.3b2a54p-7f),
                               bits_of(0x1.c6af6cp-5f),
                               bits_of(0x1.ebfbe0p-3f),
                               bits_of(0x1.62e430p-1f),
                               bits_of(1.0f),
                               127,
                               0x7f800000,
                               0x80000000,
                               0xffff0000,
                               0x7fff,
                               1,
                               0x7fff0000};

constexpr VectorOp kLoad{1, 1, 1, 0x6f}, kStore{1, 1, 1, 0x7f}, kMove = kLoad, kBroadcast{2, 1, 0, 0x18};
constexpr VectorOp kAnd{1, 1, 0, 0xdb}, kOr{1, 1, 0, 0xeb}, kXor{1, 1, 0, 0xef}, kAdd{1, 1, 0, 0xfe},
    kSub{1, 1, 0, 0xfa}, kBlend{2, 1, 0, 0x64};
constexpr VectorOp kShiftBy{1, 1, 0, 0x72};  // /2 right, /4 right arithmetic, /6 left
constexpr VectorOp kAddReal{1, 0, 0, 0x58}, kSubReal{1, 0, 0, 0x5c}, kMulReal{1, 0, 0, 0x59}, kDivReal{1, 0, 0, 0x5e},
    kMinReal{1, 0, 0, 0x5d}, kMaxReal{1, 0, 0, 0x5f};
constexpr VectorOp kFmaDown{2, 1, 0, 0xa8};  // d = first * d + second
constexpr VectorOp kTest{2, 1, 0, 0x27}, kCompareReal{1, 0, 0, 0xc2};
constexpr VectorOp kUpperHalf{3, 1, 1, 0x3b}, kJoinHalves{3, 1, 1, 0x3a};
constexpr VectorOp kLoadMask{1, 1, 1, 0x90}, kStoreMask{1, 1, 1, 0x91}, kMoveMask{1, 1, 1, 0x90},
    kShiftMask{3, 1, 0, 0x31};
constexpr VectorOp kJoinBytes{1, 1, 0, 0x4b}, kJoinWords{1, 0, 0, 0x4b};

constexpr int kHeldVectors = 28, kScratch = 28;  // zmm28 to zmm31 hold nothing from one instruction to the next
constexpr int kHeldMasks = 4, kScratchMask = 5;  // k1 to k4; k5 to k7

class ChainCompiler {
public:
    ChainCompiler(const std::vector<ChainStep>& steps, const KnownValues& known) : steps_(steps), known_(known) {}

    const std::vector<uint8_t>& run(const ChainEnd& end) {
        a_.raw({0x48, 0x8b, 0x06});        // mov rax, [rsi]: the registers
        a_.raw({0x48, 0x8b, 0x56, 0x08});  // mov rdx, [rsi + 8]: the predicates
        a_.raw({0x48, 0xb9});              // mov rcx, kConstants
        a_.quad(reinterpret_cast<uint64_t>(kConstants));
        for (const ChainStep& step : steps_) {
            now_++;
            ins_ = step.ins;
            kept_ = step.kept;
            form_ = step.form;
            emit();
        }
        for (int z = 0; z < kHeldVectors; z++) write_back(z);
        for (int k = 0; k < kHeldMasks; k++) write_back_mask(k);
        const int count = int(steps_.size());
        if (end.kind == ChainEnd::Return) {
            leave_vectors();
            a_.raw({0x48, 0x8d, 0x87});  // lea rax, [rdi + ...]
            a_.word(uint32_t(count * int(sizeof(Ins))));
            a_.raw({0xc3});
        } else if (end.kind == ChainEnd::Next) {
            leave_vectors();
            go_to(count);
        } else {
            branch(end, count);
        }
        return a_.bytes();
    }

private:
    static_assert(offsetof(Ins, full) == 0, "the jump to the next instruction");

    // ---- the end -----------------------------------------------------------------------------------------------------

    void leave_vectors() { a_.raw({0xc5, 0xf8, 0x77}); }  // vzeroupper
    static constexpr uint8_t kGoToBytes = 9;
    void go_to(int distance) {       // in instructions from the first of the chain
        a_.raw({0x48, 0x81, 0xc7});  // add rdi, ...
        a_.word(uint32_t(distance * int(sizeof(Ins))));
        a_.raw({0xff, 0x27});  // jmp [rdi]: Ins::full
    }

    void branch(const ChainEnd& end, int count) {
        const Ins& ins = *end.branch;
        if (end.kind == ChainEnd::BranchIf) {  // eax: the lanes that take it
            const int held = mask_holder(ins.arg[0]);
            if (held < 0) a_.mask_memory(kLoadMask, kScratchMask, kRdx, int32_t(ins.arg[0]) * 4);
            a_.mask({1, 3, 0, 0x93}, 0, 0, held < 0 ? kScratchMask : held + 1, false);  // kmovd eax, k
            leave_vectors();
            a_.raw({0x8b, 0x4e, offsetof(Warp, active)});  // mov ecx, [rsi + ...]
            if (ins.aux & kNegated) a_.raw({0xf7, 0xd0});  // not eax
            a_.raw({0x21, 0xc8});                          // and eax, ecx
            a_.raw({0x75, kGoToBytes});                    // jnz over the next
            go_to(count + 1);
            a_.raw({0x39, 0xc8, 0x74, kGoToBytes});  // cmp eax, ecx; je over the next
            go_to(count);
        } else {
            leave_vectors();
        }
        if (ins.imm <= 0) {
            a_.raw({0x48, 0x81, 0x6e, offsetof(Warp, budget)});  // sub qword [rsi + ...], cost
            a_.word(uint32_t(end.cost));
            a_.raw({0x7f, kGoToBytes});  // jg over the next
            go_to(count);
        }
        go_to(count + ins.imm);
    }

    // ---- values in zmm registers, 64 bytes of the register file each -------------------------------------------------

    struct Held {
        int64_t unit = -1;
        bool dirty = false, kept = false;
        uint32_t used = 0;
    };

    void write_back(int z) {
        Held& h = vectors_[z];
        if (h.unit >= 0 && h.dirty && h.kept) a_.memory(kStore, z, 0, kRax, int32_t(h.unit * int64_t(kUnit)));
        h.dirty = false;
    }
    int holder(uint32_t unit) const {
        for (int z = 0; z < kHeldVectors; z++) {
            if (vectors_[z].unit == int64_t(unit)) return z;
        }
        return -1;
    }
    // A register for something new: an empty one, else the one not used for longest. A value that is not kept may still be
    // needed in the chain: pushed out, it goes to memory all the same.
    int free_vector() {
        int best = -1;
        for (int z = 0; z < kHeldVectors && (best < 0 || vectors_[best].unit >= 0); z++) {
            if (vectors_[z].used == now_) continue;
            if (best < 0 || vectors_[z].unit < 0 || vectors_[z].used < vectors_[best].used) best = z;
        }
        vectors_[best].kept = true;
        write_back(best);
        vectors_[best] = Held();
        vectors_[best].used = now_;
        return best;
    }
    int value(uint32_t unit) {
        int z = holder(unit);
        if (z < 0) {
            z = free_vector();
            a_.memory(kLoad, z, 0, kRax, int32_t(unit * kUnit));
            vectors_[z].unit = unit;
        }
        vectors_[z].used = now_;
        return z;
    }
    int source(int k, int part) { return value(ins_->arg[k] + uint32_t(part)); }
    void result(int part, int z) {
        const uint32_t unit = ins_->arg[0] + uint32_t(part);
        const int old = holder(unit);
        if (old >= 0) vectors_[old].unit = -1;
        vectors_[z] = Held{int64_t(unit), true, kept_, now_};
    }

    // ---- predicates in mask registers: mask register k + 1 -----------------------------------------------------------

    void write_back_mask(int k) {
        Held& h = masks_[k];
        if (h.unit >= 0 && h.dirty && h.kept) a_.mask_memory(kStoreMask, k + 1, kRdx, int32_t(h.unit * 4));
        h.dirty = false;
    }
    int mask_holder(int64_t index) const {
        for (int k = 0; k < kHeldMasks; k++) {
            if (masks_[k].unit == index) return k;
        }
        return -1;
    }
    int free_mask() {
        int best = -1;
        for (int k = 0; k < kHeldMasks; k++) {
            if (masks_[k].used == now_) continue;
            if (best < 0 || masks_[k].unit < 0 || (masks_[best].unit >= 0 && masks_[k].used < masks_[best].used))
                best = k;
        }
        masks_[best].kept = true;
        write_back_mask(best);
        masks_[best] = Held();
        masks_[best].used = now_;
        return best;
    }
    int predicate_source(int k) {
        int m = mask_holder(ins_->arg[k]);
        if (m < 0) {
            m = free_mask();
            a_.mask_memory(kLoadMask, m + 1, kRdx, int32_t(ins_->arg[k]) * 4);
            masks_[m].unit = ins_->arg[k];
        }
        masks_[m].used = now_;
        return m + 1;
    }
    int predicate_result() {
        const int old = mask_holder(ins_->arg[0]);
        const int m = free_mask();
        if (old >= 0) masks_[old].unit = -1;
        masks_[m] = Held{int64_t(ins_->arg[0]), true, kept_, now_};
        return m + 1;
    }

    // ---- instructions ------------------------------------------------------------------------------------------------

    void constant(VectorOp op, int d, int first, Constant c) { a_.memory(op, d, first, kRcx, int32_t(c) * 4, true); }
    void shift(int d, int a, int digit, uint8_t count) { a_.vector(kShiftBy, digit, d, a, 0, count); }

    // A 64-byte part of what 32-bit operand k becomes when its elements are extended to 64 bits, in register d.
    void extended(int k, int part, VectorOp extend, int d) {
        int z = source(k, part / 2);
        if (part % 2) {
            a_.vector(kUpperHalf, z, 0, d, 0, 1);
            z = d;
        }
        a_.vector(extend, d, 0, z);
    }

    // Subnormals of z become zeros of their sign; the result may be z.
    void flush(int d, int z) {
        constant(kTest, kScratchMask, z, kExponent);
        const int zeros = kScratch + 3;
        constant(kAnd, zeros, z, kSign);
        a_.vector(kBlend, d, zeros, z, kScratchMask);
    }

    void exp2(int d, int x) {
        const int bounded = kScratch, shifted = kScratch + 1, f = kScratch + 2, other = kScratch + 3;
        if (form_->flush) {
            flush(bounded, x);
            x = bounded;
        }
        a_.memory(kBroadcast, other, 0, kRcx, kSmallest * 4);
        a_.vector(kMaxReal, bounded, other, x);  // a NaN is the second operand and stays
        a_.memory(kBroadcast, other, 0, kRcx, kLargest * 4);
        a_.vector(kMinReal, bounded, other, bounded);
        constant(kAddReal, shifted, bounded, kMagic);
        constant(kSubReal, f, shifted, kMagic);
        a_.vector(kSubReal, f, bounded, f);
        a_.memory(kBroadcast, d, 0, kRcx, kPolynomial * 4);
        for (int c = kPolynomial + 1; c <= kOne; c++) constant(kFmaDown, d, f, Constant(c));
        constant(kSub, shifted, shifted, kMagic);  // the exponent, as an integer
        shift(f, shifted, 4, 1);
        a_.vector(kSub, shifted, shifted, f);
        for (int half : {f, shifted}) {
            constant(kAdd, half, half, kBias);
            shift(half, half, 6, 23);
            a_.vector(kMulReal, d, d, half);
        }
        if (form_->flush) flush(d, d);
    }

    void reciprocal(int d, int x) {
        const int flushed = kScratch, one = kScratch + 1;
        if (form_->flush) {
            flush(flushed, x);
            x = flushed;
        }
        a_.memory(kBroadcast, one, 0, kRcx, kOne * 4);
        a_.vector(kDivReal, d, one, x);
        if (form_->flush) flush(d, d);
    }

    // The bits of the nearest bf16 in the upper half of d; the lower half is what rounding left.
    void round_to_bf16(int d, int x) {
        shift(d, x, 2, 16);
        constant(kAnd, d, d, kOdd);
        constant(kAdd, d, d, kRounding);
        a_.vector(kAdd, d, d, x);
        a_.vector(kCompareReal, kScratchMask, x, x, 0, 3);
        const int nan = kScratch + 3;
        a_.memory(kBroadcast, nan, 0, kRcx, kNan * 4);
        a_.vector(kBlend, d, d, nan, kScratchMask);
    }

    // Whether the shift count is a constant, and what.
    bool known_count(uint8_t& count) const {
        uint64_t value;
        if (!known_.value_of(ins_->arg[2], value)) return false;
        count = uint8_t(uint32_t(value) < 255 ? uint32_t(value) : 255);
        return true;
    }

    void shift_part(int part) {
        uint8_t count;
        const int x = source(1, part);
        const int d = free_vector();
        if (known_count(count)) {
            a_.vector(form_->extend, form_->digit, d, x, 0, count);
        } else if (form_->wide) {
            extended(2, part, {2, 1, 0, 0x35}, kScratch);
            a_.vector(form_->op, d, x, kScratch);
        } else {
            a_.vector(form_->op, d, x, source(2, part));
        }
        result(part, d);
    }

    void compare() {
        const int parts = form_->wide ? 4 : 2;
        // The result's register may be that of nothing else before all parts are read.
        const int d = free_mask() + 1;
        masks_[d - 1].used = now_;
        for (int part = parts - 1; part >= 0; part--) {
            const int target = part == parts - 1 ? d : kScratchMask;
            a_.vector(form_->op, target, source(1, part), source(2, part), 0, form_->digit);
            if (part == parts - 1) continue;
            if (!form_->wide) a_.mask(kJoinWords, d, d, kScratchMask, true);
            else if (part == 2) a_.mask(kJoinBytes, d, d, kScratchMask, true);
            else if (part == 1) a_.mask({3, 1, 1, 0x32}, kScratchMask + 1, kScratchMask, 8);
            else a_.mask({1, 1, 1, 0x45}, kScratchMask + 1, kScratchMask + 1, kScratchMask, true);
        }
        if (form_->wide) a_.mask(kJoinWords, d, d, kScratchMask + 1, true);
        const int old = mask_holder(ins_->arg[0]);
        if (old >= 0) masks_[old].unit = -1;
        masks_[d - 1] = Held{int64_t(ins_->arg[0]), true, kept_, now_};
    }

    void select() {
        const int p = predicate_source(3), lanes = form_->wide ? 8 : 16;
        for (int part = 0; part < kLanes / lanes; part++) {
            int m = p;
            if (part) {
                m = kScratchMask;
                a_.mask(kShiftMask, m, p, uint8_t(part * lanes));
            }
            const int yes = source(1, part), no = source(2, part), d = free_vector();
            a_.vector(form_->op, d, no, yes, m);
            result(part, d);
        }
    }

    void emit() {
        switch (form_->shape) {
            case Shape::Compare: return compare();
            case Shape::Select: return select();
            case Shape::PredicateLogic: {
                const int a = predicate_source(1), b = predicate_source(2);
                return a_.mask(form_->op, predicate_result(), a, b, true);
            }
            case Shape::PredicateNot: {
                const int a = predicate_source(1);
                return a_.mask(form_->op, predicate_result(), 0, a, false);
            }
            case Shape::PredicateCopy: {
                const int a = predicate_source(1);
                return a_.mask(kMoveMask, predicate_result(), 0, a, false);
            }
            default: break;
        }
        for (int part = 0; part < (form_->wide ? 4 : 2); part++) emit_part(part);
    }

    void emit_part(int part) {
        if (form_->shape == Shape::Shift) return shift_part(part);
        if (form_->shape == Shape::Widen || form_->shape == Shape::WideProduct) {
            const int d = free_vector();
            if (form_->shape == Shape::Widen) {
                extended(1, part, form_->op, d);
            } else {
                extended(1, part, form_->extend, d);
                extended(2, part, form_->extend, kScratch);
                a_.vector(form_->op, d, d, kScratch);
            }
            return result(part, d);
        }
        if (form_->shape == Shape::Narrow) {
            const int low = source(1, 2 * part), high = source(1, 2 * part + 1), d = free_vector();
            a_.vector(form_->op, low, 0, d);
            a_.vector(form_->op, high, 0, kScratch);
            a_.vector(kJoinHalves, d, d, kScratch, 0, 1);
            return result(part, d);
        }
        const int x = source(1, part);
        switch (form_->shape) {
            case Shape::Binary: {
                const int y = source(2, part), d = free_vector();
                a_.vector(form_->op, d, x, y);
                return result(part, d);
            }
            case Shape::MultiplyAdd: {
                const int y = source(2, part), c = source(3, part), d = free_vector();
                a_.vector(form_->op, d, x, y);
                a_.vector(form_->extend, d, d, c);
                return result(part, d);
            }
            case Shape::Fused: {
                const int y = source(2, part), c = source(3, part), d = free_vector();
                a_.vector(kMove, d, 0, c);
                a_.vector(form_->op, d, x, y);
                return result(part, d);
            }
            case Shape::ToBf16Pair: {  // the first source is the high half
                const int y = source(2, part), d = free_vector();
                round_to_bf16(d, x);
                constant(kAnd, d, d, kHigh);
                round_to_bf16(kScratch, y);
                shift(kScratch, kScratch, 2, 16);
                a_.vector(kOr, d, d, kScratch);
                return result(part, d);
            }
            default: break;
        }
        const int d = free_vector();
        switch (form_->shape) {
            case Shape::Copy: a_.vector(kMove, d, 0, x); break;
            case Shape::Negate:
                a_.vector(kXor, kScratch, kScratch, kScratch);
                a_.vector(form_->op, d, kScratch, x);
                break;
            case Shape::NegateFloat: constant(kXor, d, x, kSign); break;
            case Shape::FromBf16: shift(d, x, 6, 16); break;
            case Shape::ToBf16:
                round_to_bf16(d, x);
                shift(d, d, 2, 16);
                break;
            case Shape::FromInteger: a_.vector(form_->op, d, 0, x); break;
            case Shape::Exp2: exp2(d, x); break;
            case Shape::Reciprocal: reciprocal(d, x); break;
            default: break;
        }
        result(part, d);
    }

    const std::vector<ChainStep>& steps_;
    const KnownValues& known_;
    Assembler a_;
    Held vectors_[kHeldVectors], masks_[kHeldMasks];
    uint32_t now_ = 0;
    const Ins* ins_ = nullptr;
    const ChainForm* form_ = nullptr;
    bool kept_ = false;
};

}  // namespace

size_t compile_chain(const std::vector<ChainStep>& steps, const KnownValues& known, const ChainEnd& end,
                     std::vector<uint8_t>& code) {
    while (code.size() % 16) code.push_back(0xcc);
    const size_t begin = code.size();
    ChainCompiler compiler(steps, known);
    const std::vector<uint8_t>& made = compiler.run(end);
    code.insert(code.end(), made.begin(), made.end());
    return begin;
}

}  // namespace softcuda
