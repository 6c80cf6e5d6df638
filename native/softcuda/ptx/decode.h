// From a lowered program to instructions that run.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "exec/kernel_code.h"
#include "exec/levels.h"
#include "ptx/program.h"

namespace softcuda {

// Finds the form of every instruction and the direction of its operands. What has none is reported in `errors`, one line
// each with its place in the PTX; false when there was any.
bool match_forms(Program& program, const FormTable& table, std::vector<std::string>& errors);

// Values that are the same whenever they are computed in a launch (parameters, constants, special registers) need no
// instruction: they are in slots filled beforehand. Removes the ld.param, mov and cvta that only name them.
void propagate_invariants(Program& program);

// Gathers the outer products of unrolled matrix products into tiles, where the level has a form for them: a header,
// `target` the number of steps, and behind it the 16 fma of each step, row by row.
void form_tiles(Program& program, const FormTable& table);

// Live ranges over the linear order of the code.
//
// A warp executes diverged lane groups in an order of the machine's choosing, yet liveness needs no more than the
// control-flow graph of a single thread: an instruction run by some lanes writes those lanes only, and one that writes
// whole slots runs only when all live lanes are together. So each lane's slice of the register file changes exactly as if
// its thread ran alone, and slots may be shared whenever a single thread allows it. A guarded definition may not happen:
// it does not end the life of the old value.
struct LiveRange {
    uint32_t begin = 0xffffffffu, end = 0;
};  // 2i: instruction i reads, 2i+1: it writes
struct Liveness {
    std::vector<LiveRange> ranges;  // by virtual register; begin > end: never used
    std::vector<bool> leader;       // instructions that begin a basic block
};
Liveness analyse_liveness(const Program& program);

// Slots by virtual register, counted for each bank by itself.
struct Allocation {
    std::vector<uint32_t> slot;
    uint32_t count[3] = {0, 0, 0};
};
Allocation allocate_slots(const Program& program, const Liveness& liveness);

std::shared_ptr<Code> emit_code(const Program& program, const Liveness& liveness, const Allocation& allocation);

}  // namespace softcuda
