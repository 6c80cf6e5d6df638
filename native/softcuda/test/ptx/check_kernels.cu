// Kernels for the tests of the checkers: right ones, and the same with one mistake planted (BUG, nonzero).
// check_kernels.ptx is what `nvcc -std=c++17 -arch=compute_80 -ptx check_kernels.cu` makes of them.
#include <cstdint>

#include <cuda_bf16.h>

__device__ __forceinline__ uint32_t address(const void* p) { return uint32_t(__cvta_generic_to_shared(p)); }
__device__ __forceinline__ void copy16(void* shared, const void* global) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address(shared)), "l"(global) : "memory");
}
__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> __device__ __forceinline__ void wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }
__device__ __forceinline__ void load_matrix_x4(uint32_t (&r)[4], uint32_t a) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(a)
                 : "memory");
}
__device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#define BOTH(name, parameters, ...)                                                                                    \
    extern "C" __global__ void name parameters { name##_body<0> __VA_ARGS__; }                                         \
    extern "C" __global__ void name##_bug parameters { name##_body<1> __VA_ARGS__; }

// ---- memory --------------------------------------------------------------------------------------------------------------

template <int BUG> __device__ void shift_global_body(const float* in, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = in[i + BUG];  // the last thread reads one past the end
}
BOTH(shift_global, (const float* in, float* out, int n), (in, out, n))

template <int BUG> __device__ void shift_shared_body(const float* in, float* out) {
    __shared__ float tile[64];
    int t = threadIdx.x;
    tile[t] = in[t];
    __syncthreads();
    out[t] = tile[BUG ? t + 1 : t];
}
BOTH(shift_shared, (const float* in, float* out), (in, out))

template <int BUG> __device__ void vector_load_body(const float* in, float4* out) {
    out[threadIdx.x] = *reinterpret_cast<const float4*>(in + 4 * threadIdx.x + BUG);
}
BOTH(vector_load, (const float* in, float4* out), (in, out))

template <int BUG> __device__ void sum_shared_body(const float* in, float* out) {
    __shared__ float tile[128];
    int t = threadIdx.x;
    if (!BUG || t != 77) tile[t] = in[t];
    __syncthreads();
    out[t] = tile[127 - t];
}
BOTH(sum_shared, (const float* in, float* out), (in, out))

// ---- barriers ------------------------------------------------------------------------------------------------------------

template <int BUG> __device__ void reverse_body(const float* in, float* out) {
    __shared__ float tile[128];
    int t = threadIdx.x;
    tile[t] = in[t];
    if (!BUG) __syncthreads();
    out[t] = tile[127 - t];
}
BOTH(reverse, (const float* in, float* out), (in, out))

// Rounds over one buffer: without the second barrier a fast warp overwrites what a slow one has still to read.
template <int BUG> __device__ void rounds_body(const float* in, float* out) {
    __shared__ float tile[128];
    int t = threadIdx.x;
    float sum = 0;
    for (int round = 0; round < 4; round++) {
        tile[t] = in[round * 128 + t];
        __syncthreads();
        sum += tile[(t + 32) % 128];
        if (!BUG) __syncthreads();
    }
    out[t] = sum;
}
BOTH(rounds, (const float* in, float* out), (in, out))

// Lanes of one warp exchange through shared memory.
template <int BUG> __device__ void warp_exchange_body(const float* in, float* out) {
    __shared__ float tile[32];
    int t = threadIdx.x;
    tile[t] = in[t];
    if (!BUG) __syncwarp();
    out[t] = tile[t ^ 1];
}
BOTH(warp_exchange, (const float* in, float* out), (in, out))

// The barrier inside the branch is for half of each warp.
template <int BUG> __device__ void divergent_body(const float* in, float* out) {
    __shared__ float tile[64];
    int t = threadIdx.x;
    tile[t] = in[t];
    if (BUG) {
        if (t % 32 < 16) {
            __syncthreads();
            out[t] = tile[t + 16];
        } else {
            out[t] = in[t] * 2;
        }
    } else {
        __syncthreads();
        out[t] = t % 32 < 16 ? tile[t + 16] : in[t] * 2;
    }
}
BOTH(divergent, (const float* in, float* out), (in, out))

// Two named barriers taken in opposite orders by two halves of the block.
template <int BUG> __device__ void named_body(float* out) {
    int t = threadIdx.x;
    if (t < 32 || !BUG) {
        asm volatile("bar.sync 1, 64;" ::: "memory");
        asm volatile("bar.sync 2, 64;" ::: "memory");
    } else {
        asm volatile("bar.sync 2, 64;" ::: "memory");
        asm volatile("bar.sync 1, 64;" ::: "memory");
    }
    out[t] = float(t);
}
BOTH(named, (float* out), (out))

// One warp fills, passes by the barrier and goes on; the other waits there.
template <int BUG> __device__ void handover_body(const float* in, float* out) {
    __shared__ float tile[32];
    int t = threadIdx.x;
    if (t < 32) {
        tile[t] = in[t];
        asm volatile("bar.arrive 1, 64;" ::: "memory");
    } else {
        if (!BUG) asm volatile("bar.sync 1, 64;" ::: "memory");
        out[t - 32] = tile[63 - t];
        if (BUG) asm volatile("bar.sync 1, 64;" ::: "memory");
    }
}
BOTH(handover, (const float* in, float* out), (in, out))

// Warps that end early are not waited for.
extern "C" __global__ void early_exit(const float* in, float* out, int n) {
    __shared__ float tile[128];
    int t = threadIdx.x;
    if (t >= n) return;
    tile[t] = in[t];
    __syncthreads();
    out[t] = tile[n - 1 - t];
}

template <int BUG> __device__ void shuffle_body(const float* in, float* out) {
    int t = threadIdx.x;
    float v = in[t];
    if (t < 16) v += __shfl_xor_sync(BUG ? 0xffffffffu : 0x0000ffffu, v, 1);
    out[t] = v;
}
BOTH(shuffle, (const float* in, float* out), (in, out))

// ---- blocks ---------------------------------------------------------------------------------------------------------------

template <int BUG> __device__ void blocks_body(float* out) {
    out[BUG ? threadIdx.x : blockIdx.x * blockDim.x + threadIdx.x] = float(blockIdx.x);
}
BOTH(blocks, (float* out), (out))

// The last block to finish adds up what the others left: ordered by a fence and a counter.
template <int BUG> __device__ void last_block_body(const float* in, float* partial, unsigned* counter, float* out) {
    __shared__ float sums[4];
    __shared__ bool last;
    int t = threadIdx.x;
    float v = in[blockIdx.x * 128 + t];
    for (int o = 16; o > 0; o /= 2) v += __shfl_xor_sync(0xffffffffu, v, o);
    if (t % 32 == 0) sums[t / 32] = v;
    __syncthreads();
    if (t == 0) {
        partial[blockIdx.x] = sums[0] + sums[1] + sums[2] + sums[3];
        if (!BUG) {
            __threadfence();
            last = atomicAdd(counter, 1u) == gridDim.x - 1;
        } else {
            last = blockIdx.x == gridDim.x - 1;  // hopes that it runs last
        }
    }
    __syncthreads();
    if (last && t == 0) {
        float total = 0;
        for (int b = 0; b < gridDim.x; b++) total += partial[b];
        *out = total;
    }
}
BOTH(last_block, (const float* in, float* partial, unsigned* counter, float* out), (in, partial, counter, out))

// Block 0 leaves data behind a fence and raises a flag, which the others wait for. BUG: the flag is read once, too early.
template <int BUG> __device__ void flag_body(const float* in, float* data, volatile int* raised, float* out) {
    int t = threadIdx.x;
    if (blockIdx.x == 0) {
        data[t] = in[t] * 2;
        __threadfence();
        __syncthreads();
        if (t == 0) *raised = 1;
    } else {
        if (!BUG)
            while (*raised == 0) {}
        __threadfence();
        out[(blockIdx.x - 1) * blockDim.x + t] = data[t];
    }
}
BOTH(flag, (const float* in, float* data, int* raised, float* out), (in, data, raised, out))

// Each thread updates its own element, of one or two bytes, beside its neighbours'. BUG: after looking at a neighbour's.
template <int BUG> __device__ void in_place_body(unsigned char* bytes, unsigned short* halves) {
    __shared__ unsigned char tile[64];
    int t = threadIdx.x;
    tile[t] = bytes[t];
    tile[t] = tile[t] + 1;
    bytes[t] = tile[t];
    halves[t] = halves[BUG ? t ^ 1 : t] + 1;
}
BOTH(in_place, (unsigned char* bytes, unsigned short* halves), (bytes, halves))

// Shared and global atomics.
extern "C" __global__ void histogram(const unsigned char* in, unsigned* out, int n) {
    __shared__ unsigned bins[64];
    int t = threadIdx.x;
    if (t < 64) bins[t] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) atomicAdd(&bins[in[i] % 64], 1u);
    __syncthreads();
    if (t < 64) atomicAdd(&out[t], bins[t]);
}

