// Kernels: their attributes, occupancy, and launches.
#include <algorithm>
#include <cstring>

#include "driver/call.h"
#include "driver/capture.h"
#include "driver/device.h"
#include "driver/engine.h"
#include "driver/occupancy.h"
#include "exec/code.h"

namespace softcuda::driver {

namespace {

enum : int {
    kMaxThreadsPerBlock = 0,
    kSharedBytes,
    kConstBytes,
    kLocalBytes,
    kRegisters,
    kPtxVersion,
    kBinaryVersion,
    kCacheModeCa,
    kMaxDynamicShared,
    kCarveout,
    kClusterSizeMustBeSet,
    kClusterWidth,
    kClusterHeight,
    kClusterDepth,
    kNonPortableCluster,
    kClusterScheduling,
    kFunctionAttributes,
};

uint32_t most_dynamic_shared(const Function& function) {
    const uint32_t optin = uint32_t(device_model().sharedPerBlockOptin);
    return function.kernel->staticShared < optin ? optin - function.kernel->staticShared : 0;
}

template <class Body> CUresult with_function(CUfunction handle, Body&& body) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto function = find<Function>(handle);
        if (!function) return CUDA_ERROR_INVALID_HANDLE;
        return body(context, *function);
    });
}

CUresult pack_pointers(const Kernel& kernel, void** values, std::vector<uint8_t>& block) {
    block.resize(kernel.parameterBytes);
    if (kernel.parameters.empty()) return CUDA_SUCCESS;
    if (!values) return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < kernel.parameters.size(); ++i) {
        if (!values[i]) return CUDA_ERROR_INVALID_VALUE;
        std::memcpy(block.data() + kernel.parameters[i].offset, values[i], kernel.parameters[i].bytes);
    }
    return CUDA_SUCCESS;
}

// `extra` is a list of keys and values, ended by a key 0: the buffer's address, and the address of its size.
CUresult pack_extra(const Kernel& kernel, void** extra, std::vector<uint8_t>& block) {
    const void* buffer = nullptr;
    size_t size = 0;
    for (int i = 0; i < 8 && extra[i] != nullptr; i += 2) {
        switch (reinterpret_cast<uintptr_t>(extra[i])) {
            case CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT: buffer = extra[i + 1]; break;
            case CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT:
                if (!extra[i + 1]) return CUDA_ERROR_INVALID_VALUE;
                size = *static_cast<const size_t*>(extra[i + 1]);
                break;
            default: return CUDA_ERROR_INVALID_VALUE;
        }
    }
    if (size < kernel.parameterBytes || (size && !buffer)) return CUDA_ERROR_INVALID_VALUE;
    const auto* bytes = static_cast<const uint8_t*>(buffer);
    block.assign(bytes, bytes + kernel.parameterBytes);
    return CUDA_SUCCESS;
}

constexpr uint32_t kPortableCluster = 8;

}  // namespace

CUresult choose_cluster(const Function& function, const uint32_t* asked, KernelWork& work) {
    const Kernel& kernel = *function.kernel;
    const bool byLaunch = asked[0] != 0, byKernel = kernel.requiredCluster[0] != 0;
    work.explicitCluster = byLaunch || byKernel;
    if (!work.explicitCluster) {
        std::fill(work.cluster, work.cluster + 3, 1);
        return CUDA_SUCCESS;
    }
    uint64_t blocks = 1;
    for (int i = 0; i < 3; ++i) {
        work.cluster[i] = byLaunch ? asked[i] : kernel.requiredCluster[i];
        if (byLaunch && byKernel && asked[i] != kernel.requiredCluster[i]) return CUDA_ERROR_INVALID_VALUE;
        if (work.cluster[i] == 0 || work.grid[i] % work.cluster[i]) return CUDA_ERROR_INVALID_VALUE;
        blocks *= work.cluster[i];
        if (blocks > kMaxCluster) return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    }
    if (blocks > kPortableCluster && !function.nonPortableCluster) return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    if (blocks > 1 && device_model().major < 9) return CUDA_ERROR_NOT_SUPPORTED;
    return CUDA_SUCCESS;
}

