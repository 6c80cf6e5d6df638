// A kernel ready to run.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exec/code.h"
#include "ptx/special.h"

namespace softcuda {

class NativeCode;

// The register file of a warp, in units of kUnit bytes: the W slots that instructions write, W constants, the D slots,
// D constants. Constants and special registers are filled when a warp is made ready; nothing writes them afterwards.
struct ConstantFill {
    uint32_t unit;
    bool wide;
    uint64_t value;
};

struct SpecialFill {
    uint32_t unit;
    bool wide;
    Special id;
    SpecialScope scope;
};

struct ParameterFill {
    uint32_t unit;
    bool wide;
    uint32_t offset;
    uint32_t flags;  // exec/control.h: bytes, sign
};

struct Code {
    std::string name;
    uint64_t serial = 0;  // unlike that of every other code of this process
    std::vector<Ins> ins;
    std::vector<uint32_t> lines;     // PTX line of each instruction
    std::vector<const char*> names;  // form of each instruction, for messages and profiles
    uint32_t units = 0;              // size of the register file
    uint32_t predicates = 0;
    std::vector<ConstantFill> constants;
    std::vector<SpecialFill> specials;
    std::vector<ParameterFill> parameters;
    std::vector<std::pair<uint32_t, uint32_t>> predicateConstants;  // index, value
    uint32_t explicitCluster = 0;                                   // predicate that holds %is_explicit_cluster
    std::vector<std::vector<uint32_t>> tables;                      // instruction numbers, for indexed branches
    uint32_t parameterBytes = 0;
    uint32_t staticShared = 0;
    uint32_t localBytes = 0;
    uint32_t launchRegisters = 0;        // that a thread has at launch, 0: the kernel does not say
    uint32_t registers = 0;              // estimate of 32-bit registers a thread
    uint64_t gridWorkspace = 0;          // device address for the grid's barrier, 0: not used
    std::shared_ptr<NativeCode> native;  // of its chains (jit/), null when there are none
};

}  // namespace softcuda