// ---- asynchronous copies ------------------------------------------------------------------------------------------------

// bf16 C[64][64] = A[64][K] B[64][K]^T, four warps, two buffers filled by cp.async, ldmatrix, mma.
// BUG 1: no wait for the tile that is used. 2: waits for all but one group too many. 3: no barrier before the buffer is
// filled again.
template <int BUG> __device__ void gemm_body(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int k) {
    constexpr int P = 40;
    __shared__ __align__(16) __nv_bfloat16 sa[2][64 * P], sb[2][64 * P];
    const int t = threadIdx.x, w = t / 32, l = t % 32;
    float acc[8][4] = {};
    auto fetch = [&](int stage, int k0) {
        for (int i = t; i < 64 * 4; i += 128) {
            copy16(&sa[stage][i / 4 * P + i % 4 * 8], a + i / 4 * k + k0 + i % 4 * 8);
            copy16(&sb[stage][i / 4 * P + i % 4 * 8], b + i / 4 * k + k0 + i % 4 * 8);
        }
        commit();
    };
    fetch(0, 0);
    for (int k0 = 0, stage = 0; k0 < k; k0 += 32, stage ^= 1) {
        if (k0 + 32 < k) {
            fetch(stage ^ 1, k0 + 32);
            if (BUG != 1) wait<BUG == 2 ? 2 : 1>();
        } else if (BUG != 1) {
            wait<0>();
        }
        __syncthreads();
        for (int kk = 0; kk < 32; kk += 16) {
            uint32_t fa[4];
            load_matrix_x4(fa, address(&sa[stage][(w * 16 + l % 16) * P + kk + l / 16 * 8]));
            for (int n = 0; n < 4; n++) {
                uint32_t fb[4];
                load_matrix_x4(fb, address(&sb[stage][(n * 16 + l % 8 + l / 16 * 8) * P + kk + l / 8 % 2 * 8]));
                multiply(acc[2 * n], fa, fb[0], fb[1]);
                multiply(acc[2 * n + 1], fa, fb[2], fb[3]);
            }
        }
        if (BUG != 3) __syncthreads();
    }
    for (int n = 0; n < 8; n++)
        for (int e = 0; e < 4; e++) c[(w * 16 + l / 4 + e / 2 * 8) * 64 + n * 8 + l % 4 * 2 + e % 2] = acc[n][e];
}
extern "C" __global__ void gemm(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int k) {
    gemm_body<0>(a, b, c, k);
}
extern "C" __global__ void gemm_no_wait(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int k) {
    gemm_body<1>(a, b, c, k);
}
extern "C" __global__ void gemm_short_wait(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int k) {
    gemm_body<2>(a, b, c, k);
}
extern "C" __global__ void gemm_no_barrier(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int k) {
    gemm_body<3>(a, b, c, k);
}

