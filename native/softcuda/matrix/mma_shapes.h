// The floating-point shapes of mma.sync: what comes behind "mma.sync.aligned." on both sides of ".row.col.", operands, the
// type of A and B, pairs of A's registers, whether C and D are f16.
#pragma once

#define SOFTCUDA_MMA_SHAPES(SHAPE)                                                                                     \
    SHAPE("m16n8k16", "f32.bf16.bf16.f32", "wwww=wwwwwwwwww", Bf16, 2, false)                                          \
    SHAPE("m16n8k8", "f32.bf16.bf16.f32", "wwww=wwwwwww", Bf16, 1, false)                                              \
    SHAPE("m16n8k16", "f32.f16.f16.f32", "wwww=wwwwwwwwww", F16, 2, false)                                             \
    SHAPE("m16n8k8", "f32.f16.f16.f32", "wwww=wwwwwww", F16, 1, false)                                                 \
    SHAPE("m16n8k16", "f16.f16.f16.f16", "ww=wwwwwwww", F16, 2, true)                                                  \
    SHAPE("m16n8k8", "f16.f16.f16.f16", "ww=wwwww", F16, 1, true)                                                      \
    SHAPE("m16n8k8", "f32.tf32.tf32.f32", "wwww=wwwwwwwwww", Tf32, 2, false)                                           \
    SHAPE("m16n8k4", "f32.tf32.tf32.f32", "wwww=wwwwwww", Tf32, 1, false)
