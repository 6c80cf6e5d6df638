#include "async/wgmma_pack.h"

namespace softcuda {

uint32_t* WgmmaPacks::next(const Ins* ip, const Warp& w, uint64_t descriptor, uint32_t words, bool& present) {
    if (issued_.empty()) {
        issued_.assign(w.block->warps, 0);
        groups_.resize(w.block->warps / 4);
    }
    Group& group = groups_[w.index / 4];
    const uint32_t number = issued_[w.index]++, slot = number % kKept, units = (words + 15) / 16;
    if (units > group.units) {
        for (Product& p : group.products) p = Product();
        group.units = units;
        group.packed.resize(size_t(units) * kKept);
    }
    Product& kept = group.products[slot];
    present = kept.ip == ip && kept.number == number && kept.descriptor == descriptor;
    kept.ip = ip, kept.number = number, kept.descriptor = descriptor;
    return group.packed[size_t(slot) * group.units].words;
}

void WgmmaPacks::clear() {
    issued_.clear();
    for (Group& group : groups_)
        for (Product& p : group.products) p = Product();
}

}  // namespace softcuda
