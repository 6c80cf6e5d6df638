// The driver calls that the bridge makes and the structures that they take, as the CUDA driver API lays them out. They are
// declared here and not taken from cuda.h, so that the bridge is the same whatever toolkit built it; test/layout.c holds
// them to cuda.h, byte for byte.
#ifndef ZOETROPE_BRIDGE_DRIVER_H
#define ZOETROPE_BRIDGE_DRIVER_H
#include <stddef.h>
#include <stdint.h>

enum { DRIVER_NOT_SUPPORTED = 801 };  // CUDA_ERROR_NOT_SUPPORTED

// CUtensorMap: an object that only the driver reads.
struct TensorMap {
    uint64_t opaque[16];
};

// CUlaunchAttribute
struct LaunchAttribute {
    uint32_t id;
    char pad[4];
    char value[64];
};

// CUlaunchConfig
struct LaunchConfig {
    uint32_t grid[3], block[3], sharedBytes;
    void* stream;
    struct LaunchAttribute* attributes;
    uint32_t attributeCount;
};

// CUgraphEdgeData; Java hands it over as one little-endian long.
struct EdgeData {
    uint8_t fromPort, toPort, type, reserved[5];
};

// CUgraphNodeParams of a kernel node (type 0), with CUDA_KERNEL_NODE_PARAMS_v3 as the member of its union.
struct KernelNode {
    uint32_t type;
    int32_t reserved0[3];
    void* function;
    uint32_t grid[3], block[3], sharedBytes;
    void** parameters;
    void** extra;
    void* kernel;
    void* context;
    int64_t unused[29 - 9];
    int64_t reserved2;
};

// X(member, exported symbol, name for cuGetProcAddress, CUDA version that has it in this form, parameters). The order is
// that of io.zoetrope.cuda.Bridge.Call.
#define DRIVER_CALLS(X)                                                                                                \
    X(launchKernel, "cuLaunchKernel", "cuLaunchKernel", 4000,                                                          \
      (void* function, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t sharedBytes, void* stream, \
       void** parameters, void** extra))                                                                               \
    X(launchKernelEx, "cuLaunchKernelEx", "cuLaunchKernelEx", 11080,                                                   \
      (const struct LaunchConfig*, void* function, void** parameters, void** extra))                                   \
    X(funcGetParamInfo, "cuFuncGetParamInfo", "cuFuncGetParamInfo", 12040,                                             \
      (void* function, size_t index, size_t* offset, size_t* bytes))                                                   \
    X(tensorMapEncodeTiled, "cuTensorMapEncodeTiled", "cuTensorMapEncodeTiled", 12000,                                 \
      (struct TensorMap*, int type, uint32_t rank, void* address, const uint64_t* dims, const uint64_t* strides,       \
       const uint32_t* box, const uint32_t* elementStrides, int interleave, int swizzle, int promotion, int fill))     \
    X(tensorMapEncodeIm2col, "cuTensorMapEncodeIm2col", "cuTensorMapEncodeIm2col", 12000,                              \
      (struct TensorMap*, int type, uint32_t rank, void* address, const uint64_t* dims, const uint64_t* strides,       \
       const int* lower, const int* upper, uint32_t channels, uint32_t pixels, const uint32_t* elementStrides,         \
       int interleave, int swizzle, int promotion, int fill))                                                          \
    X(tensorMapReplaceAddress, "cuTensorMapReplaceAddress", "cuTensorMapReplaceAddress", 12000,                        \
      (struct TensorMap*, void* address))                                                                              \
    X(graphAddNode, "cuGraphAddNode_v2", "cuGraphAddNode", 12030,                                                      \
      (void** node, void* graph, void* const* after, const struct EdgeData* edges, size_t count, struct KernelNode*) ) \
    X(graphAddDependencies, "cuGraphAddDependencies_v2", "cuGraphAddDependencies", 12030,                              \
      (void* graph, void* const* from, void* const* to, const struct EdgeData* edges, size_t count))                   \
    X(graphGetEdges, "cuGraphGetEdges_v2", "cuGraphGetEdges", 12030,                                                   \
      (void* graph, void** from, void** to, struct EdgeData* edges, size_t* count))                                    \
    X(graphKernelNodeSetAttribute, "cuGraphKernelNodeSetAttribute", "cuGraphKernelNodeSetAttribute", 11000,            \
      (void* node, int attribute, const void* value))                                                                  \
    X(ctxGetCurrent, "cuCtxGetCurrent", "cuCtxGetCurrent", 4000, (void** context))                                     \
    X(ctxSetCurrent, "cuCtxSetCurrent", "cuCtxSetCurrent", 4000, (void* context))

// Null where the driver lacks the call.
struct Driver {
#define X(member, symbol, name, version, parameters) int(*member) parameters;
    DRIVER_CALLS(X)
#undef X
};
extern struct Driver driver;

// Looks the calls up in the driver that the process has loaded. Returns a bit for each that is there, in the order of the
// table, or -1 as long as no driver is loaded.
int driver_bind(void);

// The exported symbols in the order of the table, separated by commas.
const char* driver_symbols(void);

#endif
