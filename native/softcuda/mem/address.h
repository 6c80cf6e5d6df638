// What the decoder tells the memory forms in Ins::aux, and the meaning of addresses.
//
// An address operand (letter m in a signature) is a base slot in Ins::arg and a byte displacement in Ins::imm. Global and
// generic bases are 64-bit slots. Shared, local, const and param bases are 32-bit slots unless kBaseWide is set.
// A symbol is a base slot prefilled with its address:
//   global, const    the host address within the arena
//   shared, local    the byte offset within the block's shared memory, the thread's local memory
//   param            the byte offset within the parameter block
// cvta from shared, local and param adds the space's window (exec/code.h), cvta.to takes it away.
#pragma once
#include <cstdint>

namespace softcuda {

constexpr uint32_t kBaseWide = 1;  // the base of the (last) .shared/.local/.param address is in a 64-bit register
constexpr uint32_t kStrongAccess =
    4;  // ld or st was .volatile, .relaxed, .acquire, .release or .mmio: the race checker asks
constexpr uint32_t kDestination16 = 2;  // the destinations are 16-bit registers: ld.s8 sign-extends to 16 bits only

}  // namespace softcuda
