// Copies and fills. The forms differ in how each side is named; all become one CopyWork or FillWork.
#include "driver/call.h"
#include "driver/capture.h"
#include "driver/engine.h"

namespace softcuda::driver {

namespace {

uint64_t address_of(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

// A synchronous copy acts on the legacy stream and may not be captured.
CUresult copy_now(uint64_t to, Side toSide, uint64_t from, Side fromSide, size_t bytes) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (CUresult error = check_synchronous(context)) return error;
        CopyWork work;
        if (CUresult error = make_linear_copy(to, toSide, from, fromSide, bytes, work)) return error;
        return run_work(*context, work);
    });
}

CUresult copy_in(CUstream stream, uint64_t to, Side toSide, uint64_t from, Side fromSide, size_t bytes) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        CopyWork work;
        if (CUresult error = make_linear_copy(to, toSide, from, fromSide, bytes, work)) return error;
        return submit(context, stream, work);
    });
}

template <class Box> CUresult copy_box_now(const Box* copy) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!copy) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = check_synchronous(context)) return error;
        CopyWork work;
        if (CUresult error = make_copy_work(*copy, work)) return error;
        return run_work(*context, work);
    });
}

template <class Box> CUresult copy_box_in(CUstream stream, const Box* copy) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!copy) return CUDA_ERROR_INVALID_VALUE;
        CopyWork work;
        if (CUresult error = make_copy_work(*copy, work)) return error;
        return submit(context, stream, work);
    });
}

CUresult fill_now(const CUDA_MEMSET_NODE_PARAMS& fill) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (CUresult error = check_synchronous(context)) return error;
        FillWork work;
        if (CUresult error = make_fill_work(fill, work)) return error;
        return run_work(*context, work);
    });
}

CUresult fill_in(CUstream stream, const CUDA_MEMSET_NODE_PARAMS& fill) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        FillWork work;
        if (CUresult error = make_fill_work(fill, work)) return error;
        return submit(context, stream, work);
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy_now(to, Side::Unified, from, Side::Unified, bytes);
}
SOFTCUDA_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy_in(stream, to, Side::Unified, from, Side::Unified, bytes);
}
SOFTCUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    return copy_now(to, Side::Device, address_of(from), Side::Host, bytes);
}
SOFTCUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    return copy_in(stream, to, Side::Device, address_of(from), Side::Host, bytes);
}
SOFTCUDA_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    return copy_now(address_of(to), Side::Host, from, Side::Device, bytes);
}
SOFTCUDA_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy_in(stream, address_of(to), Side::Host, from, Side::Device, bytes);
}
SOFTCUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy_now(to, Side::Device, from, Side::Device, bytes);
}
SOFTCUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy_in(stream, to, Side::Device, from, Side::Device, bytes);
}
SOFTCUDA_API CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext,
                                   size_t bytes) {
    if (!find<Context>(toContext) || !find<Context>(fromContext)) return CUDA_ERROR_INVALID_CONTEXT;
    return copy_now(to, Side::Device, from, Side::Device, bytes);
}
SOFTCUDA_API CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext,
                                        size_t bytes, CUstream stream) {
    if (!find<Context>(toContext) || !find<Context>(fromContext)) return CUDA_ERROR_INVALID_CONTEXT;
    return copy_in(stream, to, Side::Device, from, Side::Device, bytes);
}

SOFTCUDA_API CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* copy) { return copy_box_now(copy); }
SOFTCUDA_API CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* copy) { return copy_box_now(copy); }
SOFTCUDA_API CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* copy, CUstream stream) {
    return copy_box_in(stream, copy);
}
SOFTCUDA_API CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D* copy) { return copy_box_now(copy); }
SOFTCUDA_API CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* copy, CUstream stream) {
    return copy_box_in(stream, copy);
}

#define FILLS(BITS, TYPE)                                                                                              \
    SOFTCUDA_API CUresult cuMemsetD##BITS##_v2(CUdeviceptr to, TYPE value, size_t count) {                             \
        return fill_now({to, 0, value, sizeof(TYPE), count, 1});                                                       \
    }                                                                                                                  \
    SOFTCUDA_API CUresult cuMemsetD##BITS##Async(CUdeviceptr to, TYPE value, size_t count, CUstream stream) {          \
        return fill_in(stream, {to, 0, value, sizeof(TYPE), count, 1});                                                \
    }                                                                                                                  \
    SOFTCUDA_API CUresult cuMemsetD2D##BITS##_v2(CUdeviceptr to, size_t pitch, TYPE value, size_t width,               \
                                                 size_t height) {                                                      \
        return fill_now({to, pitch, value, sizeof(TYPE), width, height});                                              \
    }                                                                                                                  \
    SOFTCUDA_API CUresult cuMemsetD2D##BITS##Async(CUdeviceptr to, size_t pitch, TYPE value, size_t width,             \
                                                   size_t height, CUstream stream) {                                   \
        return fill_in(stream, {to, pitch, value, sizeof(TYPE), width, height});                                       \
    }
FILLS(8, unsigned char)
FILLS(16, unsigned short)
FILLS(32, unsigned)
#undef FILLS
