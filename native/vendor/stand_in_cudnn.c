/* A libcudnn for tests without a GPU: the calls that io.zoetrope.cudnn makes, in plain loops queued on the stream. Descriptors of
 * other layouts, types and extents that do not belong together are refused, and so is an algorithm that no search gave. */
#include "stand_in.h"

#define EXPORT __attribute__((visibility("default")))
enum { SUCCESS = 0, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum { DATA_FLOAT = 0, DATA_BFLOAT16 = 9, NHWC = 1, CROSS_CORRELATION = 1 };
enum { DEFAULT_MATH = 0, TENSOR_OP_MATH = 1, FMA_MATH = 3, DETERMINISTIC = 1 };
enum { FPROP, DGRAD, WGRAD };
/* Two algorithms, so that the first of a search, which is not deterministic, must be passed over. */
enum { UNORDERED = 3, ORDERED = 5, WORKSPACE = 4096 };

typedef struct {
    int type, n, c, h, w;
} Tensor;
typedef struct {
    int type, k, c, r, s;
} Filter;
typedef struct {
    int top, left, stride_h, stride_w, dilation_h, dilation_w, groups, math;
} Convolution;
typedef struct {
    Stream stream;
} Handle;
typedef struct {
    int algo, status;
    float time;
    size_t memory;
    int determinism, math;
    int reserved[3];
} Performance;

typedef struct {
    int pass;
    Tensor xd, yd;
    Filter fd;
    Convolution conv;
    void *x, *filters, *y;
    float alpha, beta;
} Work;

EXPORT int cudnnCreate(Handle** out) {
    *out = calloc(1, sizeof **out);
    return SUCCESS;
}
EXPORT int cudnnDestroy(Handle* handle) {
    free(handle);
    return SUCCESS;
}
EXPORT int cudnnSetStream(Handle* handle, Stream stream) {
    handle->stream = stream;
    return SUCCESS;
}
EXPORT const char* cudnnGetErrorString(int status) {
    return status == BAD_PARAM ? "CUDNN_STATUS_BAD_PARAM" : "CUDNN_STATUS_OTHER";
}
EXPORT int cudnnCreateTensorDescriptor(Tensor** out) {
    *out = calloc(1, sizeof **out);
    return SUCCESS;
}
EXPORT int cudnnDestroyTensorDescriptor(Tensor* d) {
    free(d);
    return SUCCESS;
}
EXPORT int cudnnCreateFilterDescriptor(Filter** out) {
    *out = calloc(1, sizeof **out);
    return SUCCESS;
}
EXPORT int cudnnDestroyFilterDescriptor(Filter* d) {
    free(d);
    return SUCCESS;
}
EXPORT int cudnnCreateConvolutionDescriptor(Convolution** out) {
    *out = calloc(1, sizeof **out);
    return SUCCESS;
}
EXPORT int cudnnDestroyConvolutionDescriptor(Convolution* d) {
    free(d);
    return SUCCESS;
}
EXPORT int cudnnSetConvolutionGroupCount(Convolution* d, int groups) {
    d->groups = groups;
    return SUCCESS;
}
EXPORT int cudnnSetConvolutionMathType(Convolution* d, int math) {
    d->math = math;
    return SUCCESS;
}

static int known(int type) { return type == DATA_FLOAT || type == DATA_BFLOAT16; }

EXPORT int cudnnSetTensor4dDescriptor(Tensor* d, int layout, int type, int n, int c, int h, int w) {
    if (layout != NHWC || !known(type) || n < 1 || c < 1 || h < 1 || w < 1) return BAD_PARAM;
    *d = (Tensor){type, n, c, h, w};
    return SUCCESS;
}

EXPORT int cudnnSetFilter4dDescriptor(Filter* d, int type, int layout, int k, int c, int r, int s) {
    if (layout != NHWC || !known(type) || k < 1 || c < 1 || r < 1 || s < 1) return BAD_PARAM;
    *d = (Filter){type, k, c, r, s};
    return SUCCESS;
}

EXPORT int cudnnSetConvolution2dDescriptor(Convolution* d, int top, int left, int stride_h, int stride_w,
                                           int dilation_h, int dilation_w, int mode, int compute) {
    if (mode != CROSS_CORRELATION || compute != DATA_FLOAT || top < 0 || left < 0) return BAD_PARAM;
    *d = (Convolution){top, left, stride_h, stride_w, dilation_h, dilation_w, 1, DEFAULT_MATH};
    return SUCCESS;
}

static int extent(int in, int pad, int taps, int stride, int dilation) {
    return (in + 2 * pad - dilation * (taps - 1) - 1) / stride + 1;
}

static int fits(const Tensor* x, const Filter* f, const Tensor* y, const Convolution* c) {
    return x->type == f->type && x->type == y->type && x->n == y->n && x->c == f->c * c->groups && y->c == f->k
           && f->k % c->groups == 0 && y->h == extent(x->h, c->top, f->r, c->stride_h, c->dilation_h)
           && y->w == extent(x->w, c->left, f->s, c->stride_w, c->dilation_w)
           && (c->math == (x->type == DATA_BFLOAT16 ? TENSOR_OP_MATH : FMA_MATH)
               || (x->type == DATA_FLOAT && c->math == DEFAULT_MATH));
}

static void convolve(void* data) {
    const Work* o = data;
    const Convolution* conv = &o->conv;
    const Tensor *x = &o->xd, *y = &o->yd;
    const Filter* f = &o->fd;
    int type = x->type == DATA_FLOAT ? TYPE_F32 : TYPE_BF16;
    int64_t size = o->pass == FPROP   ? (int64_t) y->n * y->h * y->w * y->c
                   : o->pass == DGRAD ? (int64_t) x->n * x->h * x->w * x->c
                                      : (int64_t) f->k * f->r * f->s * f->c;
    void* out = o->pass == FPROP ? o->y : o->pass == DGRAD ? o->x : o->filters;
    double* sums = calloc(size, sizeof *sums);
    for (int n = 0; n < y->n; n++)
        for (int p = 0; p < y->h; p++)
            for (int q = 0; q < y->w; q++)
                for (int r = 0; r < f->r; r++)
                    for (int s = 0; s < f->s; s++) {
                        int h = p * conv->stride_h - conv->top + r * conv->dilation_h;
                        int w = q * conv->stride_w - conv->left + s * conv->dilation_w;
                        if (h < 0 || h >= x->h || w < 0 || w >= x->w) continue;
                        for (int k = 0; k < f->k; k++) {
                            int first = k / (f->k / conv->groups) * f->c;
                            for (int c = 0; c < f->c; c++) {
                                int64_t ix = (((int64_t) n * x->h + h) * x->w + w) * x->c + first + c;
                                int64_t iw = (((int64_t) k * f->r + r) * f->s + s) * f->c + c;
                                int64_t iy = (((int64_t) n * y->h + p) * y->w + q) * y->c + k;
                                if (o->pass == FPROP)
                                    sums[iy] +=
                                        (double) load_element(o->x, type, ix) * load_element(o->filters, type, iw);
                                else if (o->pass == DGRAD)
                                    sums[ix] +=
                                        (double) load_element(o->y, type, iy) * load_element(o->filters, type, iw);
                                else sums[iw] += (double) load_element(o->x, type, ix) * load_element(o->y, type, iy);
                            }
                        }
                    }
    for (int64_t i = 0; i < size; i++)
        store_element(out, type, i, o->alpha * sums[i] + (o->beta == 0 ? 0 : o->beta * load_element(out, type, i)));
    free(sums);
}

static int run(Handle* handle, int pass, const Tensor* xd, const void* x, const Filter* fd, const void* filters,
               const Tensor* yd, const void* y, const Convolution* conv, int algorithm, const void* workspace,
               size_t bytes, const float* alpha, const float* beta) {
    if (!handle->stream || !fits(xd, fd, yd, conv)) return BAD_PARAM;
    if (algorithm != ORDERED || !workspace || bytes < WORKSPACE) return NOT_SUPPORTED;
    Work work = {pass, *xd, *yd, *fd, *conv, (void*) x, (void*) filters, (void*) y, *alpha, *beta};
    return queue_work(handle->stream, convolve, &work, sizeof work) == 0 ? SUCCESS : EXECUTION_FAILED;
}

EXPORT int cudnnConvolutionForward(Handle* handle, const float* alpha, const Tensor* xd, const void* x,
                                   const Filter* fd, const void* filters, const Convolution* conv, int algorithm,
                                   void* workspace, size_t bytes, const float* beta, const Tensor* yd, void* y) {
    return run(handle, FPROP, xd, x, fd, filters, yd, y, conv, algorithm, workspace, bytes, alpha, beta);
}

EXPORT int cudnnConvolutionBackwardData(Handle* handle, const float* alpha, const Filter* fd, const void* filters,
                                        const Tensor* yd, const void* y, const Convolution* conv, int algorithm,
                                        void* workspace, size_t bytes, const float* beta, const Tensor* xd, void* x) {
    return run(handle, DGRAD, xd, x, fd, filters, yd, y, conv, algorithm, workspace, bytes, alpha, beta);
}

EXPORT int cudnnConvolutionBackwardFilter(Handle* handle, const float* alpha, const Tensor* xd, const void* x,
                                          const Tensor* yd, const void* y, const Convolution* conv, int algorithm,
                                          void* workspace, size_t bytes, const float* beta, const Filter* fd,
                                          void* filters) {
    return run(handle, WGRAD, xd, x, fd, filters, yd, y, conv, algorithm, workspace, bytes, alpha, beta);
}

static int size_of_workspace(const Tensor* x, const Filter* f, const Tensor* y, const Convolution* c, int algorithm,
                             size_t* bytes) {
    if (!fits(x, f, y, c)) return BAD_PARAM;
    *bytes = algorithm == ORDERED ? WORKSPACE : 0;
    return SUCCESS;
}

EXPORT int cudnnGetConvolutionForwardWorkspaceSize(Handle* handle, const Tensor* xd, const Filter* fd,
                                                   const Convolution* conv, const Tensor* yd, int algorithm,
                                                   size_t* bytes) {
    return handle ? size_of_workspace(xd, fd, yd, conv, algorithm, bytes) : BAD_PARAM;
}

EXPORT int cudnnGetConvolutionBackwardDataWorkspaceSize(Handle* handle, const Filter* fd, const Tensor* yd,
                                                        const Convolution* conv, const Tensor* xd, int algorithm,
                                                        size_t* bytes) {
    return handle ? size_of_workspace(xd, fd, yd, conv, algorithm, bytes) : BAD_PARAM;
}

EXPORT int cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle* handle, const Tensor* xd, const Tensor* yd,
                                                          const Convolution* conv, const Filter* fd, int algorithm,
                                                          size_t* bytes) {
    return handle ? size_of_workspace(xd, fd, yd, conv, algorithm, bytes) : BAD_PARAM;
}

