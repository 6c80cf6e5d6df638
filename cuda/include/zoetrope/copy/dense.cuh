// Operand sources for matrices in memory with a leading dimension.
//
// A source gives, for the current k-tile, the address and the valid bytes of each of the thread's chunks (vector path:
// the matrix begins at a multiple of 16 bytes and so does each of its rows), or its elements one by one (scalar path,
// any alignment). The choice is uniform over the block. advance() moves on by one k-tile.
#pragma once
#include "zoetrope/copy/global.cuh"
#include "zoetrope/layout/operand.cuh"

namespace zoe {

// K-major: element (mn, k) at base + mn * ld + k.
template <class T_, int MN_, int TK_, int THREADS> struct DenseKMajor : KMajorMap<T_, MN_, TK_, THREADS> {
    using Map = KMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    Address row[CHUNKS];  // of this thread's chunk of the first k-tile
    long long shift;      // bytes from there
    int whole[CHUNKS];    // 16, or 0 for a row outside the matrix
    int left;             // elements of k from this thread's chunk to the end
    int tail;
    int vector;

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
            row[i] = global_address(base + (mn < mn_end ? mn : 0) * ld + k_begin + Map::k0);
            keep(row[i]);
            keep(whole[i]);
        }
        shift = 0;
        keep(vector);
    }
    __device__ __forceinline__ void prepare() { tail = clamp_bytes(left, sizeof(T)); }
    __device__ __forceinline__ Address address(int i) const { return row[i] + shift; }
    __device__ __forceinline__ int bytes(int i) const { return min(tail, whole[i]); }

    struct Element {
        long long shift;
        bool inside;
    };
    __device__ __forceinline__ Element element(int e) const { return {shift + e * int(sizeof(T)), e < left}; }
    __device__ __forceinline__ bool has(int i, Element at) const { return at.inside && whole[i] != 0; }
    __device__ __forceinline__ T get(int i, Element at) const { return load_global<T>(row[i] + at.shift); }

    __device__ __forceinline__ void advance() {
        left -= TK;
        shift += TK * int(sizeof(T));
    }
};

// MN-major: element (mn, k) at base + k * ld + mn.
template <class T_, int MN_, int TK_, int THREADS> struct DenseMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC, Map::PER_ROW;
    static constexpr int TK = TK_;

    Address first;     // chunk 0 of this thread
    long long step;    // bytes from a k-tile to the next
    int room[CHUNKS];  // elements of the row from chunk i on
    int k_left;        // rows from this thread's k to the end
    int valid[CHUNKS];
    int vector;

    // `k_count` values of k from `k_begin` on belong to this block.
    __device__ __forceinline__ void init(int thread, const T* base, int k_begin, long long ld, int mn_begin, int mn_end,
                                         int k_count) {
        Map::place(thread);
        vector = aligned_16(base) && ld % VEC == 0;
        first = global_address(base + (k_begin + Map::k0) * ld + mn_begin + Map::mn(0));
        step = TK * ld * int(sizeof(T));
        k_left = k_count - Map::k0;
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            room[i] = mn_end - mn_begin - Map::mn(i);
            valid[i] = clamp_bytes(room[i], sizeof(T));
            keep(valid[i]);
        }
        keep(step);
        keep(vector);
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ Address address(int i) const { return first + i * PER_ROW * 16; }
    __device__ __forceinline__ int bytes(int i) const { return k_left > 0 ? valid[i] : 0; }

    struct Element {
        int e;
    };
    __device__ __forceinline__ Element element(int e) const { return {e}; }
    __device__ __forceinline__ bool has(int i, Element at) const { return k_left > 0 && at.e < room[i]; }
    __device__ __forceinline__ T get(int i, Element at) const {
        return load_global<T>(first + i * PER_ROW * 16 + at.e * int(sizeof(T)));
    }

    __device__ __forceinline__ void advance() {
        k_left -= TK;
        first += step;
    }
};

}  // namespace zoe
