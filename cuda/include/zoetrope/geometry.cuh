// Launch geometry with its one source of truth beside the kernel: ZOE_GEOMETRY(entry, …) defines the device constant
// `entry_geometry`, five integers that the host reads from the loaded module (cuModuleGetGlobal) before it launches `entry`.
#pragma once

// threads       threads of a block (one dimension)
// tile_m,n,k    what one block covers, in the entry's own terms: rows, columns and inner step of a matrix product, or
//               elements in tile_m and 1, 1 for an elementwise kernel
// shared_bytes  dynamic shared memory to ask for at launch
#define ZOE_GEOMETRY(entry, threads, tile_m, tile_n, tile_k, shared_bytes)                                             \
    extern "C" {                                                                                                       \
    __constant__ int entry##_geometry[5] = {(threads), (tile_m), (tile_n), (tile_k), (shared_bytes)};                  \
    }
