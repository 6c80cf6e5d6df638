// With PARTIAL the library is a driver that exports two functions, and hands out a third by cuGetProcAddress alone.
#include "stand_in.h"

#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define KEEP(member, values, number) memcpy(stand_in.member, values, (number) * sizeof *stand_in.member)

EXPORT struct StandIn stand_in;

static CUresult called(const char* name) {
    stand_in.called = name;
    return stand_in.answer;
}

static void keep_parameters(void** kernelParams, void** extra) {
    stand_in.kernelParams = kernelParams;
    stand_in.hasExtra = extra != NULL;
    if (!extra) return;
    const void* buffer = NULL;
    for (void** e = extra; *e != CU_LAUNCH_PARAM_END; e += 2) {
        if (*e == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = e[1];
        if (*e == CU_LAUNCH_PARAM_BUFFER_SIZE) stand_in.parameterBytes = *(size_t*) e[1];
    }
    memcpy(stand_in.parameters, buffer, stand_in.parameterBytes);
}

static void keep_shape(unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned sharedBytes) {
    unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
    KEEP(grid, grid, 3);
    KEEP(block, block, 3);
    stand_in.sharedBytes = sharedBytes;
}

EXPORT CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                               unsigned bz, unsigned sharedBytes, CUstream stream, void** kernelParams, void** extra) {
    stand_in.function = f;
    stand_in.stream = stream;
    keep_shape(gx, gy, gz, bx, by, bz, sharedBytes);
    keep_parameters(kernelParams, extra);
    return called("cuLaunchKernel");
}

#ifdef PARTIAL
static
#else
EXPORT
#endif
    CUresult
    launch_kernel_ex(const CUlaunchConfig* c, CUfunction f, void** kernelParams, void** extra) {
    stand_in.function = f;
    stand_in.stream = c->hStream;
    keep_shape(c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ, c->sharedMemBytes);
    keep_parameters(kernelParams, extra);
    KEEP(attributes, c->attrs, c->numAttrs);
    stand_in.attributeCount = c->numAttrs;
    return called("cuLaunchKernelEx");
}

#ifdef PARTIAL

EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** function, int version, cuuint64_t flags,
                                    CUdriverProcAddressQueryResult* status) {
    int known = !strcmp(symbol, "cuLaunchKernelEx") && version == 11080 && flags == CU_GET_PROC_ADDRESS_DEFAULT;
    *function = known ? (void*) launch_kernel_ex : NULL;
    *status = known ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    return known ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

#else

EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction f, void** kernelParams, void** extra) {
    return launch_kernel_ex(config, f, kernelParams, extra);
}

EXPORT CUresult cuCtxGetCurrent(CUcontext* context) {
    *context = stand_in.current;
    return called("cuCtxGetCurrent");
}

EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
    stand_in.current = context;
    return called("cuCtxSetCurrent");
}

EXPORT CUresult cuFuncGetParamInfo(CUfunction f, size_t index, size_t* offset, size_t* bytes) {
    stand_in.function = f;
    stand_in.index = index;
    *offset = 100 + index;
    *bytes = 200 + index;
    return called("cuFuncGetParamInfo");
}

static void keep_tensor(CUtensorMap* map, int type, cuuint32_t rank, void* address, const cuuint64_t* dims,
                        const cuuint64_t* strides, const cuuint32_t* elementStrides) {
    stand_in.map = map;
    memset(map, 0xAB, sizeof *map);
    stand_in.type = type;
    stand_in.rank = rank;
    stand_in.address = address;
    KEEP(dims, dims, rank);
    KEEP(strides, strides, rank - 1);
    KEEP(elementStrides, elementStrides, rank);
}

static void keep_modes(int interleave, int swizzle, int promotion, int fill) {
    stand_in.interleave = interleave;
    stand_in.swizzle = swizzle;
    stand_in.promotion = promotion;
    stand_in.fill = fill;
}

EXPORT CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address,
                                       const cuuint64_t* dims, const cuuint64_t* strides, const cuuint32_t* box,
                                       const cuuint32_t* elementStrides, CUtensorMapInterleave interleave,
                                       CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
                                       CUtensorMapFloatOOBfill fill) {
    keep_tensor(map, type, rank, address, dims, strides, elementStrides);
    KEEP(box, box, rank);
    keep_modes(interleave, swizzle, promotion, fill);
    return called("cuTensorMapEncodeTiled");
}

EXPORT CUresult cuTensorMapEncodeIm2col(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address,
                                        const cuuint64_t* dims, const cuuint64_t* strides, const int* lower,
                                        const int* upper, cuuint32_t channels, cuuint32_t pixels,
                                        const cuuint32_t* elementStrides, CUtensorMapInterleave interleave,
                                        CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
                                        CUtensorMapFloatOOBfill fill) {
    keep_tensor(map, type, rank, address, dims, strides, elementStrides);
    KEEP(lower, lower, rank - 2);
    KEEP(upper, upper, rank - 2);
    stand_in.channels = channels;
    stand_in.pixels = pixels;
    keep_modes(interleave, swizzle, promotion, fill);
    return called("cuTensorMapEncodeIm2col");
}

EXPORT CUresult cuTensorMapReplaceAddress(CUtensorMap* map, void* address) {
    stand_in.map = map;
    stand_in.address = address;
    return called("cuTensorMapReplaceAddress");
}

static void keep_edges(const CUgraphEdgeData* edges, size_t count) {
    stand_in.hasEdges = edges != NULL;
    if (edges) KEEP(edges, edges, count);
    stand_in.count = count;
}

EXPORT CUresult cuGraphAddNode_v2(CUgraphNode* node, CUgraph graph, const CUgraphNode* after,
                                  const CUgraphEdgeData* edges, size_t count, CUgraphNodeParams* params) {
    *node = stand_in.node;
    stand_in.graph = graph;
    KEEP(from, after, count);
    keep_edges(edges, count);
    stand_in.nodeParams = *params;
    keep_parameters(params->kernel.kernelParams, params->kernel.extra);
    return called("cuGraphAddNode_v2");
}

EXPORT CUresult cuGraphAddDependencies_v2(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                          const CUgraphEdgeData* edges, size_t count) {
    stand_in.graph = graph;
    KEEP(from, from, count);
    KEEP(to, to, count);
    keep_edges(edges, count);
    return called("cuGraphAddDependencies_v2");
}

EXPORT CUresult cuGraphGetEdges_v2(CUgraph graph, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* edges,
                                   size_t* count) {
    stand_in.graph = graph;
    if (from) {
        memcpy(from, stand_in.from, *count * sizeof *from);
        memcpy(to, stand_in.to, *count * sizeof *to);
        memcpy(edges, stand_in.edges, *count * sizeof *edges);
    }
    *count = stand_in.count;
    return called("cuGraphGetEdges_v2");
}

EXPORT CUresult cuGraphKernelNodeSetAttribute(CUgraphNode node, CUkernelNodeAttrID attribute,
                                              const CUkernelNodeAttrValue* value) {
    stand_in.node = node;
    stand_in.attribute = attribute;
    stand_in.value = *value;
    return called("cuGraphKernelNodeSetAttribute");
}

#endif
