// A matrix product as kernels for Hopper are written: one warpgroup loads tiles by TMA into a ring of stages, two multiply them
// with wgmma and store the result by TMA; right, and with one mistake planted (BUG, nonzero). Beside it the same product
// with mma.sync, in the same order of sums.
// hopper_kernels.ptx is what `nvcc -std=c++17 -arch=sm_90a -ptx hopper_kernels.cu` makes of them.
#include <cstdint>

#include <cuda.h>
#include <cuda_bf16.h>

constexpr int TILE_M = 128, TILE_N = 64, TILE_K = 64, STAGES = 3, THREADS = 384;

enum Bug {
    NONE,
    NO_PROXY_FENCE,
    EXPECTS_TOO_MUCH,
    NO_WAIT_FOR_FULL,
    STAGE_FREED_EARLY,
    NO_WAIT_FOR_WGMMA,
    NO_ARRIVAL,
    NO_WGMMA_FENCE,
    NO_WAIT_FOR_EMPTY,
    ONE_LANE_LESS
};

__device__ __forceinline__ uint32_t address(const void* p) { return uint32_t(__cvta_generic_to_shared(p)); }
__device__ __forceinline__ void init(uint32_t bar, int count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
}
__device__ __forceinline__ void expect(uint32_t bar, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}
__device__ __forceinline__ void arrive(uint32_t bar) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(bar) : "memory");
}
__device__ __forceinline__ void wait(uint32_t bar, int parity) {
    asm volatile(
        "{\n.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra "
        "AGAIN;\nDONE:\n}" ::"r"(bar),
        "r"(parity)
        : "memory");
}
__device__ __forceinline__ void load(uint32_t to, const CUtensorMap* map, uint32_t bar, int x, int y) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], "
        "[%2];" ::"r"(to),
        "l"(map), "r"(bar), "r"(x), "r"(y)
        : "memory");
}
__device__ __forceinline__ bool elected() {
    uint32_t lead;
    asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.u32 %0, 1, 0, p;\n}" : "=r"(lead));
    return lead;
}
// K-major, 128-byte swizzle: eight rows are 1024 bytes.
__device__ __forceinline__ uint64_t descriptor(uint32_t a) {
    return uint64_t(a & 0x3ffff) >> 4 | uint64_t(1) << 16 | uint64_t(64) << 32 | uint64_t(1) << 62;
}

__device__ __forceinline__ void multiply(float (&d)[8][4], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\n"
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, "
        "%13, %14, %15, %16, %17, %18, %19, %20, %21, "
        "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, p, 1, 1, 0, 0;\n}\n"
        : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]), "+f"(d[1][1]), "+f"(d[1][2]),
          "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]), "+f"(d[3][0]), "+f"(d[3][1]),
          "+f"(d[3][2]), "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]), "+f"(d[5][0]),
          "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]),
          "+f"(d[7][0]), "+f"(d[7][1]), "+f"(d[7][2]), "+f"(d[7][3])
        : "l"(a), "l"(b), "r"(accumulate)
        : "memory");
}

