#include "gpu.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

Gpu::Gpu(const std::string& library) : library_(dlopen(library.c_str(), RTLD_NOW)) {
    if (!library_) {
        std::fprintf(stderr, "%s: %s\nbuild it with: mvn -q package -DskipTests\n", library.c_str(), dlerror());
        std::exit(1);
    }
    check(symbol<CUresult(unsigned)>("cuInit")(0), "cuInit");
    CUcontext context;
    check(symbol<CUresult(CUcontext*, unsigned, CUdevice)>("cuCtxCreate_v2")(&context, 0, 0), "cuCtxCreate");
}

template <class F> F* Gpu::symbol(const char* name) {
    void* found = dlsym(library_, name);
    if (!found) {
        std::fprintf(stderr, "the library has no %s\n", name);
        std::exit(1);
    }
    return reinterpret_cast<F*>(found);
}

void Gpu::check(CUresult result, const char* call) {
    if (result == CUDA_SUCCESS) return;
    const char* name = "?";
    symbol<CUresult(CUresult, const char**)>("cuGetErrorName")(result, &name);
    std::fprintf(stderr, "%s: %s\n", call, name);
    std::exit(1);
}

CUmodule Gpu::load(const std::string& path) {
    CUmodule module;
    check(symbol<CUresult(CUmodule*, const char*)>("cuModuleLoad")(&module, path.c_str()), path.c_str());
    return module;
}

CUmodule Gpu::load_text(const char* ptx) {
    CUmodule module;
    check(symbol<CUresult(CUmodule*, const void*)>("cuModuleLoadData")(&module, ptx), "cuModuleLoadData");
    return module;
}

CUfunction Gpu::function(CUmodule module, const std::string& name) {
    CUfunction function;
    check(symbol<CUresult(CUfunction*, CUmodule, const char*)>("cuModuleGetFunction")(&function, module, name.c_str()), name.c_str());
    return function;
}

std::vector<int> Gpu::geometry(CUmodule module, const std::string& entry) {
    const std::string name = entry + "_geometry";
    CUdeviceptr address;
    size_t bytes;
    check(symbol<CUresult(CUdeviceptr*, size_t*, CUmodule, const char*)>("cuModuleGetGlobal_v2")(&address, &bytes, module, name.c_str()),
          name.c_str());
    std::vector<int> values(bytes / sizeof(int));
    download(values.data(), address, bytes);
    return values;
}

CUdeviceptr Gpu::allocate(size_t bytes) {
    CUdeviceptr address;
    check(symbol<CUresult(CUdeviceptr*, size_t)>("cuMemAlloc_v2")(&address, bytes), "cuMemAlloc");
    return address;
}

void Gpu::free(CUdeviceptr address) { check(symbol<CUresult(CUdeviceptr)>("cuMemFree_v2")(address), "cuMemFree"); }

void Gpu::upload(CUdeviceptr to, const void* from, size_t bytes) {
    check(symbol<CUresult(CUdeviceptr, const void*, size_t)>("cuMemcpyHtoD_v2")(to, from, bytes), "cuMemcpyHtoD");
}

void Gpu::download(void* to, CUdeviceptr from, size_t bytes) {
    check(symbol<CUresult(void*, CUdeviceptr, size_t)>("cuMemcpyDtoH_v2")(to, from, bytes), "cuMemcpyDtoH");
}

void Gpu::launch(CUfunction function, unsigned gridX, unsigned blockX, unsigned sharedBytes, std::vector<void*> parameters,
                 CUstream stream) {
    using Launch = CUresult(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**, void**);
    static Launch* const launch = symbol<Launch>("cuLaunchKernel");
    check(launch(function, gridX, 1, 1, blockX, 1, 1, sharedBytes, stream, parameters.data(), nullptr), "cuLaunchKernel");
}

void Gpu::synchronize() { check(symbol<CUresult()>("cuCtxSynchronize")(), "cuCtxSynchronize"); }

CUstream Gpu::begin_capture() {
    CUstream stream;
    check(symbol<CUresult(CUstream*, unsigned)>("cuStreamCreate")(&stream, 1), "cuStreamCreate");
    check(symbol<CUresult(CUstream, int)>("cuStreamBeginCapture_v2")(stream, 0), "cuStreamBeginCapture");
    return stream;
}

CUgraphExec Gpu::end_capture(CUstream stream) {
    CUgraph graph;
    CUgraphExec exec;
    check(symbol<CUresult(CUstream, CUgraph*)>("cuStreamEndCapture")(stream, &graph), "cuStreamEndCapture");
    check(symbol<CUresult(CUgraphExec*, CUgraph, unsigned long long)>("cuGraphInstantiateWithFlags")(&exec, graph, 0), "cuGraphInstantiate");
    return exec;
}

void Gpu::replay(CUgraphExec graph) {
    check(symbol<CUresult(CUgraphExec, CUstream)>("cuGraphLaunch")(graph, nullptr), "cuGraphLaunch");
}

std::string Gpu::name() {
    char text[64] = "";
    check(symbol<CUresult(char*, int, CUdevice)>("cuDeviceGetName")(text, sizeof text, 0), "cuDeviceGetName");
    return text;
}

int Gpu::multiprocessors() {
    int count = 0;
    check(symbol<CUresult(int*, int, CUdevice)>("cuDeviceGetAttribute")(&count, 16, 0), "cuDeviceGetAttribute");
    return count;
}
