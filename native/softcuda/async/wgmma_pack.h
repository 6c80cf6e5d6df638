// Matrix B of a warpgroup's latest products, as the first of its warps has packed it for the others.
//
// A product is the warpgroup's: its four warps issue the same ones in the same order, each when its turn comes, and until all
// have, none may change what the product reads. So product number s of one warp has the B of the others' number s.
#pragma once
#include <cstdint>
#include <vector>

#include "exec/code.h"

namespace softcuda {

class WgmmaPacks {
public:
    // Room for the packed words of B of the warp's next product, or these words themselves: `present`.
    uint32_t* next(const Ins* ip, const Warp& w, uint64_t descriptor, uint32_t words, bool& present);
    void clear();

private:
    // A warp may be that many products ahead of another before the two pack for themselves: two stages of 64 steps of k.
    static constexpr uint32_t kKept = 8;
    struct Unit {
        alignas(64) uint32_t words[16];
    };
    struct Product {
        const Ins* ip = nullptr;
        uint64_t descriptor = 0;
        uint32_t number = 0;
    };
    struct Group {
        Product products[kKept];
        uint32_t units = 0;  // of each
        std::vector<Unit> packed;
    };
    std::vector<Group> groups_;
    std::vector<uint32_t> issued_;  // by warp
};

}  // namespace softcuda
