// Operand sources for matrices in memory with a leading dimension.
//
// A source gives, for the current k-tile, the address and the valid bytes of each of the thread's chunks (vector path:
// the matrix begins at a multiple of 16 bytes and so does each of its rows), or its elements one by one (scalar path,
// any alignment). The choice is uniform over the block. advance() moves on by one k-tile.
#pragma once
#include "zoetrope/tile.cuh"

namespace zoe {

__device__ __forceinline__ bool aligned_16(const void* p) { return (reinterpret_cast<unsigned long long>(p) & 15) == 0; }

// K-major: element (mn, k) at base + mn * ld + k.
template <class T_, int MN_, int TK_, int THREADS> struct DenseKMajor : KMajorMap<T_, MN_, TK_, THREADS> {
    using Map = KMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    const T* row[CHUNKS];
    int whole[CHUNKS];      // 16, or 0 for a row outside the matrix
    int left;               // elements of k from this thread's chunk to the end
    int tail;
    bool vector;

    // `k_count` values of k from `k_begin` on belong to this block; k_begin is a multiple of VEC.
    __device__ __forceinline__ void init(int thread, const T* base, int k_begin, long long ld, int mn_begin, int mn_end,
                                         int k_count) {
        Map::place(thread);
        vector = aligned_16(base) && ld % VEC == 0;
        left = k_count - Map::k0;
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            int mn = mn_begin + Map::mn(i);
            whole[i] = mn < mn_end ? 16 : 0;
            row[i] = base + (mn < mn_end ? mn : 0) * ld + k_begin + Map::k0;
        }
    }
    __device__ __forceinline__ void prepare() { tail = clamp_bytes(left, sizeof(T)); }
    __device__ __forceinline__ const void* address(int i) const { return row[i]; }
    __device__ __forceinline__ int bytes(int i) const { return min(tail, whole[i]); }

    struct Element { int e; bool inside; };
    __device__ __forceinline__ Element element(int e) const { return {e, e < left}; }
    __device__ __forceinline__ bool has(int i, Element at) const { return at.inside && whole[i] != 0; }
    __device__ __forceinline__ T get(int i, Element at) const { return row[i][at.e]; }

    __device__ __forceinline__ void advance() {
        left -= TK;
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) row[i] += TK;
    }
};

// MN-major: element (mn, k) at base + k * ld + mn.
template <class T_, int MN_, int TK_, int THREADS> struct DenseMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC, Map::PER_ROW;
    static constexpr int TK = TK_;

    const T* first;         // chunk 0 of this thread
    long long step;         // elements from a k-tile to the next
    int room[CHUNKS];       // elements of the row from chunk i on
    int k_left;             // rows from this thread's k to the end
    int valid[CHUNKS];
    bool vector;

    // `k_count` values of k from `k_begin` on belong to this block.
    __device__ __forceinline__ void init(int thread, const T* base, int k_begin, long long ld, int mn_begin, int mn_end,
                                         int k_count) {
        Map::place(thread);
        vector = aligned_16(base) && ld % VEC == 0;
        first = base + (k_begin + Map::k0) * ld + mn_begin + Map::mn(0);
        step = TK * ld;
        k_left = k_count - Map::k0;
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            room[i] = mn_end - mn_begin - Map::mn(i);
            valid[i] = clamp_bytes(room[i], sizeof(T));
        }
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ const void* address(int i) const { return first + i * PER_ROW * VEC; }
    __device__ __forceinline__ int bytes(int i) const { return k_left > 0 ? valid[i] : 0; }

    struct Element { int e; };
    __device__ __forceinline__ Element element(int e) const { return {e}; }
    __device__ __forceinline__ bool has(int i, Element at) const { return k_left > 0 && at.e < room[i]; }
    __device__ __forceinline__ T get(int i, Element at) const { return first[i * PER_ROW * VEC + at.e]; }

    __device__ __forceinline__ void advance() {
        k_left -= TK;
        first += step;
    }
};

}  // namespace zoe
