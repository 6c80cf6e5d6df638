// Cutting arrays of up to four spatial axes into patches and joining them again, channels last, any element type.
//
//   patchify(in, out, …)     x [B, n0·p0, …, n3·p3, C]  →  y [B, n0, …, n3, p0, …, p3, C]
//   unpatchify(in, out, …)   the inverse, and the gradient
//
// A run, the p3·C elements of a patch that lie together in both arrays, is moved as a row of bytes; fewer than four axes
// are given with leading extents of 1.
//
// Arguments   runs = B·n0·n1·n2·n3·p0·p1·p2 and the bytes of one. Arrays lie without gaps and must not overlap.
// Mapping     units of 16, 4, 2 or 1 bytes as rows.cuh chooses them, four a thread, numbered in the order of y; reads (or
//             writes) of x come in runs.
// Traffic     every byte read and written once.
// Measured    not by itself; it passed its tests on an H200.
#include "../pointwise/rows.cuh"

namespace {

struct Cut {
    int n0, n1, n2, n3;  // patches on each axis
    int p0, p1, p2;      // rows of a patch on each axis but the last

    // Where run `r` of the patched array lies among the runs of the whole one.
    __device__ __forceinline__ int64_t whole(int64_t r) const {
        const int q2 = static_cast<int>(r % p2);
        r /= p2;
        const int q1 = static_cast<int>(r % p1);
        r /= p1;
        const int q0 = static_cast<int>(r % p0);
        r /= p0;
        const int i3 = static_cast<int>(r % n3);
        r /= n3;
        const int i2 = static_cast<int>(r % n2);
        r /= n2;
        const int i1 = static_cast<int>(r % n1);
        r /= n1;  // sample · n0 + place on axis 0
        int64_t at = r * p0 + q0;
        at = at * (static_cast<int64_t>(n1) * p1) + i1 * p1 + q1;
        at = at * (static_cast<int64_t>(n2) * p2) + i2 * p2 + q2;
        return at * n3 + i3;
    }
};

template <bool FORWARD>
__device__ __forceinline__ void move(const uint8_t* in, uint8_t* out, int64_t runs, int64_t run_bytes, const Cut& cut) {
    zoe::with_unit(zoe::address_bits(in) | zoe::address_bits(out) | run_bytes, [&](auto unit) {
        using Unit = decltype(unit);
        const int64_t width = run_bytes / static_cast<int>(sizeof(Unit));
        const Unit* from = reinterpret_cast<const Unit*>(in);
        Unit* to = reinterpret_cast<Unit*>(out);
        zoe::for_units(runs, width, [&](int64_t run, int64_t place) {
            const int64_t patched = run * width + place;
            const int64_t whole = cut.whole(run) * width + place;
            to[FORWARD ? patched : whole] = from[FORWARD ? whole : patched];
        });
    });
}

}  // namespace

#define ZOE_PATCHES(entry, forward)                                                                                    \
    ZOE_GEOMETRY(entry, entry, simt, "", zoe::kRowThreads, zoe::kRowTile, 1, 1, 0)                                     \
    extern "C" __global__ void __launch_bounds__(zoe::kRowThreads)                                                     \
        entry(const uint8_t* __restrict__ in, uint8_t* __restrict__ out, int64_t runs, int64_t run_bytes, int n0,      \
              int n1, int n2, int n3, int p0, int p1, int p2) {                                                        \
        move<forward>(in, out, runs, run_bytes, Cut{n0, n1, n2, n3, p0, p1, p2});                                      \
    }

ZOE_PATCHES(patchify, true)
ZOE_PATCHES(unpatchify, false)
