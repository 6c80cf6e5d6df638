// cp.async.bulk.tensor and its reductions: boxes of tensors between global and shared memory.
#include <cstring>
#include <utility>

#include "async/form_names.h"
#include "async/transfer.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kIllegalAddress = 700;
constexpr int kIllegalInstruction = 715;
constexpr int kMisalignedAddress = 716;
constexpr uint32_t kDestinationAlignment = 128;

bool refuse(const Transfer& t, int error, uint64_t address, const std::string& what) {
    fault(*t.warp, t.at, error, t.lane, address, what.c_str());
    return false;
}

// Copies the tensor map at a generic address: of the kernel's parameters, or of device memory.
bool read_map(Transfer& t, uint64_t address) {
    const Launch& l = *t.warp->block->launch;
    const uint64_t window = address & kWindowMask;
    const uint8_t* from = nullptr;
    if (window == kParamWindow) {
        const uint64_t offset = address & ~kWindowMask;
        if (offset <= l.paramBytes && l.paramBytes - offset >= kTensorMapBytes) from = l.params + offset;
    } else if (address >= l.arenaLow && address <= l.arenaHigh && l.arenaHigh - address >= kTensorMapBytes) {
        from = reinterpret_cast<const uint8_t*>(address);
    }
    if (!from)
        return refuse(t, kIllegalAddress, address, "a tensor map outside the kernel's parameters and device memory");
    if (address % 64) return refuse(t, kMisalignedAddress, address, "misaligned tensor map: expected a multiple of 64");
    std::memcpy(&t.box.map, from, sizeof t.box.map);
    if (t.box.map.magic != kTensorMapMagic)
        return refuse(t, kIllegalInstruction, address,
                      "no tensor map is there: cuTensorMapEncodeTiled or cuTensorMapEncodeIm2col makes one");
    return true;
}

bool number_of(uint8_t type, Number& number) {
    switch (type) {  // CUtensorMapDataType
        case 2: number = Number::U32; return true;
        case 3: number = Number::S32; return true;
        case 4: number = Number::U64; return true;
        case 5: number = Number::S64; return true;
        case 6: number = Number::F16; return true;
        case 7:
        case 10:
        case 11:
        case 12: number = Number::F32; return true;
        case 8: number = Number::F64; return true;
        case 9: number = Number::Bf16; return true;
        default: return false;
    }
}

bool check_map(Transfer& t, int rank, bool im2col) {
    const TensorMap& m = t.box.map;
    if (m.rank != rank)
        return refuse(
            t, kIllegalInstruction, m.rank,
            "the tensor map has rank " + std::to_string(m.rank) + ", the instruction " + std::to_string(rank));
    if (m.im2col != im2col)
        return refuse(t, kIllegalInstruction, 0,
                      m.im2col ? "an im2col tensor map where a tiled one belongs"
                               : "a tiled tensor map where an im2col one belongs");
    t.bytes = m.rows() * m.row_bytes();
    if (t.reduction == Reduction::None) return true;
    const bool bitwise = t.reduction >= Reduction::And;
    if (bitwise && m.elementBytes >= 4) t.number = m.elementBytes == 8 ? Number::B64 : Number::B32;
    if ((bitwise ? m.elementBytes >= 4 : number_of(m.type, t.number)) && reduces(t.reduction, t.number)) return true;
    return refuse(t, kIllegalInstruction, m.type,
                  "a bulk reduction that elements of this tensor map's type do not have");
}

// The walk of an im2col box has to begin within the box of pixels that the corners leave.
bool check_start(const Transfer& t) {
    const TensorMap& m = t.box.map;
    for (int k = 0; k < m.rank - 2; k++) {
        const int64_t at = t.box.coordinate[1 + k], first = m.lower[k], behind = m.size(1 + k) + m.upper[k];
        if (at >= first && at < behind) continue;
        return refuse(t, kIllegalInstruction, uint64_t(at),
                      "an im2col box begins at " + std::to_string(at) + " in dimension " + std::to_string(1 + k)
                          + ", outside of the pixels from " + std::to_string(first) + " to "
                          + std::to_string(behind - 1));
    }
    return true;
}

// Operands of a load: [shared], [map, coordinates], [mbarrier], offsets of im2col, mask.
template <int rank, bool im2col, bool multicast> const Ins* load(const Ins* ip, Warp& w) {
    constexpr int kBarrier = 2 + rank, kOffsets = kBarrier + 1, kMask = kOffsets + (im2col ? rank - 2 : 0);
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        Transfer t;
        const int lane = __builtin_ctz(lanes);
        t.warp = &w, t.at = ip, t.lane = lane;
        t.tensor = true;
        if (!read_map(t, reg<uint64_t>(ip, w, 1)[lane]) || !check_map(t, rank, im2col)) return nullptr;
        for (int d = 0; d < rank; d++) t.box.coordinate[d] = reg<int32_t>(ip, w, 2 + d)[lane];
        for (int k = 0; im2col && k < rank - 2; k++)
            t.box.offset[k] = uint16_t(reg<uint32_t>(ip, w, kOffsets + k)[lane]);
        if (im2col && !check_start(t)) return nullptr;
        const uint32_t to = reg<uint32_t>(ip, w, 0)[lane] + uint32_t(ip->imm),
                       span = t.box.map.rows() * t.box.map.row_pitch();
        if (!locate(ip, w, lane, to, Window::Cluster, span, kDestinationAlignment, t.shared)) return nullptr;
        if (!locate(ip, w, lane, reg<uint32_t>(ip, w, kBarrier)[lane], Window::Cluster, 8, 8, t.barrier))
            return nullptr;
        if (t.barrier.block != t.shared.block)
            return fault(w, ip, kIllegalInstruction, lane, t.barrier.offset,
                         "the mbarrier of a bulk copy lies in another block than its destination");
        if (multicast && !take_multicast(t, reg<uint32_t>(ip, w, kMask)[lane] & 0xffff)) return nullptr;
        if (!start(t)) return nullptr;
    }
    return ip + 1;
}

