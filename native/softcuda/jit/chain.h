// Chains: straight runs of arithmetic, compiled to machine code.
//
// The interpreter reads an instruction's operands from the register file in memory and writes its result there; most of
// the time of address arithmetic and of elementwise kernels goes into that and into finding the next handler. With
// AVX-512, neighbouring instructions of one basic block that only compute (jit/forms.h) become one native function
// instead, with the branch behind them if there is one; it keeps values in zmm registers from one to the next and stores only what is used afterwards. It
// is the `full` handler of the first instruction; all keep their own handlers for warps that have diverged or that arrive
// in the middle. Every operation has the bits of its handler, NaN payloads aside, which PTX leaves open.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "jit/forms.h"

namespace softcuda {

// One instruction as the compiler of chains needs it.
struct ChainStep {
    const Ins* ins;
    const ChainForm* form;
    bool kept;  // whether its result is used after the chain
};

// Constants of the register file, by unit, for what is better as an immediate operand.
class KnownValues {
public:
    virtual bool value_of(uint32_t unit, uint64_t& value) const = 0;

protected:
    ~KnownValues() = default;
};

// Memory that holds machine code; released with the object.
class NativeCode {
public:
    ~NativeCode();
    NativeCode(const NativeCode&) = delete;
    const uint8_t* at(size_t offset) const { return memory_ + offset; }
    // Null when the system does not allow executable memory.
    static std::shared_ptr<NativeCode> place(const std::vector<uint8_t>& code);

private:
    NativeCode(uint8_t* memory, size_t size) : memory_(memory), size_(size) {}
    uint8_t* memory_;
    size_t size_;
};

// What a chain's code does at its end. A branch behind the chain is decided right there, unless the lanes part or the
// warp has run for so long that it must give way: then the branch's own handler runs. Whatever comes next is entered by a
// jump, not by returning to the interpreter.
struct ChainEnd {
    enum Kind { Return, Next, Branch, BranchIf } kind;
    const Ins* branch;  // exec/control.h
    int64_t cost;       // of a backward branch, in Warp::budget
};

// Appends to `code` a handler that does all the steps. Returns where it begins.
size_t compile_chain(const std::vector<ChainStep>& steps, const KnownValues& known, const ChainEnd& end,
                     std::vector<uint8_t>& code);

}  // namespace softcuda
