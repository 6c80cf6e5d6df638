// A libcuda.so.1 that runs nothing: it keeps what it is called with, in cuda.h's own types, and answers as it is told.
#pragma once
#include <cuda.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { STAND_IN_MAX = 8 };

struct StandIn {
    CUresult answer;     // what every call returns
    const char* called;  // the symbol called last
    CUfunction function;
    CUstream stream;
    CUcontext current;  // cuCtxGetCurrent answers with it
    unsigned int grid[3], block[3], sharedBytes;
    void** kernelParams;
    unsigned char parameters[64];  // what the launch's buffer held
    size_t parameterBytes;
    int hasExtra;
    CUlaunchAttribute attributes[STAND_IN_MAX];
    unsigned int attributeCount;
    size_t index;  // cuFuncGetParamInfo's; it answers with offset 100 + index and size 200 + index

    CUtensorMap* map;  // filled with 0xAB
    int type, interleave, swizzle, promotion, fill;
    cuuint32_t rank, box[5], elementStrides[5], channels, pixels;
    cuuint64_t dims[5], strides[5];
    int lower[3], upper[3];
    void* address;

    CUgraph graph;
    CUgraphNode node, from[STAND_IN_MAX], to[STAND_IN_MAX];
    CUgraphEdgeData edges[STAND_IN_MAX];
    int hasEdges;
    size_t count;  // cuGraphGetEdges_v2 answers with that many of from, to and edges
    CUgraphNodeParams nodeParams;
    CUlaunchAttributeValue value;
    int attribute;
};

extern struct StandIn stand_in;

#ifdef __cplusplus
}
#endif
