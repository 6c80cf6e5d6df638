#include "peer.h"

#include <dlfcn.h>

bool openblas_sgemm(int n, const float* a, const float* b, float* c) {
    using Sgemm = void(int order, int transA, int transB, int m, int n, int k, float alpha, const float* a, int lda, const float* b,
                       int ldb, float beta, float* c, int ldc);
    static Sgemm* const sgemm = [] {
        void* library = dlopen("libopenblas.so.0", RTLD_NOW);
        return library ? reinterpret_cast<Sgemm*>(dlsym(library, "cblas_sgemm")) : nullptr;
    }();
    if (!sgemm) return false;
    constexpr int kRowMajor = 101, kNoTranspose = 111;
    sgemm(kRowMajor, kNoTranspose, kNoTranspose, n, n, n, 1.0f, a, n, b, n, 0.0f, c, n);
    return true;
}
