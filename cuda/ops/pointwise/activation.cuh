// ZOE_ACTIVATION(name, functor, suffix, type) defines the entries <name>_forward_<suffix>(x, y, n) and
// <name>_backward_<suffix>(dy, x, dx, n) of an activation: functor{}(x) is its value, functor{}(dy, x) its gradient.
#pragma once
#include "zoetrope/elementwise.cuh"

#define ZOE_ACTIVATION(name, functor, suffix, type)                                                                    \
    ZOE_ELEMENT_GEOMETRY(name##_forward_##suffix, name##_forward, "type=" #suffix)                                     \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        name##_forward_##suffix(const type* x, type* y, int64_t n) {                                                   \
        zoe::map(x, y, n, functor{});                                                                                  \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(name##_backward_##suffix, name##_backward, "type=" #suffix)                                   \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        name##_backward_##suffix(const type* dy, const type* x, type* dx, int64_t n) {                                 \
        zoe::map(dy, x, dx, n, functor{});                                                                             \
    }
