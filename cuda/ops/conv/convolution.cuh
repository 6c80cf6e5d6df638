// The geometry of a convolution as the host passes it: twelve ints by value, or fourteen with groups and dilation.
#pragma once
#include "zoetrope/layout/window.cuh"

namespace zoe {

// x [n,h,w,c], filters [k,r,s,c], y [n,p,q,k]; `stride` both ways; `top`, `left`: padding before the first row, column.
struct Convolution {
    static constexpr bool GROUPED = false;
    int n, h, w, c, k, r, s, p, q, stride, top, left;

    // Channels of x and filters that meet: all of them.
    __device__ __forceinline__ int group_channels() const { return c; }
    __device__ __forceinline__ int group_filters() const { return k; }
    // The windows of x that make y: one for each output pixel.
    __device__ __forceinline__ WindowView windows() const { return {h, w, c, p, q, -top, -left, stride, r, s}; }
};

// With groups, filters [k,r,s,c/groups]: filters g k/groups ... of the group g see channels g c/groups ... alone, and
// each group is a product of its own. With dilation d, tap (r, s) lies d r rows and d s columns from the first.
struct GroupedConvolution : Convolution {
    static constexpr bool GROUPED = true;
    int groups, dilation;

    __device__ __forceinline__ int group_channels() const { return c / groups; }
    __device__ __forceinline__ int group_filters() const { return k / groups; }
    __device__ __forceinline__ WindowView windows() const {
        return {h, w, c / groups, p, q, -top, -left, stride, r, s, c, dilation};
    }
};

}  // namespace zoe
