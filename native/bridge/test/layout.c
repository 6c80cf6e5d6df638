// Holds the structures of driver.h and the numbers of BridgeNative.java to cuda.h. Compiling it is the test.
#include <cuda.h>

#include "driver.h"
#include "io_zoetrope_cuda_BridgeNative.h"

#define SAME(a, b) _Static_assert((long) (a) == (long) (b), #a " is not " #b)
#define SAME_FIELD(ours, field, theirs, member)                                                                        \
    SAME(offsetof(ours, field), offsetof(theirs, member));                                                             \
    SAME(sizeof(((ours*) 0)->field), sizeof(((theirs*) 0)->member))
#define JAVA(name) io_zoetrope_cuda_BridgeNative_##name

SAME(DRIVER_NOT_SUPPORTED, CUDA_ERROR_NOT_SUPPORTED);

SAME(sizeof(struct TensorMap), sizeof(CUtensorMap));
// 64 is what the driver and the instructions ask; toolkit 12 declares that, toolkit 13 twice as much.
_Static_assert(JAVA(TENSOR_MAP_ALIGNMENT) % _Alignof(CUtensorMap) == 0, "maps are aligned less than cuda.h declares");
SAME(JAVA(TENSOR_MAP_BYTES), sizeof(CUtensorMap));

