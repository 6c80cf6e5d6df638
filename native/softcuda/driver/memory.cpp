// Device memory, pinned host memory, and the stream-ordered pool. All of it is cut from one arena; freeing takes effect at
// once, since all earlier work is done when a call comes.
#include "driver/call.h"
#include "driver/capture.h"
#include "driver/device.h"
#include "driver/engine.h"

namespace softcuda::driver {

namespace {

CUresult allocate(const std::shared_ptr<Context>& context, size_t bytes, Arena::Kind kind, uint64_t& address) {
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    address = arena().allocate(bytes, kind == Arena::Kind::PinnedHost ? 4096 : 512, kind);
    if (!address) return CUDA_ERROR_OUT_OF_MEMORY;
    std::lock_guard<std::mutex> lock(context->mutex);
    context->memory.insert(address);
    return CUDA_SUCCESS;
}

CUresult release(const std::shared_ptr<Context>& context, uint64_t address, Arena::Kind kind) {
    if (!address) return CUDA_SUCCESS;
    Arena::Allocation found;
    if (!arena().find(address, found) || !found.live || found.begin != address || found.kind != kind)
        return CUDA_ERROR_INVALID_VALUE;
    {
        std::lock_guard<std::mutex> lock(context->mutex);
        if (!context->memory.erase(address))
            return CUDA_ERROR_INVALID_VALUE;  // a module's variable, or another context's
    }
    return arena().release(address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// An allocation in a capture is made at once and belongs to the graph.
CUresult allocate_in_stream(const std::shared_ptr<Context>& context, CUdeviceptr* out, size_t bytes, CUstream handle) {
    if (!out) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Stream> stream;
    if (CUresult error = resolve_stream(*context, handle, stream)) return error;
    std::shared_ptr<Graph> graph;
    if (stream) {
        std::lock_guard<std::mutex> lock(capture_mutex());
        if (stream->capture) {
            if (stream->capture->invalid) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
            graph = stream->capture->graph;
        }
    }
    uint64_t address = 0;
    if (!graph) {
        if (CUresult error = allocate(context, bytes, Arena::Kind::Device, address)) return error;
        *out = address;
        return CUDA_SUCCESS;
    }
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    address = arena().allocate(bytes, 512, Arena::Kind::Device);
    if (!address) return CUDA_ERROR_OUT_OF_MEMORY;
    auto owned = std::make_shared<OwnedMemory>(address);
    if (CUresult error = submit(context, handle, AllocateWork{address, bytes})) return error;
    std::lock_guard<std::mutex> lock(capture_mutex());
    graph->memory.push_back(std::move(owned));
    *out = address;
    return CUDA_SUCCESS;
}

// The default pool is a view of the arena; its attributes are kept so that what was set can be read back.
Pool& default_pool() {
    static Pool* const pool = new Pool;
    return *pool;
}

std::shared_ptr<Pool> default_pool_handle() {
    static const std::shared_ptr<Pool> pool = [] {
        std::shared_ptr<Pool> p(&default_pool(), [](Pool*) {});
        publish(p);
        return p;
    }();
    return pool;
}

CUresult device_pool(CUmemoryPool* out, CUdevice device) {
    return call([&]() -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        if (device < 0 || device >= device_count()) return CUDA_ERROR_INVALID_DEVICE;
        *out = reinterpret_cast<CUmemoryPool>(default_pool_handle()->handle);
        return CUDA_SUCCESS;
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuMemGetInfo_v2(size_t* available, size_t* total) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (available) *available = arena().available();
        if (total) *total = arena().total();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = unsafe_during_capture()) return error;
        uint64_t address = 0;
        if (CUresult error = allocate(context, bytes, Arena::Kind::Device, address)) return error;
        *out = address;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemAllocPitch_v2(CUdeviceptr* out, size_t* pitch, size_t width, size_t height,
                                         unsigned elementSize) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || !pitch || !width || !height || (elementSize != 4 && elementSize != 8 && elementSize != 16))
            return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = unsafe_during_capture()) return error;
        size_t row = 0, bytes = 0;
        if (__builtin_add_overflow(width, size_t(511), &row)) return CUDA_ERROR_INVALID_VALUE;
        row &= ~size_t(511);
        if (__builtin_mul_overflow(row, height, &bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
        uint64_t address = 0;
        if (CUresult error = allocate(context, bytes, Arena::Kind::Device, address)) return error;
        *out = address;
        *pitch = row;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemFree_v2(CUdeviceptr address) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (CUresult error = unsafe_during_capture()) return error;
        return release(context, address, Arena::Kind::Device);
    });
}

SOFTCUDA_API CUresult cuMemAllocAsync(CUdeviceptr* out, size_t bytes, CUstream stream) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        return allocate_in_stream(context, out, bytes, stream);
    });
}

