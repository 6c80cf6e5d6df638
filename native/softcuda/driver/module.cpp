// Modules: loading PTX, and finding its entries and variables.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "check/options.h"
#include "driver/call.h"
#include "driver/capture.h"
#include "driver/device.h"
#include "driver/engine.h"
#include "driver/fatbin.h"

namespace softcuda::driver {

namespace {

// The options of cuModuleLoadDataEx that mean something here.
constexpr int kInfoLogBuffer = 3, kInfoLogBytes = 4, kErrorLogBuffer = 5, kErrorLogBytes = 6;
constexpr int kOptionCount = 35;

struct LogBuffers {
    char* error = nullptr;
    size_t errorBytes = 0;
    void** errorFilled = nullptr;  // where the number of bytes written goes
    void** infoFilled = nullptr;
};

CUresult read_options(unsigned count, const int* options, void** values, LogBuffers& buffers) {
    if (count && (!options || !values)) return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < count; ++i) {
        switch (options[i]) {
            case kErrorLogBuffer: buffers.error = static_cast<char*>(values[i]); break;
            case kErrorLogBytes:
                buffers.errorBytes = uint32_t(reinterpret_cast<uintptr_t>(values[i]));
                buffers.errorFilled = &values[i];
                break;
            case kInfoLogBytes: buffers.infoFilled = &values[i]; break;
            case kInfoLogBuffer: break;
            default:
                if (options[i] < 0 || options[i] >= kOptionCount) return CUDA_ERROR_INVALID_VALUE;
        }
    }
    return CUDA_SUCCESS;
}

void report(const LogBuffers& buffers, std::string log) {
    while (!log.empty() && log.back() == '\n') log.pop_back();
    size_t written = 0;
    if (buffers.error && buffers.errorBytes) {
        written = std::min(log.size(), buffers.errorBytes - 1);
        std::memcpy(buffers.error, log.data(), written);
        buffers.error[written] = 0;
    }
    if (buffers.errorFilled) *buffers.errorFilled = reinterpret_cast<void*>(uintptr_t(written));
    if (buffers.infoFilled) *buffers.infoFilled = nullptr;
    if (!log.empty()) std::fprintf(stderr, "softcuda: %s\n", log.c_str());
}

CUresult load(const std::shared_ptr<Context>& context, CUmodule* out, const void* image, const LogBuffers& buffers) {
    if (!out || !image) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult error = unsafe_during_capture()) return error;
    std::string ptx, log;
    const DeviceModel& model = device_model();
    if (CUresult error = extract_ptx(image, model.major * 10 + model.minor, ptx, log)) {
        report(buffers, log);
        return error;
    }
    LoadOptions options;
    options.allocate = [](uint64_t bytes, uint64_t alignment) { return arena().allocate(bytes, alignment); };
    options.release = [](uint64_t address) { arena().release(address); };
    options.written = [](uint64_t address, uint64_t bytes) { arena().mark_written(address, bytes); };
    options.checked = check_options().any();
    int error = CUDA_SUCCESS;
    std::shared_ptr<Module> program = Module::load(ptx, options, error, log);
    report(buffers, log);
    if (!program) return error ? error : CUDA_ERROR_INVALID_PTX;
    auto module = std::make_shared<LoadedModule>();
    module->context = context;
    module->program = std::move(program);
    publish(module);
    std::lock_guard<std::mutex> lock(context->mutex);
    context->modules.insert(module->handle);
    *out = reinterpret_cast<CUmodule>(module->handle);
    return CUDA_SUCCESS;
}

CUresult read_file(const char* path, std::string& content) {
    std::FILE* file = std::fopen(path, "rb");
    if (!file) {
        std::fprintf(stderr, "softcuda: %s: %s\n", path, std::strerror(errno));
        return CUDA_ERROR_FILE_NOT_FOUND;
    }
    char chunk[65536];
    size_t got;
    while ((got = std::fread(chunk, 1, sizeof chunk, file)) > 0) content.append(chunk, got);
    const bool failed = std::ferror(file);
    std::fclose(file);
    return failed ? CUDA_ERROR_FILE_NOT_FOUND : CUDA_SUCCESS;
}

// The handle of a kernel: one for each name, made when it is first asked for.
uint64_t function_handle(const std::shared_ptr<LoadedModule>& module, const Kernel* kernel) {
    std::lock_guard<std::mutex> lock(module->mutex);
    uint64_t& handle = module->functions[kernel->name];
    if (!handle) {
        auto function = std::make_shared<Function>();
        function->module = module->handle;
        function->context = module->context;
        function->program = module->program;
        function->kernel = kernel;
        const uint32_t room = uint32_t(device_model().sharedPerBlock);
        function->maxDynamicShared = kernel->staticShared < room ? room - kernel->staticShared : 0;
        handle = publish(function);
    }
    return handle;
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuModuleLoadDataEx(CUmodule* out, const void* image, unsigned count, int* options,
                                         void** values) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        LogBuffers buffers;
        if (CUresult error = read_options(count, options, values, buffers)) return error;
        return load(context, out, image, buffers);
    });
}

SOFTCUDA_API CUresult cuModuleLoadData(CUmodule* out, const void* image) {
    return cuModuleLoadDataEx(out, image, 0, nullptr, nullptr);
}

SOFTCUDA_API CUresult cuModuleLoadFatBinary(CUmodule* out, const void* image) { return cuModuleLoadData(out, image); }

SOFTCUDA_API CUresult cuModuleLoad(CUmodule* out, const char* path) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || !path) return CUDA_ERROR_INVALID_VALUE;
        std::string content;
        if (CUresult error = read_file(path, content)) return error;
        return load(context, out, content.c_str(), LogBuffers());
    });
}

SOFTCUDA_API CUresult cuModuleUnload(CUmodule handle) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        auto module = retire<LoadedModule>(handle);
        if (!module) return CUDA_ERROR_INVALID_HANDLE;
        {
            std::lock_guard<std::mutex> lock(module->mutex);
            for (const auto& entry : module->functions) Handles::table().remove(Kind::Function, entry.second);
        }
        std::lock_guard<std::mutex> lock(module->context->mutex);
        module->context->modules.erase(module->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuModuleGetFunction(CUfunction* out, CUmodule handle, const char* name) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!out || !name) return CUDA_ERROR_INVALID_VALUE;
        auto module = find<LoadedModule>(handle);
        if (!module) return CUDA_ERROR_INVALID_HANDLE;
        const Kernel* kernel = module->program->find_kernel(name);
        if (!kernel) return CUDA_ERROR_NOT_FOUND;
        *out = reinterpret_cast<CUfunction>(function_handle(module, kernel));
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuModuleGetFunctionCount(unsigned* count, CUmodule handle) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!count) return CUDA_ERROR_INVALID_VALUE;
        auto module = find<LoadedModule>(handle);
        if (!module) return CUDA_ERROR_INVALID_HANDLE;
        *count = unsigned(module->program->kernels().size());
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, CUmodule handle, const char* name) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!name) return CUDA_ERROR_INVALID_VALUE;
        auto module = find<LoadedModule>(handle);
        if (!module) return CUDA_ERROR_INVALID_HANDLE;
        const Variable* variable = module->program->find_variable(name);
        if (!variable) return CUDA_ERROR_NOT_FOUND;
        if (address) *address = variable->address;
        if (bytes) *bytes = variable->bytes;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuModuleGetLoadingMode(int* mode) {
    return call([&]() -> CUresult {
        if (!mode) return CUDA_ERROR_INVALID_VALUE;
        *mode = 1;  // eager: a module is compiled when it is loaded
        return CUDA_SUCCESS;
    });
}