namespace {

CUresult check_shape(const Function& function, const LaunchArguments& a) {
    const DeviceModel& model = device_model();
    const Kernel& kernel = *function.kernel;
    for (int i = 0; i < 3; ++i) {
        if (a.grid[i] == 0 || a.grid[i] > uint32_t(model.maxGrid[i])) return CUDA_ERROR_INVALID_VALUE;
        if (a.block[i] == 0 || a.block[i] > uint32_t(model.maxBlock[i])) return CUDA_ERROR_INVALID_VALUE;
        if (kernel.requiredBlock[0] && a.block[i] != kernel.requiredBlock[i]) return CUDA_ERROR_INVALID_VALUE;
    }
    const uint64_t threads = uint64_t(a.block[0]) * a.block[1] * a.block[2];
    if (threads > uint32_t(model.maxThreadsPerBlock) || threads > kernel.maxThreads) return CUDA_ERROR_INVALID_VALUE;
    if (a.dynamicShared > function.maxDynamicShared) return CUDA_ERROR_INVALID_VALUE;
    if (a.cooperative) {
        const uint64_t blocks = uint64_t(a.grid[0]) * a.grid[1] * a.grid[2];
        const uint64_t resident =
            uint64_t(resident_blocks(kernel, uint32_t(threads), a.dynamicShared)) * model.multiprocessors;
        if (blocks > resident) return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
    }
    return CUDA_SUCCESS;
}

}  // namespace

CUresult make_kernel_work(Context& context, const LaunchArguments& a, KernelWork& work) {
    auto function = find<Function>(a.function);
    if (!function || function->context.get() != &context) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult error = check_shape(*function, a)) return error;
    std::copy(a.grid, a.grid + 3, work.grid);
    if (CUresult error = choose_cluster(*function, a.cluster, work)) return error;
    if (a.parameters && a.extra) return CUDA_ERROR_INVALID_VALUE;
    const CUresult error = a.extra ? pack_extra(*function->kernel, a.extra, work.parameters)
                                   : pack_pointers(*function->kernel, a.parameters, work.parameters);
    if (error) return error;
    std::copy(a.block, a.block + 3, work.block);
    work.dynamicShared = a.dynamicShared;
    work.cooperative = a.cooperative;
    work.programmatic = a.programmatic;
    work.function = std::move(function);
    return CUDA_SUCCESS;
}

namespace {

CUresult launch(const LaunchArguments& arguments, CUstream stream) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        KernelWork work;
        if (CUresult error = make_kernel_work(*context, arguments, work)) return error;
        return submit(context, stream, std::move(work));
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                     unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                                     CUstream stream, void** parameters, void** extra) {
    return launch({function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, false, parameters, extra},
                  stream);
}

SOFTCUDA_API CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                                unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                                                CUstream stream, void** parameters) {
    return launch({function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, true, parameters, nullptr},
                  stream);
}

// Kernels of a stream run one after the other, so that one which may begin while its predecessor ends (programmatic stream
// serialisation) begins when it has. What else an attribute may ask for is refused, except for hints.
SOFTCUDA_API CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters,
                                       void** extra) {
    if (!config || (config->numAttrs && !config->attrs)) return CUDA_ERROR_INVALID_VALUE;
    LaunchArguments arguments{function,
                              {config->gridDimX, config->gridDimY, config->gridDimZ},
                              {config->blockDimX, config->blockDimY, config->blockDimZ},
                              config->sharedMemBytes,
                              false,
                              parameters,
                              extra};
    for (unsigned i = 0; i < config->numAttrs; ++i) {
        const CUlaunchAttributeValue& value = config->attrs[i].value;
        switch (config->attrs[i].id) {
            case CU_LAUNCH_ATTRIBUTE_COOPERATIVE: arguments.cooperative = value.cooperative != 0; break;
            case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
                if (!value.clusterDim[0] || !value.clusterDim[1] || !value.clusterDim[2])
                    return CUDA_ERROR_INVALID_VALUE;
                std::copy(value.clusterDim, value.clusterDim + 3, arguments.cluster);
                break;
            case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
                arguments.programmatic = value.programmaticStreamSerializationAllowed != 0;
                if (arguments.programmatic && device_model().major < 9) return CUDA_ERROR_NOT_SUPPORTED;
                break;
            case CU_LAUNCH_ATTRIBUTE_IGNORE:
            case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
            case CU_LAUNCH_ATTRIBUTE_PRIORITY:
            case CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION:
            case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: break;
            default: return CUDA_ERROR_NOT_SUPPORTED;
        }
    }
    return launch(arguments, config->hStream);
}

