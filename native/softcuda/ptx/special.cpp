#include "ptx/special.h"

namespace softcuda {
namespace {

using S = Special;
using At = SpecialScope;

const SpecialInfo kSpecials[] = {
    {"%tid.x", S::TidX, At::Warp, 32},
    {"%tid.y", S::TidY, At::Warp, 32},
    {"%tid.z", S::TidZ, At::Warp, 32},
    {"%ntid.x", S::NtidX, At::Launch, 32},
    {"%ntid.y", S::NtidY, At::Launch, 32},
    {"%ntid.z", S::NtidZ, At::Launch, 32},
    {"%ctaid.x", S::CtaidX, At::Block, 32},
    {"%ctaid.y", S::CtaidY, At::Block, 32},
    {"%ctaid.z", S::CtaidZ, At::Block, 32},
    {"%nctaid.x", S::NctaidX, At::Launch, 32},
    {"%nctaid.y", S::NctaidY, At::Launch, 32},
    {"%nctaid.z", S::NctaidZ, At::Launch, 32},
    {"%laneid", S::LaneId, At::Warp, 32},
    {"%warpid", S::WarpId, At::Warp, 32},
    {"%nwarpid", S::NwarpId, At::Launch, 32},
    {"%smid", S::SmId, At::Block, 32},
    {"%nsmid", S::NsmId, At::Launch, 32},
    {"%gridid", S::GridId, At::Launch, 64},
    {"%lanemask_eq", S::LanemaskEq, At::Warp, 32},
    {"%lanemask_le", S::LanemaskLe, At::Warp, 32},
    {"%lanemask_lt", S::LanemaskLt, At::Warp, 32},
    {"%lanemask_ge", S::LanemaskGe, At::Warp, 32},
    {"%lanemask_gt", S::LanemaskGt, At::Warp, 32},
    // Without clusters every block is a cluster of its own.
    {"%clusterid.x", S::ClusterIdX, At::Block, 32},
    {"%clusterid.y", S::ClusterIdY, At::Block, 32},
    {"%clusterid.z", S::ClusterIdZ, At::Block, 32},
    {"%nclusterid.x", S::NclusterIdX, At::Launch, 32},
    {"%nclusterid.y", S::NclusterIdY, At::Launch, 32},
    {"%nclusterid.z", S::NclusterIdZ, At::Launch, 32},
    {"%cluster_ctaid.x", S::ClusterCtaidX, At::Block, 32},
    {"%cluster_ctaid.y", S::ClusterCtaidY, At::Block, 32},
    {"%cluster_ctaid.z", S::ClusterCtaidZ, At::Block, 32},
    {"%cluster_nctaid.x", S::ClusterNctaidX, At::Launch, 32},
    {"%cluster_nctaid.y", S::ClusterNctaidY, At::Launch, 32},
    {"%cluster_nctaid.z", S::ClusterNctaidZ, At::Launch, 32},
    {"%cluster_ctarank", S::ClusterCtarank, At::Launch, 32},
    {"%cluster_nctarank", S::ClusterNctarank, At::Launch, 32},
    {"%is_explicit_cluster", S::IsExplicitCluster, At::Launch, 1},
    {"%dynamic_smem_size", S::DynamicSmemSize, At::Launch, 32},
    {"%total_smem_size", S::TotalSmemSize, At::Launch, 32},
    {"%aggr_smem_size", S::AggrSmemSize, At::Launch, 32},
    {"%reserved_smem_offset_begin", S::Zero, At::Launch, 32},
    {"%reserved_smem_offset_end", S::Zero, At::Launch, 32},
    {"%reserved_smem_offset_cap", S::Zero, At::Launch, 32},
    {"WARP_SZ", S::WarpSize, At::Launch, 32},
    {"%envreg1", S::EnvReg1, At::Launch, 32},
    {"%envreg2", S::EnvReg2, At::Launch, 32},
    {"%clock", S::Clock, At::Instruction, 32},
    {"%clock_hi", S::ClockHi, At::Instruction, 32},
    {"%clock64", S::Clock64, At::Instruction, 64},
    {"%globaltimer", S::GlobalTimer, At::Instruction, 64},
    {"%globaltimer_lo", S::GlobalTimerLo, At::Instruction, 32},
    {"%globaltimer_hi", S::GlobalTimerHi, At::Instruction, 32},
};

}  // namespace

const SpecialInfo* find_special(std::string_view name) {
    for (const SpecialInfo& s : kSpecials) {
        if (s.name == name) return &s;
    }
    return nullptr;
}

const SpecialInfo& special_info(Special id) {
    for (const SpecialInfo& s : kSpecials) {
        if (s.id == id) return s;
    }
    return kSpecials[0];
}

}  // namespace softcuda