// The shape of flash attention: one operand stays, tiles of the other stream through one buffer behind wait_all, rows
// are reduced by shuffles and rescaled. BUG: the trailing barrier is missing.
template <int BUG> __device__ void stream_body(const float* q, const float* kv, float* out, int tiles) {
    __shared__ __align__(16) float tile[32 * 32];
    const int t = threadIdx.x, w = t / 32, l = t % 32;
    float query = q[w * 32 + l], best = -1e30f, sum = 0;
    for (int i = 0; i < tiles; i++) {
        for (int j = t; j < 256; j += 128) copy16(&tile[j * 4], kv + i * 1024 + j * 4);
        commit();
        asm volatile("cp.async.wait_all;" ::: "memory");
        __syncthreads();
        for (int row = 0; row < 32; row++) {
            float score = query * tile[row * 32 + l];
            for (int o = 16; o > 0; o /= 2) score += __shfl_xor_sync(0xffffffffu, score, o);
            float high = fmaxf(best, score);
            sum = sum * exp2f(best - high) + exp2f(score - high) * tile[row * 32 + l];
            best = high;
        }
        if (!BUG) __syncthreads();
    }
    out[w * 32 + l] = sum;
}
BOTH(stream, (const float* q, const float* kv, float* out, int tiles), (q, kv, out, tiles))