template <int BUG>
__device__ __forceinline__ void product(const CUtensorMap* a, const CUtensorMap* b, const CUtensorMap* c, int depth) {
    extern __shared__ __align__(1024) uint8_t memory[];
    constexpr int A_BYTES = TILE_M * TILE_K * 2, B_BYTES = TILE_N * TILE_K * 2, STAGE = A_BYTES + B_BYTES;
    uint8_t* result = memory + STAGES * STAGE;  // TILE_M rows of 128 bytes, swizzled
    const uint32_t full = address(result + TILE_M * TILE_N * 2), empty = full + 8 * STAGES;
    const int group = threadIdx.x / 128, thread = threadIdx.x % 128, m = blockIdx.y * TILE_M, n = blockIdx.x * TILE_N,
              steps = (depth + TILE_K - 1) / TILE_K;
    if (threadIdx.x == 0) {
        for (int s = 0; s < STAGES; s++) {
            init(full + 8 * s, 1);
            init(empty + 8 * s, 2);
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();
    if (group == 2) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (thread < 32 && elected()) {
#pragma unroll 1
            for (int i = 0; i < steps; i++) {
                const int s = i % STAGES, parity = i / STAGES & 1;
                if (BUG != NO_WAIT_FOR_EMPTY) wait(empty + 8 * s, parity ^ 1);
                expect(full + 8 * s, BUG == EXPECTS_TOO_MUCH && i == 2 ? STAGE + 128 : STAGE);
                load(address(memory + s * STAGE), a, full + 8 * s, i * TILE_K, m);
                load(address(memory + s * STAGE + A_BYTES), b, full + 8 * s, i * TILE_K, n);
            }
        }
        return;
    }
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    float d[8][4];
#pragma unroll 1
    for (int i = 0; i < steps; i++) {
        const int s = i % STAGES, parity = i / STAGES & 1;
        if (BUG != NO_WAIT_FOR_FULL) wait(full + 8 * s, parity);
        if (BUG != NO_WGMMA_FENCE) asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
        const uint64_t da = descriptor(address(memory + s * STAGE + group * 64 * TILE_K * 2)),
                       db = descriptor(address(memory + s * STAGE + A_BYTES));
#pragma unroll
        for (int k = 0; k < TILE_K / 16; k++) multiply(d, da + 2 * k, db + 2 * k, i | k);
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        if (BUG == STAGE_FREED_EARLY) {
            if (thread == 0) arrive(empty + 8 * s);
            asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
            continue;
        }
        asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
        // The stage before is free now.
        if (thread == 0 && i > 0 && !(BUG == NO_ARRIVAL && group == 1 && i == 2))
            arrive(empty + 8 * ((i + STAGES - 1) % STAGES));
    }
    if (BUG != NO_WAIT_FOR_WGMMA) asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    const int warp = thread / 32, lane = thread % 32;
#pragma unroll
    for (int j = 0; j < 8; j += 2) {
        uint32_t r[4];
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const __nv_bfloat162 v = __floats2bfloat162_rn(d[j + e / 2][e % 2 * 2], d[j + e / 2][e % 2 * 2 + 1]);
            r[e] = *reinterpret_cast<const uint32_t*>(&v);
        }
        const int row = group * 64 + warp * 16 + lane % 16, chunk = j + lane / 16;
        asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                         address(result + row * 128 + ((chunk ^ row % 8) * 16))),
                     "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
                     : "memory");
    }
    if (BUG != NO_PROXY_FENCE && (BUG != ONE_LANE_LESS || thread != 77))
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    asm volatile("bar.sync 1, 256;" ::: "memory");
    if (threadIdx.x == 0) {
        asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(c),
                     "r"(address(result)), "r"(n), "r"(m)
                     : "memory");
        asm volatile("cp.async.bulk.commit_group;" ::: "memory");
        asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
    }
}

#define PRODUCT(name, BUG)                                                                                             \
    extern "C" __global__ void __launch_bounds__(THREADS, 1)                                                           \
        name(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b,                             \
             const __grid_constant__ CUtensorMap c, int depth) {                                                       \
        product<BUG>(&a, &b, &c, depth);                                                                               \
    }
PRODUCT(product, NONE)
PRODUCT(no_proxy_fence, NO_PROXY_FENCE)
PRODUCT(expects_too_much, EXPECTS_TOO_MUCH)
PRODUCT(no_wait_for_full, NO_WAIT_FOR_FULL)
PRODUCT(stage_freed_early, STAGE_FREED_EARLY)
PRODUCT(no_wait_for_wgmma, NO_WAIT_FOR_WGMMA)
PRODUCT(no_arrival, NO_ARRIVAL)
PRODUCT(no_wgmma_fence, NO_WGMMA_FENCE)
PRODUCT(no_wait_for_empty, NO_WAIT_FOR_EMPTY)
PRODUCT(one_lane_less, ONE_LANE_LESS)

// A warp computes 16 x 8 of C, operands from global memory. K a multiple of 16.
extern "C" __global__ void product_mma_sync(const __nv_bfloat16* a, const __nv_bfloat16* b, __nv_bfloat16* c, int n,
                                            int depth) {
    const int group = threadIdx.x / 4, t = threadIdx.x % 4, row = blockIdx.y * 16 + group,
              column = blockIdx.x * 8 + group;
    const uint32_t *top = reinterpret_cast<const uint32_t*>(a + row * depth),
                   *low = reinterpret_cast<const uint32_t*>(a + (row + 8) * depth);
    const uint32_t* right = reinterpret_cast<const uint32_t*>(b + column * depth);
    float d[4] = {};
#pragma unroll 1
    for (int k = 0; k < depth / 2; k += 8) {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
            "%1, %2, %3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(top[k + t]), "r"(low[k + t]), "r"(top[k + 4 + t]), "r"(low[k + 4 + t]), "r"(right[k + t]),
              "r"(right[k + 4 + t]));
    }
    for (int e = 0; e < 4; e++) c[(row + e / 2 * 8) * n + blockIdx.x * 8 + 2 * t + e % 2] = __float2bfloat16(d[e]);
}
