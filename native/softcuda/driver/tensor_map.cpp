// Tensor maps: cuTensorMapEncodeTiled, cuTensorMapEncodeIm2col, cuTensorMapReplaceAddress.
#include <cstring>

#include "async/encode.h"
#include "driver/call.h"
#include "driver/device.h"

namespace softcuda::driver {
namespace {

// The object's place must be aligned as the kernel's parameter is.
bool well_placed(const void* map) { return map != nullptr && reinterpret_cast<uintptr_t>(map) % 64 == 0; }

CUresult put(void* to, Encoded encoded, const TensorMap& map) {
    if (encoded == Encoded::Invalid) return CUDA_ERROR_INVALID_VALUE;
    if (encoded == Encoded::Unsupported || device_model().major < 9) return CUDA_ERROR_NOT_SUPPORTED;
    std::memset(to, 0, kTensorMapBytes);
    std::memcpy(to, &map, sizeof map);
    return CUDA_SUCCESS;
}

}  // namespace
}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuTensorMapEncodeTiled(void* map, int type, uint32_t rank, void* address, const uint64_t* size,
                                             const uint64_t* stride, const uint32_t* box, const uint32_t* step,
                                             int interleave, int swizzle, int promotion, int fill) {
    return call([&]() -> CUresult {
        if (!well_placed(map) || type < 0) return CUDA_ERROR_INVALID_VALUE;
        TensorMap made;
        const TensorLayout layout{
            uint32_t(type), rank, reinterpret_cast<uint64_t>(address), size, stride, step, interleave, swizzle,
            promotion,      fill};
        return put(map, encode_tiled(layout, box, made), made);
    });
}

SOFTCUDA_API CUresult cuTensorMapEncodeIm2col(void* map, int type, uint32_t rank, void* address, const uint64_t* size,
                                              const uint64_t* stride, const int* lower, const int* upper,
                                              uint32_t channels, uint32_t pixels, const uint32_t* step, int interleave,
                                              int swizzle, int promotion, int fill) {
    return call([&]() -> CUresult {
        if (!well_placed(map) || type < 0) return CUDA_ERROR_INVALID_VALUE;
        TensorMap made;
        const TensorLayout layout{
            uint32_t(type), rank, reinterpret_cast<uint64_t>(address), size, stride, step, interleave, swizzle,
            promotion,      fill};
        return put(map, encode_im2col(layout, lower, upper, channels, pixels, made), made);
    });
}

SOFTCUDA_API CUresult cuTensorMapReplaceAddress(void* map, void* address) {
    return call([&]() -> CUresult {
        if (!well_placed(map) || reinterpret_cast<uintptr_t>(address) % 16) return CUDA_ERROR_INVALID_VALUE;
        TensorMap old;
        std::memcpy(&old, map, sizeof old);
        if (old.magic != kTensorMapMagic) return CUDA_ERROR_INVALID_VALUE;
        old.base = reinterpret_cast<uint64_t>(address);
        std::memcpy(map, &old, sizeof old);
        return CUDA_SUCCESS;
    });
}
