// The geometry of a convolution as the host passes it: twelve ints by value.
#pragma once
#include "zoetrope/tile_conv.cuh"

namespace zoe {

// x [n,h,w,c], filters [k,r,s,c], y [n,p,q,k]; `stride` both ways; `top`, `left`: padding before the first row, column.
struct Convolution {
    int n, h, w, c, k, r, s, p, q, stride, top, left;

    // The windows of x that make y: one for each output pixel.
    __device__ __forceinline__ WindowView windows() const { return {h, w, c, p, q, -top, -left, stride, r, s}; }
};

// One phase of dgrad: the pixels of x whose row is `phase_h` and whose column is `phase_w` modulo the stride, counted
// from the padded border. The taps that reach them are phase, phase + stride, ...; within the phase dgrad is a
// convolution of dy with stride 1, so that no product with an inserted zero is ever made.
struct DgradPhase {
    int taps_h, taps_w;     // taps of this phase; none when the filter is smaller than the stride
    int last_r, last_s;     // the greatest of them
    int first_h, first_w;   // first row and column of x
    int rows_h, rows_w;     // how many
    WindowView windows;     // over dy: for each pixel of the phase, walked forwards, the taps backwards

    __device__ __forceinline__ DgradPhase(const Convolution& g, int phase_h, int phase_w) {
        axis(g.h, g.r, g.stride, g.top, phase_h, taps_h, last_r, first_h, rows_h, windows.origin_h);
        axis(g.w, g.s, g.stride, g.left, phase_w, taps_w, last_s, first_w, rows_w, windows.origin_w);
        windows.height = g.p, windows.width = g.q, windows.channels = g.k;
        windows.rows_h = max(rows_h, 1), windows.rows_w = max(rows_w, 1);
        windows.stride = 1;
        windows.taps_h = taps_h, windows.taps_w = taps_w;
    }

private:
    __device__ __forceinline__ static void axis(int size, int filter, int stride, int pad, int phase, int& taps,
                                                int& last, int& first, int& rows, int& origin) {
        taps = phase < filter ? (filter - phase + stride - 1) / stride : 0;
        last = phase + (taps - 1) * stride;
        int rest = (phase - pad) % stride;
        first = rest < 0 ? rest + stride : rest;
        rows = first < size ? (size - first + stride - 1) / stride : 0;
        origin = (first + pad - phase) / stride - (taps - 1);
    }
};

}  // namespace zoe
