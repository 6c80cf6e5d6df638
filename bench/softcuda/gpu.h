// A thin layer over the driver API, loaded from a given libcuda.so.1: errors end the program with a line that says which
// call failed.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "driver/api.h"

class Gpu {
public:
    explicit Gpu(const std::string& library);

    CUmodule load(const std::string& path);          // a fat binary
    CUmodule load_text(const char* ptx);
    CUfunction function(CUmodule module, const std::string& name);
    // threads, tile m, tile n, tile k, shared bytes, as ZOE_GEOMETRY lays down.
    std::vector<int> geometry(CUmodule module, const std::string& entry);

    CUdeviceptr allocate(size_t bytes);
    void free(CUdeviceptr address);
    void upload(CUdeviceptr to, const void* from, size_t bytes);
    void download(void* to, CUdeviceptr from, size_t bytes);

    void launch(CUfunction function, unsigned gridX, unsigned blockX, unsigned sharedBytes, std::vector<void*> parameters,
                CUstream stream = nullptr);
    void synchronize();

    // A graph of `count` launches that `record` makes into the stream it is given, and its launch.
    template <class Record> CUgraphExec capture(Record&& record) {
        CUstream stream = begin_capture();
        record(stream);
        return end_capture(stream);
    }
    void replay(CUgraphExec graph);

    std::string name();
    int multiprocessors();

private:
    CUstream begin_capture();
    CUgraphExec end_capture(CUstream stream);
    template <class F> F* symbol(const char* name);
    void check(CUresult result, const char* call);
    void* library_;
};