SOFTCUDA_API CUresult cuFuncGetModule(CUmodule* out, CUfunction handle) {
    return with_function(handle, [&](const auto&, Function& function) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUmodule>(function.module);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuFuncGetName(const char** name, CUfunction handle) {
    return with_function(handle, [&](const auto&, Function& function) -> CUresult {
        if (!name) return CUDA_ERROR_INVALID_VALUE;
        *name = function.kernel->name.c_str();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction handle) {
    return with_function(handle, [&](const auto&, Function& function) -> CUresult {
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        const Kernel& kernel = *function.kernel;
        const DeviceModel& model = device_model();
        switch (attribute) {
            case kMaxThreadsPerBlock:
                *value = int(std::min<uint32_t>(kernel.maxThreads, uint32_t(model.maxThreadsPerBlock)));
                break;
            case kSharedBytes: *value = int(kernel.staticShared); break;
            case kConstBytes: *value = int(kernel.constBytes); break;
            case kLocalBytes: *value = int(kernel.localBytes); break;
            case kRegisters: *value = int(kernel.registers); break;
            case kPtxVersion: *value = int(kernel.ptxVersion); break;
            case kBinaryVersion: *value = model.major * 10 + model.minor; break;
            case kCacheModeCa: *value = 0; break;
            case kMaxDynamicShared: *value = int(function.maxDynamicShared); break;
            case kCarveout: *value = function.carveout; break;
            case kClusterSizeMustBeSet: *value = 0; break;
            case kClusterWidth:
            case kClusterHeight:
            case kClusterDepth: *value = int(kernel.requiredCluster[attribute - kClusterWidth]); break;
            case kNonPortableCluster: *value = function.nonPortableCluster; break;
            case kClusterScheduling: *value = 0; break;
            default: return CUDA_ERROR_INVALID_VALUE;
        }
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuFuncSetAttribute(CUfunction handle, int attribute, int value) {
    return with_function(handle, [&](const auto&, Function& function) -> CUresult {
        switch (attribute) {
            case kMaxDynamicShared:
                if (value < 0 || uint32_t(value) > most_dynamic_shared(function)) return CUDA_ERROR_INVALID_VALUE;
                function.maxDynamicShared = uint32_t(value);
                return CUDA_SUCCESS;
            case kCarveout:
                if (value < -1 || value > 100) return CUDA_ERROR_INVALID_VALUE;
                function.carveout = value;
                return CUDA_SUCCESS;
            case kNonPortableCluster:
                if (value != 0 && value != 1) return CUDA_ERROR_INVALID_VALUE;
                function.nonPortableCluster = value;
                return CUDA_SUCCESS;
            case kClusterScheduling: return value >= 0 && value <= 2 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
            default: return CUDA_ERROR_INVALID_VALUE;
        }
    });
}

SOFTCUDA_API CUresult cuFuncSetCacheConfig(CUfunction handle, int config) {
    return with_function(handle, [&](const auto&, Function&) -> CUresult {
        return config >= 0 && config <= 3 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}

SOFTCUDA_API CUresult cuFuncSetSharedMemConfig(CUfunction handle, int config) {
    return with_function(handle, [&](const auto&, Function&) -> CUresult {
        return config >= 0 && config <= 2 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}
