// Special registers.
#pragma once
#include <cstdint>
#include <string_view>

namespace softcuda {

enum class Special : uint8_t {
    TidX,
    TidY,
    TidZ,
    NtidX,
    NtidY,
    NtidZ,
    CtaidX,
    CtaidY,
    CtaidZ,
    NctaidX,
    NctaidY,
    NctaidZ,
    LaneId,
    WarpId,
    NwarpId,
    SmId,
    NsmId,
    GridId,
    LanemaskEq,
    LanemaskLe,
    LanemaskLt,
    LanemaskGe,
    LanemaskGt,
    ClusterIdX,
    ClusterIdY,
    ClusterIdZ,
    NclusterIdX,
    NclusterIdY,
    NclusterIdZ,
    ClusterCtaidX,
    ClusterCtaidY,
    ClusterCtaidZ,
    ClusterNctaidX,
    ClusterNctaidY,
    ClusterNctaidZ,
    ClusterCtarank,
    ClusterNctarank,
    IsExplicitCluster,
    DynamicSmemSize,
    TotalSmemSize,
    AggrSmemSize,
    Zero,
    WarpSize,
    EnvReg1,
    EnvReg2,
    // These change while a kernel runs and are read by an instruction of their own.
    Clock,
    ClockHi,
    Clock64,
    GlobalTimer,
    GlobalTimerLo,
    GlobalTimerHi,
    Count
};

// When a special register's value is settled: how often its slot must be filled.
enum class SpecialScope : uint8_t { Launch, Warp, Block, Instruction };

struct SpecialInfo {
    std::string_view name;
    Special id;
    SpecialScope scope;
    uint8_t bits;  // 32 or 64; a 32-bit one may be read into a 64-bit register and the reverse
};

// Null when there is no such special register. `name` with its %.
const SpecialInfo* find_special(std::string_view name);
const SpecialInfo& special_info(Special id);

}  // namespace softcuda
