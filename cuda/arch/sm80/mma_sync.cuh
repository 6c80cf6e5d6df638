// Tensor-core instructions of sm_80: ldmatrix, mma.sync for bf16 and TF32, and the shared-memory accesses that feed
// them.
//
// Offsets known at compile time travel as template arguments, so that they become the displacement of the instruction
// instead of an addition before it.
//
// Fragments (PTX ISA, "Matrix fragments for mma.m16n8k16 / m16n8k8"), with g = lane / 4 and t = lane % 4:
//   bf16 m16n8k16: a = {(g, 2t..), (g+8, 2t..), (g, 2t+8..), (g+8, 2t+8..)}, b = {(2t.., g), (2t+8.., g)}, pairs packed
//   TF32 m16n8k8:  a = {(g, t), (g+8, t), (g, t+4), (g+8, t+4)},             b = {(t, g), (t+4, g)}
//   accumulator:   c = {(g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1)}
// Both read 16 bytes of a row per step and 8x8 block, so ldmatrix serves TF32 wherever k is contiguous.
#pragma once

namespace zoe {

template <int V> struct Index { static constexpr int value = V; };

template <int I, int N, class F> __device__ __forceinline__ void unroll_from(F& f) {
    if constexpr (I < N) {
        f(Index<I>{});
        unroll_from<I + 1, N>(f);
    }
}

// Calls f(Index<0>{}) ... f(Index<N-1>{}): a loop whose counter is a constant expression in the body.
template <int N, class F> __device__ __forceinline__ void unroll(F&& f) { unroll_from<0, N>(f); }

__device__ __forceinline__ unsigned shared_address(const void* p) {
    return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

// Four 8x8 blocks of 16-bit elements; lane l gives the address of row l % 8 of block l / 8.
template <int OFFSET> __device__ __forceinline__ void ldmatrix_x4(unsigned* r, unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address), "n"(OFFSET));
}

template <int OFFSET> __device__ __forceinline__ void ldmatrix_x4_trans(unsigned* r, unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address), "n"(OFFSET));
}

template <int OFFSET> __device__ __forceinline__ unsigned load_shared_b32(unsigned address) {
    unsigned r;
    asm volatile("ld.shared.b32 %0, [%1+%2];" : "=r"(r) : "r"(address), "n"(OFFSET));
    return r;
}

// Rounds to the 10-bit mantissa of TF32, ties away from zero; mma.sync would otherwise cut the low bits off.
__device__ __forceinline__ unsigned to_tf32(unsigned bits) {
    unsigned r;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(__uint_as_float(bits)));
    return r;
}

__device__ __forceinline__ void mma_bf16(float* c, const unsigned* a, unsigned b0, unsigned b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ void mma_tf32(float* c, const unsigned* a, unsigned b0, unsigned b1) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

}  // namespace zoe
