// What the host is told of a kernel, declared beside it.
//
// The build reads these declarations from the preprocessed file and from the PTX and writes kernels/<op>/<file>.json
// (cuda/manifest): the library chooses among the entries of an operation by architecture and traits, and takes the launch
// geometry from there. Every kernel needs a ZOE_GEOMETRY, or a ZOE_ENTRY where it has no geometry of its own.
#pragma once

namespace zoe {

struct Entry {
    const char* operation;
    const char* architecture;
    const char* traits;
};

}  // namespace zoe

// entry         the kernel's name
// operation     what it computes: all entries of an operation do the same by different means, or for different types
// architecture  simt (CUDA cores), sm80 (mma.sync, cp.async) or sm90 (wgmma, TMA): what the device must be able to do
// traits        "key=value key=value": what tells it from the other entries of the operation
#define ZOE_ENTRY(entry, operation, architecture, traits)                                                              \
    [[maybe_unused]] constexpr zoe::Entry entry##_entry{#operation, #architecture, traits};

// threads       threads of a block (one dimension)
// tile_m,n,k    what one block covers, in the entry's own terms: rows, columns and inner step of a matrix product, or
//               elements in tile_m and 1, 1 for an elementwise kernel
// shared_bytes  dynamic shared memory to ask for at launch
//
// The numbers are also in the module, as the constant `entry_geometry`.
#define ZOE_GEOMETRY(entry, operation, architecture, traits, threads, tile_m, tile_n, tile_k, shared_bytes)            \
    ZOE_ENTRY(entry, operation, architecture, traits)                                                                  \
    extern "C" {                                                                                                       \
    __constant__ int entry##_geometry[5] = {(threads), (tile_m), (tile_n), (tile_k), (shared_bytes)};                  \
    }

// For kernels with a pipeline: stages of the ring of tiles in shared memory, and blocks of a cluster. Without it both
// are 1.
#define ZOE_PIPELINE(entry, stages, cluster)                                                                           \
    extern "C" {                                                                                                       \
    __constant__ int entry##_pipeline[2] = {(stages), (cluster)};                                                      \
    }
