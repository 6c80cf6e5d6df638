// The arithmetic of bulk reductions.
#pragma once
#include <cstdint>

namespace softcuda {

enum class Reduction : uint8_t { None, Add, Min, Max, Inc, Dec, And, Or, Xor };
enum class Number : uint8_t { B32, B64, U32, S32, U64, S64, F16, Bf16, F32, F64 };

// Combines `bytes` bytes of numbers at `from` into those at `to`, each atomically: blocks on other threads may do the same.
void reduce(Reduction operation, Number number, uint8_t* to, const uint8_t* from, uint32_t bytes);

// Whether PTX has the combination.
bool reduces(Reduction operation, Number number);

}  // namespace softcuda
