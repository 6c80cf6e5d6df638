// The native side of io.zoetrope.cuda.BridgeNative: each function hands its arguments to one driver call and returns its
// CUresult. Java has checked the arguments and asked whether the call is there; one that is not answers as the driver would.
#include <string.h>

#include "driver.h"
#include "io_zoetrope_cuda_BridgeNative.h"

#define NATIVE(result, name) JNIEXPORT result JNICALL Java_io_zoetrope_cuda_BridgeNative_##name
#define HANDLE(value) ((void*) (intptr_t) (value))
#define REQUIRE(call)                                                                                                  \
    if (!driver.call) return DRIVER_NOT_SUPPORTED

// The `extra` argument of a launch whose parameters lie in one buffer, as the device code's ABI lays them out.
struct ParameterBuffer {
    size_t bytes;
    void* extra[5];
};

static void** parameter_buffer(struct ParameterBuffer* out, JNIEnv* env, jobject buffer, jint bytes) {
    out->bytes = (size_t) bytes;
    void* extra[5] = {(void*) 1, buffer ? (*env)->GetDirectBufferAddress(env, buffer) : NULL, (void*) 2, &out->bytes,
                      NULL};
    memcpy(out->extra, extra, sizeof extra);
    return bytes ? out->extra : NULL;  // a kernel without parameters
}

NATIVE(jstring, symbols)(JNIEnv* env, jclass class) {
    (void) class;
    return (*env)->NewStringUTF(env, driver_symbols());
}

NATIVE(jint, bind)(JNIEnv* env, jclass class) {
    (void) env, (void) class;
    return driver_bind();
}

static jfieldID pointer_field(JNIEnv* env, jobject object) {
    return (*env)->GetFieldID(env, (*env)->GetObjectClass(env, object), "nativePointer", "J");
}

NATIVE(jlong, handle)(JNIEnv* env, jclass class, jobject object) {
    (void) class;
    jfieldID field = pointer_field(env, object);
    return field ? (*env)->GetLongField(env, object, field) : 0;
}

NATIVE(void, setHandle)(JNIEnv* env, jclass class, jobject object, jlong value) {
    (void) class;
    jfieldID field = pointer_field(env, object);
    if (field) (*env)->SetLongField(env, object, field, value);
}

// No driver call: device memory that is the host's own, as softcuda's is, seen as a buffer.
NATIVE(jobject, hostBuffer)(JNIEnv* env, jclass class, jlong address, jlong bytes) {
    (void) class;
    return (*env)->NewDirectByteBuffer(env, HANDLE(address), bytes);
}

// Asks before it sets: that is what is cheap, and the answer is nearly always the context itself.
NATIVE(jint, enter)(JNIEnv* env, jclass class, jlong context) {
    (void) env, (void) class;
    REQUIRE(ctxGetCurrent);
    REQUIRE(ctxSetCurrent);
    void* current = NULL;
    int result = driver.ctxGetCurrent(&current);
    return result == 0 && current != HANDLE(context) ? driver.ctxSetCurrent(HANDLE(context)) : result;
}

NATIVE(jint, launch)
(JNIEnv* env, jclass class, jlong function, jint gridX, jint gridY, jint gridZ, jint blockX, jint blockY, jint blockZ,
 jint sharedBytes, jlong stream, jobject parameters, jint parameterBytes, jobject attributes, jint attributeCount) {
    (void) class;
    struct ParameterBuffer buffer;
    void** extra = parameter_buffer(&buffer, env, parameters, parameterBytes);
    if (attributeCount == 0) {
        REQUIRE(launchKernel);
        return driver.launchKernel(HANDLE(function), gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
                                   HANDLE(stream), NULL, extra);
    }
    REQUIRE(launchKernelEx);
    struct LaunchConfig config = {
        .grid = {gridX, gridY, gridZ},
        .block = {blockX, blockY, blockZ},
        .sharedBytes = sharedBytes,
        .stream = HANDLE(stream),
        .attributes = (*env)->GetDirectBufferAddress(env, attributes),
        .attributeCount = attributeCount,
    };
    return driver.launchKernelEx(&config, HANDLE(function), NULL, extra);
}

NATIVE(jint, parameterInfo)(JNIEnv* env, jclass class, jlong function, jlong index, jlongArray offsetAndBytes) {
    (void) class;
    REQUIRE(funcGetParamInfo);
    size_t offset = 0, bytes = 0;
    int result = driver.funcGetParamInfo(HANDLE(function), (size_t) index, &offset, &bytes);
    jlong values[2] = {(jlong) offset, (jlong) bytes};
    (*env)->SetLongArrayRegion(env, offsetAndBytes, 0, 2, values);
    return result;
}

// ---- tensor maps ----------------------------------------------------------------------------------------------------

enum { MAX_RANK = 5 };

// What both encodings say of the tensor in global memory.
struct Tensor {
    uint32_t rank;
    uint64_t dims[MAX_RANK], strides[MAX_RANK];
    uint32_t elementStrides[MAX_RANK];
};

static void longs(JNIEnv* env, jlongArray array, uint64_t* out) {
    (*env)->GetLongArrayRegion(env, array, 0, (*env)->GetArrayLength(env, array), (jlong*) out);
}

static void ints(JNIEnv* env, jintArray array, void* out) {
    (*env)->GetIntArrayRegion(env, array, 0, (*env)->GetArrayLength(env, array), out);
}

static struct Tensor tensor(JNIEnv* env, jlongArray dims, jlongArray strides, jintArray elementStrides) {
    struct Tensor t = {.rank = (uint32_t) (*env)->GetArrayLength(env, dims)};
    longs(env, dims, t.dims);
    longs(env, strides, t.strides);
    ints(env, elementStrides, t.elementStrides);
    return t;
}