static int found(const Tensor* x, const Filter* f, const Tensor* y, const Convolution* c, int most, int* count,
                 Performance* all, size_t bytes) {
    if (!fits(x, f, y, c) || most < 2 || bytes < WORKSPACE) return BAD_PARAM;
    all[0] = (Performance){.algo = UNORDERED, .memory = 0, .math = c->math};
    all[1] = (Performance){
        .algo = ORDERED, .time = 1, .memory = WORKSPACE / 2, .determinism = DETERMINISTIC, .math = c->math};
    *count = 2;
    return SUCCESS;
}

EXPORT int cudnnFindConvolutionForwardAlgorithmEx(Handle* handle, const Tensor* xd, const void* x, const Filter* fd,
                                                  const void* filters, const Convolution* conv, const Tensor* yd,
                                                  void* y, int most, int* count, Performance* all, void* workspace,
                                                  size_t bytes) {
    return handle && x && filters && y && workspace ? found(xd, fd, yd, conv, most, count, all, bytes) : BAD_PARAM;
}

EXPORT int cudnnFindConvolutionBackwardDataAlgorithmEx(Handle* handle, const Filter* fd, const void* filters,
                                                       const Tensor* yd, const void* y, const Convolution* conv,
                                                       const Tensor* xd, void* x, int most, int* count,
                                                       Performance* all, void* workspace, size_t bytes) {
    return handle && x && filters && y && workspace ? found(xd, fd, yd, conv, most, count, all, bytes) : BAD_PARAM;
}

EXPORT int cudnnFindConvolutionBackwardFilterAlgorithmEx(Handle* handle, const Tensor* xd, const void* x,
                                                         const Tensor* yd, const void* y, const Convolution* conv,
                                                         const Filter* fd, void* filters, int most, int* count,
                                                         Performance* all, void* workspace, size_t bytes) {
    return handle && x && filters && y && workspace ? found(xd, fd, yd, conv, most, count, all, bytes) : BAD_PARAM;
}
