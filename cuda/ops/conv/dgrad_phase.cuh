#pragma once
#include "convolution.cuh"

namespace zoe {

// One phase of dgrad: the pixels of x whose row is `phase_h` and whose column is `phase_w` modulo the stride, counted
// from the padded border. The taps that reach them lie stride / gcd(stride, dilation) apart, without dilation they are
// phase, phase + stride, ...; within the phase dgrad is a convolution of dy with stride 1 (and, as neighbouring taps of
// the phase come from pixels of dy that far apart, dilation / gcd), so that no product with an inserted zero is ever
// made.
struct DgradPhase {
    int taps_h, taps_w;    // taps of this phase; none when no tap meets it
    int last_r, last_s;    // the greatest of them
    int tap_step;          // from one to the next
    int first_h, first_w;  // first row and column of x
    int rows_h, rows_w;    // how many
    WindowView windows;    // over dy: for each pixel of the phase, walked forwards, the taps backwards

    __device__ __forceinline__ DgradPhase(const Convolution& g, int phase_h, int phase_w) {
        tap_step = g.stride;
        axis(g.h, g.r, g.stride, g.top, phase_h, taps_h, last_r, first_h, rows_h, windows.origin_h);
        axis(g.w, g.s, g.stride, g.left, phase_w, taps_w, last_s, first_w, rows_w, windows.origin_w);
        view(g, g.k);
    }

    __device__ __forceinline__ DgradPhase(const GroupedConvolution& g, int phase_h, int phase_w) {
        int common = g.stride, rest = g.dilation;
        while (rest != 0) {
            const int next = common % rest;
            common = rest, rest = next;
        }
        tap_step = g.stride / common;
        dilated_axis(g.h, g.r, g, g.top, phase_h, taps_h, last_r, first_h, rows_h, windows.origin_h);
        dilated_axis(g.w, g.s, g, g.left, phase_w, taps_w, last_s, first_w, rows_w, windows.origin_w);
        view(g, g.k / g.groups);
        windows.pitch = g.k, windows.dilation = g.dilation / common;
    }

private:
    __device__ __forceinline__ void view(const Convolution& g, int channels) {
        windows.height = g.p, windows.width = g.q, windows.channels = channels;
        windows.rows_h = max(rows_h, 1), windows.rows_w = max(rows_w, 1);
        windows.stride = 1;
        windows.taps_h = taps_h, windows.taps_w = taps_w;
    }
    __device__ __forceinline__ static void axis(int size, int filter, int stride, int pad, int phase, int& taps,
                                                int& last, int& first, int& rows, int& origin) {
        taps = phase < filter ? (filter - phase + stride - 1) / stride : 0;
        last = phase + (taps - 1) * stride;
        pixels(size, stride, pad, phase, first, rows);
        origin = (first + pad - phase) / stride - (taps - 1);
    }
    // The taps t with t dilation = phase modulo the stride, and the pixel of dy that the greatest takes to `first`.
    __device__ __forceinline__ void dilated_axis(int size, int filter, const GroupedConvolution& g, int pad, int phase,
                                                 int& taps, int& last, int& first, int& rows, int& origin) const {
        int least = 0;
        while (least < tap_step && least * g.dilation % g.stride != phase) ++least;
        const bool met = least < tap_step && least < filter;
        taps = met ? (filter - least + tap_step - 1) / tap_step : 0;
        last = met ? least + (taps - 1) * tap_step : 0;
        pixels(size, g.stride, pad, phase, first, rows);
        origin = met ? (first + pad - last * g.dilation) / g.stride : 0;  // exact, whatever its sign
    }
    __device__ __forceinline__ static void pixels(int size, int stride, int pad, int phase, int& first, int& rows) {
        int rest = (phase - pad) % stride;
        first = rest < 0 ? rest + stride : rest;
        rows = first < size ? (size - first + stride - 1) / stride : 0;
    }
};

}  // namespace zoe