// [map, coordinates], [shared].
template <int rank, bool im2col, int reduction> const Ins* store(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        Transfer t;
        const int lane = __builtin_ctz(lanes);
        t.warp = &w, t.at = ip, t.lane = lane;
        t.route = Route::Store;
        t.tensor = true;
        t.reduction = Reduction(reduction);
        if (!read_map(t, reg<uint64_t>(ip, w, 0)[lane] + uint64_t(int64_t(ip->imm))) || !check_map(t, rank, im2col))
            return nullptr;
        for (int d = 0; d < rank; d++) t.box.coordinate[d] = reg<int32_t>(ip, w, 1 + d)[lane];
        if (im2col && !check_start(t)) return nullptr;
        const uint32_t from = reg<uint32_t>(ip, w, 1 + rank)[lane], span = t.box.map.rows() * t.box.map.row_pitch();
        if (!locate(ip, w, lane, from, Window::Cta, span, kDestinationAlignment, t.shared) || !start(t)) return nullptr;
    }
    return ip + 1;
}

// [map, coordinates]: there is no cache to fill, but the map must be right.
template <int rank, bool im2col> const Ins* prefetch(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        Transfer t;
        const int lane = __builtin_ctz(lanes);
        t.warp = &w, t.at = ip, t.lane = lane;
        if (!read_map(t, reg<uint64_t>(ip, w, 0)[lane] + uint64_t(int64_t(ip->imm))) || !check_map(t, rank, im2col))
            return nullptr;
    }
    return ip + 1;
}

const Ins* prefetch_map(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        Transfer t;
        const int lane = __builtin_ctz(lanes);
        t.warp = &w, t.at = ip, t.lane = lane;
        if (!read_map(t, reg<uint64_t>(ip, w, 0)[lane] + uint64_t(int64_t(ip->imm)))) return nullptr;
    }
    return ip + 1;
}

const char* const kReductionNames[] = {"", ".add", ".min", ".max", ".inc", ".dec", ".and", ".or", ".xor"};

class Names {
public:
    explicit Names(FormSink& sink) : sink_(sink) {}
    // With and without a cache hint, which is the last operand.
    void add(const std::string& name, const std::string& signature, Handler h) {
        sink_.add({lasting(name), lasting(signature), h, h, nullptr});
        sink_.add({lasting(name + ".L2::cache_hint"), lasting(signature + "d"), h, h, nullptr});
    }

private:
    FormSink& sink_;
};

template <int rank, bool im2col, int... reductions>
void add_stores(Names& names, std::integer_sequence<int, reductions...>) {
    const std::string shape = std::to_string(rank) + "d.global.shared", mode = im2col ? ".im2col_no_offs" : "";
    const std::string signature = "=m" + std::string(rank, 'w') + "m";
    names.add("cp.async.bulk.tensor." + shape + mode + ".bulk_group", signature, store<rank, im2col, 0>);
    (names.add("cp.reduce.async.bulk.tensor." + shape + kReductionNames[1 + reductions] + mode + ".bulk_group",
               signature, store<rank, im2col, 1 + reductions>),
     ...);
}

template <int rank, bool im2col> void add_rank(Names& names) {
    const std::string shape = std::to_string(rank) + "d", mode = im2col ? ".im2col" : "", coordinates(rank, 'w'),
                      offsets(im2col ? rank - 2 : 0, 'w');
    const std::string name =
        "cp.async.bulk.tensor." + shape + ".shared.global" + mode + ".mbarrier::complete_tx::bytes";
    names.add(name, "=mm" + coordinates + "m" + offsets, load<rank, im2col, false>);
    names.add(name + ".multicast::cluster", "=mm" + coordinates + "m" + offsets + "w", load<rank, im2col, true>);
    names.add("cp.async.bulk.prefetch.tensor." + shape + ".L2.global" + mode, "=m" + coordinates + offsets,
              prefetch<rank, im2col>);
    add_stores<rank, im2col>(names, std::make_integer_sequence<int, 8>());
}

}  // namespace

void add_tensor_forms(FormSink& sink) {
    Names names(sink);
    add_rank<1, false>(names);
    add_rank<2, false>(names);
    add_rank<3, false>(names);
    add_rank<4, false>(names);
    add_rank<5, false>(names);
    add_rank<3, true>(names);
    add_rank<4, true>(names);
    add_rank<5, true>(names);
    sink.add({"prefetch.tensormap", "=m", prefetch_map, prefetch_map, nullptr});
}

}  // namespace softcuda
