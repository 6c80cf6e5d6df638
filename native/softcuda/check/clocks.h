// Happens-before within a block, or a cluster of blocks, by vector clocks (Mattern 1989; the epochs of FastTrack, Flanagan and Freund 2009).
//
// Every warp counts its own synchronisations; clock(a, b) is the latest count of warp b that warp a knows of. An access of
// warp b at its count c is ordered before what warp a does now exactly if clock(a, b) >= c. A barrier joins the clocks of
// all who met there and then lets each count on. Within a warp, lanes are ordered by __syncwarp and barriers alone, not
// by running in step: an access of another lane at count c is ordered if the warp has counted on since.
#pragma once
#include <cstdint>
#include <vector>

namespace softcuda {

class Clocks {
public:
    void reset(uint32_t warps) {
        warps_ = warps;
        clock_.assign(size_t(warps) * warps, 0);
        for (uint32_t i = 0; i < warps; i++) at(i, i) = 1;
    }
    uint32_t own(uint32_t warp) const { return clock_[size_t(warp) * warps_ + warp]; }
    uint32_t known(uint32_t warp, uint32_t of) const { return clock_[size_t(warp) * warps_ + of]; }

    // The warp's later accesses are not ordered with its earlier ones' observers any more.
    void advance(uint32_t warp) { at(warp, warp)++; }

    // What the warp knows joins `joined`.
    void join_into(uint32_t warp, std::vector<uint32_t>& joined) const {
        joined.resize(warps_, 0);
        for (uint32_t i = 0; i < warps_; i++)
            if (known(warp, i) > joined[i]) joined[i] = known(warp, i);
    }

    // The warp learns how far `other` is.
    void learn(uint32_t warp, uint32_t other) {
        if (own(other) > known(warp, other)) at(warp, other) = own(other);
    }

    // The warp learns what `joined` holds.
    void join_from(uint32_t warp, const std::vector<uint32_t>& joined) {
        for (uint32_t i = 0; i < joined.size(); i++)
            if (joined[i] > known(warp, i)) at(warp, i) = joined[i];
    }

    // All warps in `members` have met, behind others that left `signals` there.
    void meet(const std::vector<uint32_t>& members, const std::vector<uint32_t>& signals) {
        joined_ = signals;
        joined_.resize(warps_, 0);
        for (uint32_t m : members) join_into(m, joined_);
        for (uint32_t m : members) {
            for (uint32_t i = 0; i < warps_; i++) at(m, i) = joined_[i];
            advance(m);
        }
    }

    // Release and acquire through a location: what the location knows joins what the warp knows.
    void exchange(uint32_t warp, std::vector<uint32_t>& location) {
        location.resize(warps_, 0);
        for (uint32_t i = 0; i < warps_; i++) {
            uint32_t latest = known(warp, i) > location[i] ? known(warp, i) : location[i];
            at(warp, i) = location[i] = latest;
        }
        advance(warp);
    }

private:
    uint32_t& at(uint32_t warp, uint32_t of) { return clock_[size_t(warp) * warps_ + of]; }
    uint32_t warps_ = 0;
    std::vector<uint32_t> clock_, joined_;
};

}  // namespace softcuda
