/* A libcublas for tests without a GPU: the calls that io.zoetrope.cublas makes, in plain column-major loops queued on the stream,
 * with the documented conditions on their arguments (leading dimensions, types, order of calls) refused where they are broken. */
#include "stand_in.h"

#define EXPORT __attribute__((visibility("default")))
enum {
    SUCCESS = 0,
    NOT_INITIALIZED = 1,
    ALLOC_FAILED = 3,
    INVALID_VALUE = 7,
    EXECUTION_FAILED = 13,
    NOT_SUPPORTED = 15
};
enum { R_32F = 0, R_16BF = 14, COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77, DISALLOW_REDUCED_PRECISION = 16 };

typedef struct {
    Stream stream;
    void* workspace;
    int math_mode, pointer_mode;
} Handle;

typedef struct {
    int trans_a, trans_b, m, n, k, lda, ldb, ldc, type, out, batch, tf32;
    int64_t stride_a, stride_b, stride_c;
    const void *a, *b;
    void* c;
    float alpha, beta;
} Product;

static float tf32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x1000) & ~0x1fffu;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static void multiply(void* data) {
    const Product* p = data;
    for (int64_t i = 0; i < p->batch; i++)
        for (int64_t column = 0; column < p->n; column++)
            for (int64_t row = 0; row < p->m; row++) {
                double sum = 0;
                for (int64_t l = 0; l < p->k; l++) {
                    float a = load_element(p->a, p->type,
                                           i * p->stride_a + (p->trans_a ? l + row * p->lda : row + l * p->lda));
                    float b = load_element(p->b, p->type,
                                           i * p->stride_b + (p->trans_b ? column + l * p->ldb : l + column * p->ldb));
                    sum += p->tf32 ? (double) tf32(a) * tf32(b) : (double) a * b;
                }
                int64_t at = i * p->stride_c + row + column * p->ldc;
                double old = p->beta == 0 ? 0 : p->beta * load_element(p->c, p->out, at);
                store_element(p->c, p->out, at, p->alpha * sum + old);
            }
}

EXPORT int cublasCreate_v2(Handle** out) { return (*out = calloc(1, sizeof **out)) ? SUCCESS : ALLOC_FAILED; }
EXPORT int cublasDestroy_v2(Handle* handle) {
    free(handle);
    return SUCCESS;
}
EXPORT int cublasSetPointerMode_v2(Handle* handle, int mode) {
    handle->pointer_mode = mode;
    return SUCCESS;
}
EXPORT int cublasGetPointerMode_v2(Handle* handle, int* mode) {
    *mode = handle->pointer_mode;
    return SUCCESS;
}
EXPORT int cublasSetMathMode(Handle* handle, int mode) {
    handle->math_mode = mode;
    return SUCCESS;
}

/* Setting the stream resets the workspace, as in the real library. */
EXPORT int cublasSetStream_v2(Handle* handle, Stream stream) {
    handle->stream = stream;
    handle->workspace = 0;
    return SUCCESS;
}

EXPORT int cublasSetWorkspace_v2(Handle* handle, void* workspace, size_t bytes) {
    if ((uintptr_t) workspace % 256 != 0 || bytes == 0) return INVALID_VALUE;
    handle->workspace = workspace;
    return SUCCESS;
}

static int element(int type) { return type == R_32F ? TYPE_F32 : type == R_16BF ? TYPE_BF16 : -1; }
static int at_least(int value, int bound) { return value >= (bound > 1 ? bound : 1); }

EXPORT int cublasGemmStridedBatchedEx(Handle* handle, int trans_a, int trans_b, int m, int n, int k, const float* alpha,
                                      const void* a, int type_a, int lda, long long stride_a, const void* b, int type_b,
                                      int ldb, long long stride_b, const float* beta, void* c, int type_c, int ldc,
                                      long long stride_c, int batch, int compute, int algorithm) {
    if (!handle) return NOT_INITIALIZED;
    if (!handle->stream || !handle->workspace || handle->pointer_mode != 0) return INVALID_VALUE;
    if (handle->math_mode != DISALLOW_REDUCED_PRECISION || algorithm != -1) return INVALID_VALUE;
    if (m < 0 || n < 0 || k < 0 || batch < 0 || (trans_a | trans_b) & ~1) return INVALID_VALUE;
    if (!at_least(lda, trans_a ? k : m) || !at_least(ldb, trans_b ? n : k) || !at_least(ldc, m)) return INVALID_VALUE;
    if (type_a != type_b || element(type_a) < 0 || (type_c != type_a && type_c != R_32F)) return NOT_SUPPORTED;
    if (compute != COMPUTE_32F && (compute != COMPUTE_32F_FAST_TF32 || type_a != R_32F)) return NOT_SUPPORTED;
    if (batch > 1 && stride_c < (int64_t) ldc * (n - 1) + m) return INVALID_VALUE;
    Product product = {trans_a,
                       trans_b,
                       m,
                       n,
                       k,
                       lda,
                       ldb,
                       ldc,
                       element(type_a),
                       element(type_c),
                       batch,
                       compute == COMPUTE_32F_FAST_TF32,
                       stride_a,
                       stride_b,
                       stride_c,
                       a,
                       b,
                       c,
                       *alpha,
                       *beta};
    return queue_work(handle->stream, multiply, &product, sizeof product) == 0 ? SUCCESS : EXECUTION_FAILED;
}
