// How the operand tiles of a matrix product lie in shared memory and which thread fetches which part of them.
//
// C[M,N] = A[M,K] B[K,N] is computed tile by tile over K. An operand is K-major where k is contiguous in global memory
// (rows of the tile are m or n) and MN-major where m or n is contiguous (rows are k). Tiles move in chunks of 16 bytes,
// VEC elements. The map says, for chunk i of this thread, its place in the tile; the source (copy/dense.cuh,
// copy/window.cuh), derived from it, says where the chunk comes from.
//
// Swizzle: chunk c of row r lies at c ^ f(r), so that the 8 rows which ldmatrix reads at once fall into 8 different
// 16-byte bank groups. f depends on r % 8 only: adding a multiple of 8 rows is adding a constant to the address.
#pragma once
#include "zoetrope/dtype.cuh"
#include "arch/sm80/mma_sync.cuh"
#include "arch/sm80/cp_async.cuh"

namespace zoe {

using f32 = float;

template <bool FIRST, class A, class B> struct ChooseType { using Type = A; };
template <class A, class B> struct ChooseType<false, A, B> { using Type = B; };
template <bool FIRST, class A, class B> using Choose = typename ChooseType<FIRST, A, B>::Type;

template <class T> constexpr int kVec = 16 / int(sizeof(T));

// Place of chunk `chunk` in row `row` for a tile of CHUNKS_PER_ROW (a power of two) chunks a row, read by ldmatrix.
template <int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle(int row, int chunk) {
    if constexpr (CHUNKS_PER_ROW >= 8) return chunk ^ (row & 7);
    if constexpr (CHUNKS_PER_ROW == 4) return chunk ^ ((row >> 1) & 3);
    if constexpr (CHUNKS_PER_ROW == 2) return chunk ^ ((row >> 2) & 1);
    return chunk;
}

// The same for an MN-major tile of floats, which a warp reads word by word: rows t = 0..3, columns g = 0..7.
template <int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle_words(int row, int chunk) {
    if constexpr (CHUNKS_PER_ROW >= 8) return chunk ^ ((row & 3) << 1);
    if constexpr (CHUNKS_PER_ROW == 4) return chunk ^ (row & 2);
    return chunk;
}

template <class T, int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle_mn_major(int row, int chunk) {
    if constexpr (sizeof(T) == 4) return swizzle_words<CHUNKS_PER_ROW>(row, chunk);
    else return swizzle<CHUNKS_PER_ROW>(row, chunk);
}

// K-major tile of MN rows by TK: a thread keeps its chunk column and takes every STEP-th row.
template <class T_, int MN_, int TK_, int THREADS> struct KMajorMap {
    using T = T_;
    static constexpr bool K_MAJOR = true;
    static constexpr int MN = MN_, TK = TK_, VEC = kVec<T>;
    static constexpr int COLUMNS = TK / VEC, ROW_BYTES = COLUMNS * 16, STEP = THREADS / COLUMNS;
    static constexpr int CHUNKS = (MN + STEP - 1) / STEP, BYTES = MN * ROW_BYTES;
    static constexpr bool EXACT = MN % STEP == 0;
    static_assert(STEP % 8 == 0, "the swizzle must not change from a thread's row to its next");

    int row0, k0;           // first row; k of the chunk within the tile
    unsigned place0;

    __device__ __forceinline__ void place(int thread) {
        int column = thread % COLUMNS;
        row0 = thread / COLUMNS;
        k0 = column * VEC;
        place0 = row0 * ROW_BYTES + swizzle<COLUMNS>(row0, column) * 16;
    }
    __device__ __forceinline__ int mn(int i) const { return row0 + i * STEP; }
    __device__ __forceinline__ bool present(int i) const { return EXACT || mn(i) < MN; }
    // Byte offset of chunk i in the tile is base(i) + OFFSET(i).
    __device__ __forceinline__ unsigned base(int) const { return place0; }
    static constexpr __host__ __device__ int offset(int i) { return i * STEP * ROW_BYTES; }
};

// MN-major tile of TK rows by MN: a thread keeps its row (one k) and takes every PER_ROW-th chunk of it.
template <class T_, int MN_, int TK_, int THREADS> struct MNMajorMap {
    using T = T_;
    static constexpr bool K_MAJOR = false;
    static constexpr int MN = MN_, TK = TK_, VEC = kVec<T>;
    static constexpr int COLUMNS = MN / VEC, ROW_BYTES = COLUMNS * 16, PER_ROW = THREADS / TK;
    static constexpr int CHUNKS = (COLUMNS + PER_ROW - 1) / PER_ROW, BYTES = TK * ROW_BYTES;
    static constexpr bool EXACT = COLUMNS % PER_ROW == 0;

    // The swizzle turns 8 neighbouring chunks among themselves: chunks i and i + PERIOD are a constant apart.
    static constexpr int PERIOD = PER_ROW < 8 ? 8 / PER_ROW : 1, PLACES = CHUNKS < PERIOD ? CHUNKS : PERIOD;

    int k0, column0;        // row of the tile; first chunk column
    unsigned places[PLACES];

    __device__ __forceinline__ void place(int thread) {
        k0 = thread / PER_ROW;
        column0 = thread % PER_ROW;
#pragma unroll
        for (int i = 0; i < PLACES; ++i)
            places[i] = k0 * ROW_BYTES + swizzle_mn_major<T, COLUMNS>(k0, column0 + i * PER_ROW) * 16;
    }
    __device__ __forceinline__ int mn(int i) const { return (column0 + i * PER_ROW) * VEC; }
    __device__ __forceinline__ bool present(int i) const { return EXACT || column0 + i * PER_ROW < COLUMNS; }
    __device__ __forceinline__ unsigned base(int i) const { return places[i % PERIOD]; }
    static constexpr __host__ __device__ int offset(int i) { return i / PERIOD * PERIOD * PER_ROW * 16; }
};

// Keeps a value that the loop needs in its register: the compiler would compute it again in every iteration, which the
// assembler for a GPU undoes, but an interpreter of PTX pays for.
__device__ __forceinline__ void keep(unsigned& v) { asm volatile("" : "+r"(v)); }
__device__ __forceinline__ void keep(int& v) { asm volatile("" : "+r"(v)); }
__device__ __forceinline__ void keep(unsigned long long& v) { asm volatile("" : "+l"(v)); }
__device__ __forceinline__ void keep(long long& v) { asm volatile("" : "+l"(v)); }

// Addresses in the global space, as numbers: what cp.async and the scalar path take.
using Address = unsigned long long;

__device__ __forceinline__ Address global_address(const void* p) { return __cvta_generic_to_global(p); }

template <class T> __device__ __forceinline__ T load_global(Address at);
template <> __device__ __forceinline__ float load_global<float>(Address at) {
    float v;
    asm volatile("ld.global.f32 %0, [%1];" : "=f"(v) : "l"(at));
    return v;
}
template <> __device__ __forceinline__ bf16 load_global<bf16>(Address at) {
    unsigned short v;
    asm volatile("ld.global.u16 %0, [%1];" : "=h"(v) : "l"(at));
    return __ushort_as_bfloat16(v);
}

__device__ __forceinline__ uint4 load_global_16(Address at) {
    uint4 v;
    asm volatile("ld.global.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(at));
    return v;
}

__device__ __forceinline__ int clamp_bytes(int elements, int size) {
    return min(max(elements * size, 0), 16);
}

__device__ __forceinline__ void store_shared(unsigned address, float v) {
    asm volatile("st.shared.f32 [%0], %1;" :: "r"(address), "f"(v) : "memory");
}
__device__ __forceinline__ void store_shared(unsigned address, bf16 v) {
    asm volatile("st.shared.b16 [%0], %1;" :: "r"(address), "h"(__bfloat16_as_ushort(v)) : "memory");
}

}  // namespace zoe
