#include "driver/device.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "driver/call.h"

namespace softcuda::driver {

namespace {

// Kernels' plans, and with them the last bits of some sums, follow the number of multiprocessors. So it depends neither on
// the machine nor on how many threads run the blocks.
constexpr int kMultiprocessors = 2;
constexpr int kMostDevices = 64;

// A whole number from the environment, `fallback` (said on stderr) where it is not one from `low` to `high`.
int number_from_environment(const char* name, int low, int high, int fallback) {
    const char* text = std::getenv(name);
    if (!text || !*text) return fallback;
    char* end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (*end || value < low || value > high) {
        std::fprintf(stderr, "softcuda: %s=%s is not a number from %d to %d; using %d\n", name, text, low, high,
                     fallback);
        return fallback;
    }
    return int(value);
}

DeviceModel make_model() {
    int major = 8, minor = 0;
    if (const char* text = std::getenv("ZOETROPE_COMPUTE")) {
        if (std::strcmp(text, "9.0") == 0) {
            major = 9;
        } else if (std::strcmp(text, "7.5") == 0) {
            major = 7, minor = 5;
        } else if (*text != 0 && std::strcmp(text, "8.0") != 0) {
            std::fprintf(stderr, "softcuda: ZOETROPE_COMPUTE=%s is not known (7.5, 8.0 or 9.0); using 8.0\n", text);
        }
    }
    DeviceModel model{};
    model.major = major;
    model.minor = minor;
    model.sharedPerBlock = 48 * 1024;
    const int perMultiprocessor = major == 9 ? 228 : major == 8 ? 164 : 64;  // KiB
    model.sharedPerMultiprocessor = perMultiprocessor * 1024;
    model.sharedReserved = major >= 8 ? 1024 : 0;
    model.sharedPerBlockOptin = model.sharedPerMultiprocessor - model.sharedReserved;
    model.maxThreadsPerMultiprocessor = major >= 8 ? 2048 : 1024;
    model.maxBlocksPerMultiprocessor = major >= 8 ? 32 : 16;
    model.maxThreadsPerBlock = 1024;
    model.maxBlock[0] = model.maxBlock[1] = 1024;
    model.maxBlock[2] = 64;
    model.maxGrid[0] = 0x7fffffff;
    model.maxGrid[1] = model.maxGrid[2] = 65535;
    model.registersPerBlock = 65536;
    model.multiprocessors = number_from_environment("ZOETROPE_MULTIPROCESSORS", 1, 1024, kMultiprocessors);
    return model;
}

uint64_t machine_memory() {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && page > 0 ? uint64_t(pages) * uint64_t(page) : uint64_t(4) << 30;
}

uint64_t memory_from_environment() {
    const uint64_t fallback = machine_memory() / 2;
    const char* text = std::getenv("ZOETROPE_MEMORY");
    if (!text || !*text) return fallback;
    char* end = nullptr;
    const double value = std::strtod(text, &end);
    uint64_t unit = 0;
    switch (*end) {
        case 0: unit = 1; break;
        case 'K':
        case 'k': unit = uint64_t(1) << 10; break;
        case 'M':
        case 'm': unit = uint64_t(1) << 20; break;
        case 'G':
        case 'g': unit = uint64_t(1) << 30; break;
    }
    const double bytes = value * double(unit);
    if (unit == 0 || (*end && end[1]) || !(bytes >= 1 << 20) || bytes > double(uint64_t(1) << 44)) {
        std::fprintf(stderr,
                     "softcuda: ZOETROPE_MEMORY=%s is not a size from 1M to 16384G (as 512M or 4G); using %llu M\n",
                     text, static_cast<unsigned long long>(fallback >> 20));
        return fallback;
    }
    return uint64_t(bytes);
}

}  // namespace

const DeviceModel& device_model() {
    static const DeviceModel model = make_model();
    return model;
}

int device_count() {
    static const int count = number_from_environment("ZOETROPE_DEVICES", 1, kMostDevices, 1);
    return count;
}

uint64_t device_memory() {
    static const uint64_t bytes = memory_from_environment();
    return bytes;
}

namespace {

// Attributes that are the same for every capability or follow from the model; false for a number unknown here.
bool attribute(int which, int& value) {
    const DeviceModel& m = device_model();
    switch (which) {
        case 1: value = m.maxThreadsPerBlock; return true;
        case 2:
        case 3:
        case 4: value = m.maxBlock[which - 2]; return true;
        case 5:
        case 6:
        case 7: value = m.maxGrid[which - 5]; return true;
        case 8: value = m.sharedPerBlock; return true;
        case 9: value = 65536; return true;        // constant memory
        case 10: value = 32; return true;          // warp size
        case 11: value = 0x7fffffff; return true;  // pitch
        case 12: value = m.registersPerBlock; return true;
        case 13: value = 1000000; return true;  // clock, kHz: nominal
        case 14: value = 512; return true;      // texture alignment
        case 15: value = 1; return true;        // overlap
        case 16: value = m.multiprocessors; return true;
        case 18: value = 1; return true;        // integrated: shares the host's memory
        case 19: value = 1; return true;        // maps host memory
        case 30: value = 512; return true;      // surface alignment
        case 31: value = 1; return true;        // concurrent kernels
        case 36: value = 1000000; return true;  // memory clock, kHz: nominal
        case 37: value = 128; return true;      // memory bus width, bits: nominal
        case 38: {                              // last-level cache
            const long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
            value = bytes > 0 && bytes < 0x7fffffff ? int(bytes) : 1 << 20;
            return true;
        }
        case 39: value = m.maxThreadsPerMultiprocessor; return true;
        case 40: value = 1; return true;   // copy engines
        case 41: value = 1; return true;   // unified addressing
        case 51: value = 32; return true;  // texture pitch alignment
        case 75: value = m.major; return true;
        case 76: value = m.minor; return true;
        case 78: value = 1; return true;  // stream priorities
        case 79:
        case 80: value = 1; return true;  // L1 for global and local
        case 81: value = m.sharedPerMultiprocessor; return true;
        case 82: value = m.registersPerBlock; return true;
        case 87: value = 2; return true;  // float to double rate
        case 90: value = 1; return true;  // preemption
        case 91: value = 1; return true;  // registered host pointers usable as they are
        case 95: value = 1; return true;  // cooperative launch
        case 97: value = m.sharedPerBlockOptin; return true;
        case 106: value = m.maxBlocksPerMultiprocessor; return true;
        case 111: value = m.sharedReserved; return true;
        case 120: value = m.major >= 9; return true;  // clusters
        case 115: value = 1; return true;             // memory pools
        case 131:
        case 134: value = -1; return true;  // no NUMA node
    }
    if (which < 1 || which > 147) return false;
    value = 0;
    return true;
}

CUresult check_device(CUdevice device) {
    return device >= 0 && device < device_count() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

template <class Body> CUresult on_device(CUdevice device, Body&& body) {
    return call([&]() -> CUresult {
        if (CUresult error = check_device(device)) return error;
        return body();
    });
}

const char kName[] = "softcuda (CPU)";

// PCI bus 0, with the device's number as its slot.
std::string bus_id(CUdevice device) {
    char text[32];
    std::snprintf(text, sizeof text, "0000:00:%02x.0", unsigned(device));
    return text;
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuDriverGetVersion(int* version) {
    if (!version) return CUDA_ERROR_INVALID_VALUE;
    *version = 13000;
    return CUDA_SUCCESS;
}

SOFTCUDA_API CUresult cuDeviceGetCount(int* count) {
    return call([&]() -> CUresult {
        if (!count) return CUDA_ERROR_INVALID_VALUE;
        *count = device_count();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    return call([&]() -> CUresult {
        if (!device) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = check_device(ordinal)) return error;
        *device = ordinal;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        if (!name || length <= 0) return CUDA_ERROR_INVALID_VALUE;
        std::snprintf(name, size_t(length), "%s", kName);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        if (!uuid) return CUDA_ERROR_INVALID_VALUE;
        char text[32];
        std::snprintf(text, sizeof text, "softcudadevice%02d", device);
        std::memcpy(uuid->bytes, text, 16);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) { return cuDeviceGetUuid(uuid, device); }

SOFTCUDA_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        if (!bytes) return CUDA_ERROR_INVALID_VALUE;
        *bytes = device_memory();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetAttribute(int* value, int which, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        return value && attribute(which, *value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}

SOFTCUDA_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        if (!major || !minor) return CUDA_ERROR_INVALID_VALUE;
        *major = device_model().major;
        *minor = device_model().minor;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetProperties(CUdevprop* prop, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        if (!prop) return CUDA_ERROR_INVALID_VALUE;
        const DeviceModel& m = device_model();
        prop->maxThreadsPerBlock = m.maxThreadsPerBlock;
        for (int i = 0; i < 3; ++i) {
            prop->maxThreadsDim[i] = m.maxBlock[i];
            prop->maxGridSize[i] = m.maxGrid[i];
        }
        prop->sharedMemPerBlock = m.sharedPerBlock;
        attribute(9, prop->totalConstantMemory);
        attribute(10, prop->SIMDWidth);
        attribute(11, prop->memPitch);
        attribute(12, prop->regsPerBlock);
        attribute(13, prop->clockRate);
        attribute(14, prop->textureAlign);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
    return on_device(device, [&]() -> CUresult {
        const std::string text = bus_id(device);
        if (!id || length < int(text.size() + 1)) return CUDA_ERROR_INVALID_VALUE;
        std::memcpy(id, text.c_str(), text.size() + 1);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* id) {
    return call([&]() -> CUresult {
        if (!device || !id) return CUDA_ERROR_INVALID_VALUE;
        for (CUdevice each = 0; each < device_count(); ++each) {
            if (bus_id(each) == id) {
                *device = each;
                return CUDA_SUCCESS;
            }
        }
        return CUDA_ERROR_INVALID_DEVICE;
    });
}

SOFTCUDA_API CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
    return on_device(device, [&]() -> CUresult {
        if (!can) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = check_device(peer)) return error;
        *can = 0;
        return CUDA_SUCCESS;
    });
}