SAME(sizeof(struct LaunchAttribute), sizeof(CUlaunchAttribute));
SAME_FIELD(struct LaunchAttribute, id, CUlaunchAttribute, id);
SAME_FIELD(struct LaunchAttribute, value, CUlaunchAttribute, value);
SAME(JAVA(ATTRIBUTE_BYTES), sizeof(CUlaunchAttribute));
SAME(JAVA(ATTRIBUTE_VALUE_OFFSET), offsetof(CUlaunchAttribute, value));
SAME(JAVA(ATTRIBUTE_COOPERATIVE), CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
SAME(JAVA(ATTRIBUTE_CLUSTER_DIMENSION), CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
SAME(JAVA(ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION), CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
SAME(JAVA(ATTRIBUTE_PRIORITY), CU_LAUNCH_ATTRIBUTE_PRIORITY);
// Java writes values as 32-bit words.
SAME(offsetof(CUlaunchAttributeValue, clusterDim.x), 0);
SAME(offsetof(CUlaunchAttributeValue, clusterDim.y), 4);
SAME(offsetof(CUlaunchAttributeValue, clusterDim.z), 8);
SAME(sizeof(((CUlaunchAttributeValue*) 0)->cooperative), 4);
SAME(sizeof(((CUlaunchAttributeValue*) 0)->programmaticStreamSerializationAllowed), 4);
SAME(sizeof(((CUlaunchAttributeValue*) 0)->priority), 4);

SAME(sizeof(struct LaunchConfig), sizeof(CUlaunchConfig));
SAME(offsetof(struct LaunchConfig, grid), offsetof(CUlaunchConfig, gridDimX));
SAME(offsetof(struct LaunchConfig, grid[2]), offsetof(CUlaunchConfig, gridDimZ));
SAME(offsetof(struct LaunchConfig, block), offsetof(CUlaunchConfig, blockDimX));
SAME(offsetof(struct LaunchConfig, block[2]), offsetof(CUlaunchConfig, blockDimZ));
SAME_FIELD(struct LaunchConfig, sharedBytes, CUlaunchConfig, sharedMemBytes);
SAME_FIELD(struct LaunchConfig, stream, CUlaunchConfig, hStream);
SAME_FIELD(struct LaunchConfig, attributes, CUlaunchConfig, attrs);
SAME_FIELD(struct LaunchConfig, attributeCount, CUlaunchConfig, numAttrs);

SAME(JAVA(TYPE_UINT8), CU_TENSOR_MAP_DATA_TYPE_UINT8);
SAME(JAVA(TYPE_UINT16), CU_TENSOR_MAP_DATA_TYPE_UINT16);
SAME(JAVA(TYPE_UINT32), CU_TENSOR_MAP_DATA_TYPE_UINT32);
SAME(JAVA(TYPE_INT32), CU_TENSOR_MAP_DATA_TYPE_INT32);
SAME(JAVA(TYPE_UINT64), CU_TENSOR_MAP_DATA_TYPE_UINT64);
SAME(JAVA(TYPE_INT64), CU_TENSOR_MAP_DATA_TYPE_INT64);
SAME(JAVA(TYPE_FLOAT16), CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
SAME(JAVA(TYPE_FLOAT32), CU_TENSOR_MAP_DATA_TYPE_FLOAT32);
SAME(JAVA(TYPE_FLOAT64), CU_TENSOR_MAP_DATA_TYPE_FLOAT64);
SAME(JAVA(TYPE_BFLOAT16), CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
SAME(JAVA(TYPE_FLOAT32_FTZ), CU_TENSOR_MAP_DATA_TYPE_FLOAT32_FTZ);
SAME(JAVA(TYPE_TFLOAT32), CU_TENSOR_MAP_DATA_TYPE_TFLOAT32);
SAME(JAVA(TYPE_TFLOAT32_FTZ), CU_TENSOR_MAP_DATA_TYPE_TFLOAT32_FTZ);
SAME(JAVA(INTERLEAVE_NONE), CU_TENSOR_MAP_INTERLEAVE_NONE);
SAME(JAVA(INTERLEAVE_16B), CU_TENSOR_MAP_INTERLEAVE_16B);
SAME(JAVA(INTERLEAVE_32B), CU_TENSOR_MAP_INTERLEAVE_32B);
SAME(JAVA(SWIZZLE_NONE), CU_TENSOR_MAP_SWIZZLE_NONE);
SAME(JAVA(SWIZZLE_32B), CU_TENSOR_MAP_SWIZZLE_32B);
SAME(JAVA(SWIZZLE_64B), CU_TENSOR_MAP_SWIZZLE_64B);
SAME(JAVA(SWIZZLE_128B), CU_TENSOR_MAP_SWIZZLE_128B);
SAME(JAVA(PROMOTION_NONE), CU_TENSOR_MAP_L2_PROMOTION_NONE);
SAME(JAVA(PROMOTION_64B), CU_TENSOR_MAP_L2_PROMOTION_L2_64B);
SAME(JAVA(PROMOTION_128B), CU_TENSOR_MAP_L2_PROMOTION_L2_128B);
SAME(JAVA(PROMOTION_256B), CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
SAME(JAVA(FILL_ZERO), CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
SAME(JAVA(FILL_NAN), CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA);

SAME(sizeof(struct EdgeData), sizeof(CUgraphEdgeData));
SAME_FIELD(struct EdgeData, fromPort, CUgraphEdgeData, from_port);
SAME_FIELD(struct EdgeData, toPort, CUgraphEdgeData, to_port);
SAME_FIELD(struct EdgeData, type, CUgraphEdgeData, type);
SAME(JAVA(EDGE_FROM_PORT_SHIFT), 8 * offsetof(CUgraphEdgeData, from_port));
SAME(JAVA(EDGE_TO_PORT_SHIFT), 8 * offsetof(CUgraphEdgeData, to_port));
SAME(JAVA(EDGE_TYPE_SHIFT), 8 * offsetof(CUgraphEdgeData, type));
SAME(JAVA(EDGE_TYPE_DEFAULT), CU_GRAPH_DEPENDENCY_TYPE_DEFAULT);
SAME(JAVA(EDGE_TYPE_PROGRAMMATIC), CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC);
SAME(JAVA(PORT_DEFAULT), CU_GRAPH_KERNEL_NODE_PORT_DEFAULT);
SAME(JAVA(PORT_PROGRAMMATIC), CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC);

SAME(CU_GRAPH_NODE_TYPE_KERNEL, 0);
SAME(sizeof(struct KernelNode), sizeof(CUgraphNodeParams));
SAME_FIELD(struct KernelNode, type, CUgraphNodeParams, type);
SAME_FIELD(struct KernelNode, reserved0, CUgraphNodeParams, reserved0);
SAME_FIELD(struct KernelNode, function, CUgraphNodeParams, kernel.func);
SAME(offsetof(struct KernelNode, grid), offsetof(CUgraphNodeParams, kernel.gridDimX));
SAME(offsetof(struct KernelNode, block), offsetof(CUgraphNodeParams, kernel.blockDimX));
SAME_FIELD(struct KernelNode, sharedBytes, CUgraphNodeParams, kernel.sharedMemBytes);
SAME_FIELD(struct KernelNode, parameters, CUgraphNodeParams, kernel.kernelParams);
SAME_FIELD(struct KernelNode, extra, CUgraphNodeParams, kernel.extra);
SAME_FIELD(struct KernelNode, kernel, CUgraphNodeParams, kernel.kern);
SAME_FIELD(struct KernelNode, context, CUgraphNodeParams, kernel.ctx);
SAME_FIELD(struct KernelNode, reserved2, CUgraphNodeParams, reserved2);
