// Brings the text of a PTX opcode to the name under which the form table knows it.
#pragma once
#include <string>
#include <string_view>

namespace softcuda {

// `opcode`: the opcode with all its modifiers as PTX writes it, without predicate and operands
// ("ld.global.nc.L1::no_allocate.v4.f32"). The result is the canonical name ("ld.global.v4.b32"): modifiers without
// effect in this machine (cache hints, orderings and scopes, .aligned, .sync of warp-wide operations stay as written
// where they distinguish forms) are gone, types count only as far as the operation tells them apart. Text it does not
// know comes back unchanged, for the table to refuse.
//
// A name may have several forms, told apart by their signature: the decoder takes the one whose letters fit the banks of
// the operands. ld.global.b32, for one, exists as "w=m" and, with zero extension into a 64-bit register, as "d=m".
std::string canonical_form(std::string_view opcode);

}  // namespace softcuda