NATIVE(jint, encodeTiled)
(JNIEnv* env, jclass class, jobject map, jint type, jlong address, jlongArray dims, jlongArray strides, jintArray box,
 jintArray elementStrides, jint interleave, jint swizzle, jint promotion, jint fill) {
    (void) class;
    REQUIRE(tensorMapEncodeTiled);
    struct Tensor t = tensor(env, dims, strides, elementStrides);
    uint32_t boxDims[MAX_RANK];
    ints(env, box, boxDims);
    return driver.tensorMapEncodeTiled((*env)->GetDirectBufferAddress(env, map), type, t.rank, HANDLE(address), t.dims,
                                       t.strides, boxDims, t.elementStrides, interleave, swizzle, promotion, fill);
}

NATIVE(jint, encodeIm2col)
(JNIEnv* env, jclass class, jobject map, jint type, jlong address, jlongArray dims, jlongArray strides, jintArray lower,
 jintArray upper, jint channels, jint pixels, jintArray elementStrides, jint interleave, jint swizzle, jint promotion,
 jint fill) {
    (void) class;
    REQUIRE(tensorMapEncodeIm2col);
    struct Tensor t = tensor(env, dims, strides, elementStrides);
    int lowerCorner[MAX_RANK], upperCorner[MAX_RANK];
    ints(env, lower, lowerCorner);
    ints(env, upper, upperCorner);
    return driver.tensorMapEncodeIm2col((*env)->GetDirectBufferAddress(env, map), type, t.rank, HANDLE(address), t.dims,
                                        t.strides, lowerCorner, upperCorner, channels, pixels, t.elementStrides,
                                        interleave, swizzle, promotion, fill);
}

NATIVE(jint, replaceAddress)(JNIEnv* env, jclass class, jobject map, jlong address) {
    (void) class;
    REQUIRE(tensorMapReplaceAddress);
    return driver.tensorMapReplaceAddress((*env)->GetDirectBufferAddress(env, map), HANDLE(address));
}

// ---- graphs: arrays of nodes and of edge data are arrays of longs ------------------------------------------------------

_Static_assert(sizeof(void*) == sizeof(jlong) && sizeof(struct EdgeData) == sizeof(jlong),
               "arrays are handed over as they are");

// An array's elements, null for a null array; to be given back with release().
static void* elements(JNIEnv* env, jlongArray array) {
    return array ? (*env)->GetLongArrayElements(env, array, NULL) : NULL;
}

static void release(JNIEnv* env, jlongArray array, void* elements) {
    if (elements) (*env)->ReleaseLongArrayElements(env, array, elements, 0);
}

NATIVE(jint, addKernelNode)
(JNIEnv* env, jclass class, jlongArray node, jlong graph, jlongArray after, jlongArray edges, jlong function,
 jint gridX, jint gridY, jint gridZ, jint blockX, jint blockY, jint blockZ, jint sharedBytes, jobject parameters,
 jint parameterBytes) {
    (void) class;
    REQUIRE(graphAddNode);
    struct ParameterBuffer buffer;
    struct KernelNode kernel = {
        .function = HANDLE(function),
        .grid = {gridX, gridY, gridZ},
        .block = {blockX, blockY, blockZ},
        .sharedBytes = sharedBytes,
        .extra = parameter_buffer(&buffer, env, parameters, parameterBytes),
    };
    void *nodes = elements(env, after), *data = elements(env, edges);
    void* added = NULL;
    int result =
        driver.graphAddNode(&added, HANDLE(graph), nodes, data, (size_t) (*env)->GetArrayLength(env, after), &kernel);
    release(env, edges, data);
    release(env, after, nodes);
    jlong value = (intptr_t) added;
    (*env)->SetLongArrayRegion(env, node, 0, 1, &value);
    return result;
}

NATIVE(jint, setAttribute)(JNIEnv* env, jclass class, jlong node, jobject attributes, jint index) {
    (void) class;
    REQUIRE(graphKernelNodeSetAttribute);
    struct LaunchAttribute* attribute =
        (struct LaunchAttribute*) (*env)->GetDirectBufferAddress(env, attributes) + index;
    return driver.graphKernelNodeSetAttribute(HANDLE(node), (int) attribute->id, attribute->value);
}

NATIVE(jint, addDependencies)
(JNIEnv* env, jclass class, jlong graph, jlongArray from, jlongArray to, jlongArray edges) {
    (void) class;
    REQUIRE(graphAddDependencies);
    void *sources = elements(env, from), *targets = elements(env, to), *data = elements(env, edges);
    size_t count = (size_t) (*env)->GetArrayLength(env, from);
    int result = driver.graphAddDependencies(HANDLE(graph), sources, targets, data, count);
    release(env, edges, data);
    release(env, to, targets);
    release(env, from, sources);
    return result;
}

NATIVE(jint, edges)
(JNIEnv* env, jclass class, jlong graph, jlongArray from, jlongArray to, jlongArray edges, jlongArray count) {
    (void) class;
    REQUIRE(graphGetEdges);
    void *sources = elements(env, from), *targets = elements(env, to), *data = elements(env, edges);
    size_t edgeCount = from ? (size_t) (*env)->GetArrayLength(env, from) : 0;
    int result = driver.graphGetEdges(HANDLE(graph), sources, targets, data, &edgeCount);
    release(env, edges, data);
    release(env, to, targets);
    release(env, from, sources);
    jlong value = (jlong) edgeCount;
    (*env)->SetLongArrayRegion(env, count, 0, 1, &value);
    return result;
}