SOFTCUDA_API CUresult cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t bytes, CUmemoryPool pool, CUstream stream) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!find<Pool>(pool)) return CUDA_ERROR_INVALID_HANDLE;
        return allocate_in_stream(context, out, bytes, stream);
    });
}

SOFTCUDA_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        int status = CU_STREAM_CAPTURE_STATUS_NONE;
        if (stream) {
            std::lock_guard<std::mutex> lock(capture_mutex());
            if (stream->capture) status = CU_STREAM_CAPTURE_STATUS_ACTIVE;
        }
        if (status == CU_STREAM_CAPTURE_STATUS_ACTIVE) return submit(context, handle, FreeWork{address});
        return release(context, address, Arena::Kind::Device);
    });
}

// ---- pinned host memory: also device memory, at the same address -------------------------------------------------------

SOFTCUDA_API CUresult cuMemHostAlloc(void** out, size_t bytes, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || flags > 7) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = unsafe_during_capture()) return error;
        uint64_t address = 0;
        if (CUresult error = allocate(context, bytes, Arena::Kind::PinnedHost, address)) return error;
        *out = reinterpret_cast<void*>(address);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemAllocHost_v2(void** out, size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

SOFTCUDA_API CUresult cuMemFreeHost(void* pointer) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (CUresult error = unsafe_during_capture()) return error;
        return release(context, reinterpret_cast<uint64_t>(pointer), Arena::Kind::PinnedHost);
    });
}

SOFTCUDA_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* pointer, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        Arena::Allocation found;
        if (!out || flags != 0) return CUDA_ERROR_INVALID_VALUE;
        const uint64_t address = reinterpret_cast<uint64_t>(pointer);
        if (!arena().find(address, found) || !found.live || found.kind != Arena::Kind::PinnedHost)
            return CUDA_ERROR_INVALID_VALUE;
        *out = address;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemHostGetFlags(unsigned* flags, void* pointer) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        Arena::Allocation found;
        if (!flags || !arena().find(reinterpret_cast<uint64_t>(pointer), found) || !found.live
            || found.kind != Arena::Kind::PinnedHost)
            return CUDA_ERROR_INVALID_VALUE;
        *flags = 2;  // mapped for the device, as all pinned memory is
        return CUDA_SUCCESS;
    });
}

// ---- questions about pointers --------------------------------------------------------------------------------------------

SOFTCUDA_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        Arena::Allocation found;
        if (!arena().find(address, found) || !found.live) return CUDA_ERROR_NOT_FOUND;
        if (base) *base = found.begin;
        if (bytes) *bytes = found.bytes;
        return CUDA_SUCCESS;
    });
}

