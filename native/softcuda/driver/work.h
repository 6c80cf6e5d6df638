// What streams and graphs carry: a kernel, a copy, a fill, a call to the host. Work is checked when it is made, with all its
// arguments copied, so that running it, now or on each replay of a graph, only runs it.
#pragma once
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "driver/objects.h"

namespace softcuda::driver {

struct KernelWork {
    std::shared_ptr<Function> function;
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t dynamicShared;
    bool cooperative;
    uint32_t cluster[3] = {0, 0, 0};  // blocks; 1 without clusters
    bool explicitCluster = false;
    bool programmatic = false;        // it may begin before the kernel ahead of it in its stream has ended
    std::vector<uint8_t> parameters;  // the parameter block
};

// A box of bytes: `height` rows of `width` bytes in each of `depth` slices.
struct CopyWork {
    uint64_t destination, source;  // of the first byte
    size_t width, height, depth;
    size_t destinationPitch, destinationSlice;  // bytes from row to row and from slice to slice
    size_t sourcePitch, sourceSlice;
};

struct FillWork {
    uint64_t destination;
    size_t pitch;  // bytes from row to row
    uint32_t value;
    uint32_t elementSize;  // 1, 2 or 4
    size_t width, height;  // elements, rows
};

struct HostWork {
    CUhostFn function = nullptr;  // or:
    CUstreamCallback callback = nullptr;
    CUstream stream = nullptr;
    void* data = nullptr;
};

struct RecordWork {
    std::shared_ptr<Event> event;
};

struct WaitWork {  // always satisfied: work runs in the order of the calls
    std::shared_ptr<Event> event;
};

struct AllocateWork {  // the memory is there for as long as the graph or its executable is
    uint64_t address;
    uint64_t bytes;
};

struct FreeWork {
    uint64_t address;
};

struct EmptyWork {};

using Work =
    std::variant<EmptyWork, KernelWork, CopyWork, FillWork, HostWork, RecordWork, WaitWork, AllocateWork, FreeWork>;

// Runs the work to its end. A kernel's fault becomes the context's sticky error and is returned.
CUresult run_work(Context& context, const Work& work);

// Makes kernel work of a launch's arguments, checked as cuLaunchKernel does.
struct LaunchArguments {
    CUfunction function;
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t dynamicShared;
    bool cooperative;
    void** parameters;                // a pointer to each parameter's value, or
    void** extra;                     // a buffer of them
    uint32_t cluster[3] = {0, 0, 0};  // blocks; zeros: what the kernel says
    bool programmatic = false;
};
// The cluster of a launch of work.grid: as asked (three extents; zeros: not), else as the kernel says, else one block.
CUresult choose_cluster(const Function& function, const uint32_t* asked, KernelWork& work);
CUresult make_kernel_work(Context& context, const LaunchArguments& arguments, KernelWork& work);

// Makes copy work of the documented descriptors; CUDA_ERROR_INVALID_VALUE when a device range is not within one allocation.
CUresult make_copy_work(const CUDA_MEMCPY2D& copy, CopyWork& work);
CUresult make_copy_work(const CUDA_MEMCPY3D& copy, CopyWork& work);
CUresult make_fill_work(const CUDA_MEMSET_NODE_PARAMS& fill, FillWork& work);

// The descriptor of a copy, both sides named by unified addresses.
CUDA_MEMCPY3D describe(const CopyWork& work);

// How a side of a copy is named.
enum class Side { Host, Device, Unified };
CUresult make_linear_copy(uint64_t destination, Side to, uint64_t source, Side from, size_t bytes, CopyWork& work);

}  // namespace softcuda::driver
