// Contexts: the primary one and those the program creates, and each thread's stack of them.
#include <cstdlib>

#include "driver/call.h"
#include "driver/capture.h"
#include "driver/device.h"

namespace softcuda::driver {

namespace {

std::atomic<bool> initialisedFlag{false};
std::atomic<uint64_t> nextContextId{1};

thread_local std::vector<std::shared_ptr<Context>> stack;
const std::shared_ptr<Context> kNone;

struct Primary {
    std::mutex mutex;
    std::shared_ptr<Context> context;
    int retained = 0;
    unsigned flags = 0;
};

// For a device that exists.
Primary& primary(CUdevice device) {
    static Primary* const all = new Primary[size_t(device_count())];
    return all[device];
}

bool exists(CUdevice device) { return device >= 0 && device < device_count(); }

std::shared_ptr<Context> make_context(CUdevice device, unsigned flags, bool isPrimary) {
    auto context = std::make_shared<Context>();
    context->device = device;
    context->flags = flags;
    context->primary = isPrimary;
    publish(context);
    return context;
}

// Ends the context: everything made in it goes, and so does its handle.
void destroy(const std::shared_ptr<Context>& context) {
    Handles::table().remove(Kind::Context, context->handle);
    context->destroyed = true;
    std::lock_guard<std::mutex> lock(context->mutex);
    const auto drop = [](std::unordered_set<uint64_t>& handles, Kind kind) {
        for (uint64_t handle : handles) Handles::table().remove(kind, handle);
        handles.clear();
    };
    for (uint64_t handle : context->modules) {
        auto module = retire<LoadedModule>(handle);
        if (!module) continue;
        std::lock_guard<std::mutex> moduleLock(module->mutex);
        for (const auto& entry : module->functions) Handles::table().remove(Kind::Function, entry.second);
    }
    context->modules.clear();
    abandon_captures(*context);
    drop(context->streams, Kind::Stream);
    drop(context->events, Kind::Event);
    for (uint64_t handle : context->graphs)
        if (auto graph = retire<Graph>(handle)) graph->clear();
    context->graphs.clear();
    drop(context->execs, Kind::GraphExec);
    for (uint64_t address : context->memory) arena().release(address);
    context->memory.clear();
}

CUresult limit_of(Context& context, int limit, std::atomic<size_t>*& out) {
    if (limit < 0 || limit >= 7) return CUDA_ERROR_UNSUPPORTED_LIMIT;
    out = &context.limits[limit];
    return CUDA_SUCCESS;
}

// The context that `handle` names; with a null handle the current one.
std::shared_ptr<Context> context_of(CUcontext handle) { return handle ? find<Context>(handle) : current_context(); }

}  // namespace

Context::Context() : id(nextContextId++) {
    const size_t defaults[7] = {1024, 1 << 20, 8 << 20, 2, 2048, 64, 0};
    for (int i = 0; i < 7; ++i) limits[i] = defaults[i];
}

bool initialised() { return initialisedFlag.load(std::memory_order_acquire); }

const std::shared_ptr<Context>& current_context() { return stack.empty() ? kNone : stack.back(); }

CUresult check_context() {
    if (!initialised()) return CUDA_ERROR_NOT_INITIALIZED;
    const std::shared_ptr<Context>& context = current_context();
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    if (context->destroyed.load(std::memory_order_relaxed)) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    return context->fault.load(std::memory_order_relaxed);
}

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuInit(unsigned flags) {
    return guarded([&]() -> CUresult {
        if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
        device_model();
        initialisedFlag.store(true, std::memory_order_release);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device) {
    return call([&]() -> CUresult {
        if (!out || (flags & ~0xffu) || (flags & 7) == 3 || (flags & 7) > 4) return CUDA_ERROR_INVALID_VALUE;
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        arena();
        auto context = make_context(device, flags, false);
        stack.push_back(context);
        *out = reinterpret_cast<CUcontext>(context->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxDestroy_v2(CUcontext handle) {
    return call([&]() -> CUresult {
        auto context = find<Context>(handle);
        if (!context || context->primary) return CUDA_ERROR_INVALID_CONTEXT;
        destroy(context);
        if (!stack.empty() && stack.back() == context) stack.pop_back();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxAttach(CUcontext* out, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || flags != 0) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUcontext>(context->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxDetach(CUcontext handle) { return cuCtxDestroy_v2(handle); }

SOFTCUDA_API CUresult cuCtxPushCurrent_v2(CUcontext handle) {
    return call([&]() -> CUresult {
        auto context = find<Context>(handle);
        if (!context) return CUDA_ERROR_INVALID_CONTEXT;
        stack.push_back(context);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxPopCurrent_v2(CUcontext* out) {
    return call([&]() -> CUresult {
        if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
        if (out) *out = reinterpret_cast<CUcontext>(stack.back()->handle);
        stack.pop_back();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxSetCurrent(CUcontext handle) {
    return call([&]() -> CUresult {
        if (!handle) {
            if (!stack.empty()) stack.pop_back();
            return CUDA_SUCCESS;
        }
        auto context = find<Context>(handle);
        if (!context) return CUDA_ERROR_INVALID_CONTEXT;
        if (stack.empty()) stack.push_back(context);
        else stack.back() = context;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetCurrent(CUcontext* out) {
    return call([&]() -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        const auto& context = current_context();
        *out = context ? reinterpret_cast<CUcontext>(context->handle) : nullptr;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetDevice(CUdevice* device) {
    return call([&]() -> CUresult {
        if (!device) return CUDA_ERROR_INVALID_VALUE;
        if (!current_context()) return CUDA_ERROR_INVALID_CONTEXT;
        *device = current_context()->device;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxSynchronize() {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult { return unsafe_during_capture(); });
}

SOFTCUDA_API CUresult cuCtxGetFlags(unsigned* flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!flags) return CUDA_ERROR_INVALID_VALUE;
        *flags = context->flags;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetId(CUcontext handle, unsigned long long* id) {
    return call([&]() -> CUresult {
        if (!id) return CUDA_ERROR_INVALID_VALUE;
        auto context = context_of(handle);
        if (!context) return CUDA_ERROR_INVALID_CONTEXT;
        *id = context->id;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetApiVersion(CUcontext handle, unsigned* version) {
    return call([&]() -> CUresult {
        if (!version) return CUDA_ERROR_INVALID_VALUE;
        if (!context_of(handle)) return CUDA_ERROR_INVALID_CONTEXT;
        *version = 3020;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetLimit(size_t* value, int limit) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        std::atomic<size_t>* slot = nullptr;
        if (CUresult error = limit_of(*context, limit, slot)) return error;
        *value = *slot;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxSetLimit(int limit, size_t value) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        std::atomic<size_t>* slot = nullptr;
        if (CUresult error = limit_of(*context, limit, slot)) return error;
        *slot = value;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetCacheConfig(int* config) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!config) return CUDA_ERROR_INVALID_VALUE;
        *config = context->cacheConfig;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxSetCacheConfig(int config) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (config < 0 || config > 3) return CUDA_ERROR_INVALID_VALUE;
        context->cacheConfig = config;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetSharedMemConfig(int* config) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!config) return CUDA_ERROR_INVALID_VALUE;
        *config = context->sharedConfig;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxSetSharedMemConfig(int config) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (config < 0 || config > 2) return CUDA_ERROR_INVALID_VALUE;
        context->sharedConfig = config;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (least) *least = 0;
        if (greatest) *greatest = -5;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuCtxEnablePeerAccess(CUcontext, unsigned) {
    return in_context([](const std::shared_ptr<Context>&) -> CUresult { return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED; });
}

SOFTCUDA_API CUresult cuCtxDisablePeerAccess(CUcontext) {
    return in_context([](const std::shared_ptr<Context>&) -> CUresult { return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED; });
}

// ---- the primary contexts, one for each device -------------------------------------------------------------------------

SOFTCUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice device) {
    return call([&]() -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        arena();
        Primary& p = primary(device);
        std::lock_guard<std::mutex> lock(p.mutex);
        if (!p.context) p.context = make_context(device, p.flags, true);
        ++p.retained;
        *out = reinterpret_cast<CUcontext>(p.context->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return call([&]() -> CUresult {
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        Primary& p = primary(device);
        std::lock_guard<std::mutex> lock(p.mutex);
        if (p.retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
        if (--p.retained == 0) {
            destroy(p.context);
            p.context = nullptr;
        }
        return CUDA_SUCCESS;
    });
}

// Destroys what is in the primary context, and with it a sticky fault. References stay retained; the next retain makes a
// fresh context.
SOFTCUDA_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    return call([&]() -> CUresult {
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        Primary& p = primary(device);
        std::lock_guard<std::mutex> lock(p.mutex);
        if (p.context) destroy(p.context);
        p.context = nullptr;
        p.retained = 0;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
    return call([&]() -> CUresult {
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        if ((flags & ~0xffu) || (flags & 7) == 3 || (flags & 7) > 4) return CUDA_ERROR_INVALID_VALUE;
        Primary& p = primary(device);
        std::lock_guard<std::mutex> lock(p.mutex);
        p.flags = flags;
        if (p.context) p.context->flags = flags;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    return call([&]() -> CUresult {
        if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
        if (!flags || !active) return CUDA_ERROR_INVALID_VALUE;
        Primary& p = primary(device);
        std::lock_guard<std::mutex> lock(p.mutex);
        *flags = p.flags;
        *active = p.context != nullptr;
        return CUDA_SUCCESS;
    });
}
