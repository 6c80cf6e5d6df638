#include "driver/work.h"

#include <cstdio>
#include <cstring>

#include "driver/engine.h"

namespace softcuda::driver {

namespace {

CUresult run(Context& context, const KernelWork& work) {
    LaunchRequest request;
    request.kernel = work.function->kernel;
    for (int i = 0; i < 3; ++i) {
        request.grid[i] = work.grid[i];
        request.block[i] = work.block[i];
    }
    request.dynamicShared = work.dynamicShared;
    request.parameters = work.parameters.data();
    request.cooperative = work.cooperative;
    for (int i = 0; i < 3; ++i) request.cluster[i] = work.cluster[i];
    request.explicitCluster = work.explicitCluster;
    request.arenaLow = arena().low();
    request.arenaHigh = arena().high();
    const FaultReport report = softcuda::run(request);
    if (!report) return CUDA_SUCCESS;
    std::fprintf(stderr, "softcuda: %s\n", report.text.c_str());
    int none = 0;
    context.fault.compare_exchange_strong(none, report.code);
    return report.code;
}

CUresult run(Context&, const CopyWork& work) {
    Arena& memory = arena();
    const auto row = [&](uint64_t destination, uint64_t source, size_t bytes) {
        std::memmove(reinterpret_cast<void*>(destination), reinterpret_cast<const void*>(source), bytes);
        if (memory.records_initialisation()) memory.copy_written(destination, source, bytes);
    };
    for (size_t z = 0; z < work.depth; ++z) {
        const uint64_t destination = work.destination + z * work.destinationSlice;
        const uint64_t source = work.source + z * work.sourceSlice;
        if (work.destinationPitch == work.width && work.sourcePitch == work.width) {
            row(destination, source, work.width * work.height);
            continue;
        }
        for (size_t y = 0; y < work.height; ++y)
            row(destination + y * work.destinationPitch, source + y * work.sourcePitch, work.width);
    }
    return CUDA_SUCCESS;
}

template <class T> void fill_row(uint64_t destination, size_t count, T value) {
    T* out = reinterpret_cast<T*>(destination);
    for (size_t i = 0; i < count; ++i) out[i] = value;
}

CUresult run(Context&, const FillWork& work) {
    for (size_t y = 0; y < work.height; ++y) {
        const uint64_t row = work.destination + y * work.pitch;
        switch (work.elementSize) {
            case 1: std::memset(reinterpret_cast<void*>(row), int(work.value), work.width); break;
            case 2: fill_row(row, work.width, uint16_t(work.value)); break;
            default: fill_row(row, work.width, work.value); break;
        }
        arena().mark_written(row, work.width * work.elementSize);
    }
    return CUDA_SUCCESS;
}

CUresult run(Context& context, const HostWork& work) {
    if (work.function) work.function(work.data);
    else work.callback(work.stream, context.fault, work.data);
    return CUDA_SUCCESS;
}

CUresult run(Context&, const RecordWork& work) {
    std::lock_guard<std::mutex> lock(work.event->mutex);
    work.event->recorded = true;
    work.event->time = std::chrono::steady_clock::now();
    return CUDA_SUCCESS;
}

CUresult run(Context&, const EmptyWork&) { return CUDA_SUCCESS; }
CUresult run(Context&, const WaitWork&) { return CUDA_SUCCESS; }
CUresult run(Context&, const AllocateWork&) { return CUDA_SUCCESS; }
CUresult run(Context&, const FreeWork&) { return CUDA_SUCCESS; }

// Whether a box that begins at `begin` lies in one allocation.
bool owned(uint64_t begin, size_t width, size_t height, size_t depth, size_t pitch, size_t slice) {
    size_t span = 0, rows = 0, slices = 0;
    return !__builtin_mul_overflow(height - 1, pitch, &rows) && !__builtin_mul_overflow(depth - 1, slice, &slices)
           && !__builtin_add_overflow(width, rows, &span) && !__builtin_add_overflow(span, slices, &span)
           && arena().owns(begin, span);
}

bool reachable(Side side, uint64_t begin, size_t width, size_t height, size_t depth, size_t pitch, size_t slice) {
    const bool inArena = begin >= arena().low() && begin < arena().high();
    if (side == Side::Device || (side == Side::Unified && inArena))
        return owned(begin, width, height, depth, pitch, slice);
    return begin != 0;
}

bool side_of(CUmemorytype type, Side& side) {
    switch (type) {
        case CU_MEMORYTYPE_HOST: side = Side::Host; return true;
        case CU_MEMORYTYPE_DEVICE: side = Side::Device; return true;
        case CU_MEMORYTYPE_UNIFIED: side = Side::Unified; return true;
        default: return false;
    }
}

uint64_t base_of(Side side, const void* host, CUdeviceptr device) {
    return side == Side::Host ? reinterpret_cast<uint64_t>(host) : device;
}

CUresult check_copy(CopyWork& work, Side to, Side from) {
    if (work.width == 0 || work.height == 0 || work.depth == 0) {
        work.width = work.height = work.depth = 0;
        return CUDA_SUCCESS;
    }
    const bool good =
        reachable(to, work.destination, work.width, work.height, work.depth, work.destinationPitch,
                  work.destinationSlice)
        && reachable(from, work.source, work.width, work.height, work.depth, work.sourcePitch, work.sourceSlice);
    return good ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

CUresult run_work(Context& context, const Work& work) {
    return std::visit([&](const auto& w) { return run(context, w); }, work);
}

CUresult make_linear_copy(uint64_t destination, Side to, uint64_t source, Side from, size_t bytes, CopyWork& work) {
    work = {destination, source, bytes, 1, 1, bytes, bytes, bytes, bytes};
    return check_copy(work, to, from);
}

CUresult make_copy_work(const CUDA_MEMCPY3D& c, CopyWork& work) {
    Side from, to;
    if (c.srcMemoryType == CU_MEMORYTYPE_ARRAY || c.dstMemoryType == CU_MEMORYTYPE_ARRAY)
        return CUDA_ERROR_NOT_SUPPORTED;
    if (!side_of(c.srcMemoryType, from) || !side_of(c.dstMemoryType, to) || c.srcLOD || c.dstLOD)
        return CUDA_ERROR_INVALID_VALUE;
    // A pitch of zero is allowed where there is one row, a height of zero where there is one slice.
    const size_t sourcePitch = c.srcPitch ? c.srcPitch : c.srcXInBytes + c.WidthInBytes;
    const size_t targetPitch = c.dstPitch ? c.dstPitch : c.dstXInBytes + c.WidthInBytes;
    const size_t sourceSlice = (c.srcHeight ? c.srcHeight : c.srcY + c.Height) * sourcePitch;
    const size_t targetSlice = (c.dstHeight ? c.dstHeight : c.dstY + c.Height) * targetPitch;
    if (c.srcXInBytes + c.WidthInBytes > sourcePitch || c.dstXInBytes + c.WidthInBytes > targetPitch)
        return CUDA_ERROR_INVALID_VALUE;
    work.source = base_of(from, c.srcHost, c.srcDevice) + c.srcZ * sourceSlice + c.srcY * sourcePitch + c.srcXInBytes;
    work.destination =
        base_of(to, c.dstHost, c.dstDevice) + c.dstZ * targetSlice + c.dstY * targetPitch + c.dstXInBytes;
    work.width = c.WidthInBytes;
    work.height = c.Height;
    work.depth = c.Depth;
    work.sourcePitch = sourcePitch;
    work.sourceSlice = sourceSlice;
    work.destinationPitch = targetPitch;
    work.destinationSlice = targetSlice;
    return check_copy(work, to, from);
}

CUresult make_copy_work(const CUDA_MEMCPY2D& c, CopyWork& work) {
    CUDA_MEMCPY3D box{};
    box.srcXInBytes = c.srcXInBytes;
    box.srcY = c.srcY;
    box.srcMemoryType = c.srcMemoryType;
    box.srcHost = c.srcHost;
    box.srcDevice = c.srcDevice;
    box.srcPitch = c.srcPitch;
    box.dstXInBytes = c.dstXInBytes;
    box.dstY = c.dstY;
    box.dstMemoryType = c.dstMemoryType;
    box.dstHost = c.dstHost;
    box.dstDevice = c.dstDevice;
    box.dstPitch = c.dstPitch;
    box.WidthInBytes = c.WidthInBytes;
    box.Height = c.Height;
    box.Depth = 1;
    return make_copy_work(box, work);
}

CUDA_MEMCPY3D describe(const CopyWork& work) {
    CUDA_MEMCPY3D c{};
    c.srcMemoryType = c.dstMemoryType = CU_MEMORYTYPE_UNIFIED;
    c.srcDevice = work.source;
    c.srcPitch = work.sourcePitch;
    c.srcHeight = work.sourcePitch ? work.sourceSlice / work.sourcePitch : 0;
    c.dstDevice = work.destination;
    c.dstPitch = work.destinationPitch;
    c.dstHeight = work.destinationPitch ? work.destinationSlice / work.destinationPitch : 0;
    c.WidthInBytes = work.width;
    c.Height = work.height;
    c.Depth = work.depth;
    return c;
}

CUresult make_fill_work(const CUDA_MEMSET_NODE_PARAMS& f, FillWork& work) {
    const size_t size = f.elementSize;
    if ((size != 1 && size != 2 && size != 4) || f.dst % size) return CUDA_ERROR_INVALID_VALUE;
    work = {f.dst, f.pitch, f.value, f.elementSize, f.width, f.height};
    if (f.width == 0 || f.height == 0) {
        work.width = work.height = 0;
        return CUDA_SUCCESS;
    }
    size_t bytes = 0;
    if (__builtin_mul_overflow(f.width, size, &bytes)) return CUDA_ERROR_INVALID_VALUE;
    if (f.height == 1) work.pitch = bytes;
    if (work.pitch < bytes || work.pitch % size) return CUDA_ERROR_INVALID_VALUE;
    return owned(f.dst, bytes, f.height, 1, work.pitch, 0) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace softcuda::driver