namespace softcuda::driver {

namespace {

enum : int {
    kPointerContext = 1,
    kPointerMemoryType,
    kPointerDevice,
    kPointerHost,
    kPointerSyncMemops = 6,
    kPointerBufferId,
    kPointerIsManaged,
    kPointerOrdinal,
    kPointerRangeStart = 11,
    kPointerRangeSize,
    kPointerMapped,
};

template <class T> CUresult put(void* data, T value) {
    *static_cast<T*>(data) = value;
    return CUDA_SUCCESS;
}

CUresult pointer_attribute(Context& context, void* data, int attribute, uint64_t address,
                           const Arena::Allocation& found) {
    const bool host = found.kind == Arena::Kind::PinnedHost;
    switch (attribute) {
        case kPointerContext: return put(data, reinterpret_cast<CUcontext>(context.handle));
        case kPointerMemoryType: return put(data, unsigned(host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE));
        case kPointerDevice: return put(data, CUdeviceptr(address));
        case kPointerHost:
            if (!host) return CUDA_ERROR_INVALID_VALUE;
            return put(data, reinterpret_cast<void*>(address));
        case kPointerSyncMemops: return put(data, int(1));
        case kPointerBufferId: return put(data, static_cast<unsigned long long>(found.serial));
        case kPointerIsManaged: return put(data, int(0));
        case kPointerOrdinal: return put(data, context.device);
        case kPointerRangeStart: return put(data, CUdeviceptr(found.begin));
        case kPointerRangeSize: return put(data, size_t(found.bytes));
        case kPointerMapped: return put(data, int(1));
    }
    return attribute < 1 || attribute > 21 ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_NOT_SUPPORTED;
}

}  // namespace

}  // namespace softcuda::driver

SOFTCUDA_API CUresult cuPointerGetAttribute(void* data, int attribute, CUdeviceptr address) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        Arena::Allocation found;
        if (!data || !arena().find(address, found) || !found.live) return CUDA_ERROR_INVALID_VALUE;
        return pointer_attribute(*context, data, attribute, address, found);
    });
}

// A pointer that is unknown gives zeros here, not an error.
SOFTCUDA_API CUresult cuPointerGetAttributes(unsigned count, int* attributes, void** data, CUdeviceptr address) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!attributes || !data) return CUDA_ERROR_INVALID_VALUE;
        Arena::Allocation found;
        const bool known = arena().find(address, found) && found.live;
        for (unsigned i = 0; i < count; ++i) {
            const int attribute = attributes[i];
            if (!data[i] || attribute < 1 || attribute > 21) return CUDA_ERROR_INVALID_VALUE;
            if (known && pointer_attribute(*context, data[i], attribute, address, found) == CUDA_SUCCESS) continue;
            const bool wide = attribute <= kPointerHost || attribute == kPointerBufferId
                              || attribute == kPointerRangeStart || attribute == kPointerRangeSize;
            if (wide && attribute != kPointerMemoryType) put(data[i], uint64_t(0));
            else put(data[i], attribute == kPointerOrdinal ? -2 : 0);
        }
        return CUDA_SUCCESS;
    });
}

// ---- the default pool ------------------------------------------------------------------------------------------------------

SOFTCUDA_API CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* out, CUdevice device) { return device_pool(out, device); }
SOFTCUDA_API CUresult cuDeviceGetMemPool(CUmemoryPool* out, CUdevice device) { return device_pool(out, device); }

SOFTCUDA_API CUresult cuMemPoolTrimTo(CUmemoryPool handle, size_t) {
    return call([&]() -> CUresult { return find<Pool>(handle) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

SOFTCUDA_API CUresult cuMemPoolSetAttribute(CUmemoryPool handle, int attribute, void* value) {
    return call([&]() -> CUresult {
        auto pool = find<Pool>(handle);
        if (!pool) return CUDA_ERROR_INVALID_HANDLE;
        if (!value || attribute < 1 || attribute > 8) return CUDA_ERROR_INVALID_VALUE;
        if (attribute <= 3) pool->reuse[attribute - 1] = *static_cast<int*>(value);
        if (attribute == 4) pool->releaseThreshold = *static_cast<uint64_t*>(value);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuMemPoolGetAttribute(CUmemoryPool handle, int attribute, void* value) {
    return call([&]() -> CUresult {
        auto pool = find<Pool>(handle);
        if (!pool) return CUDA_ERROR_INVALID_HANDLE;
        if (!value || attribute < 1 || attribute > 8) return CUDA_ERROR_INVALID_VALUE;
        if (attribute <= 3) return put(value, pool->reuse[attribute - 1].load());
        return put(value, attribute == 4 ? pool->releaseThreshold.load() : arena().used());
    });
}
