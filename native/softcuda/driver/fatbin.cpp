// A fat binary is a header (magic, version, header size, size of the rest) and a sequence of entries, each with a header of
// its own (kind, header size, payload size, target, flags) and a payload: PTX text or an ELF image with machine code. The
// numbers were read off what nvcc 13 writes. A wrapper (another magic, and a pointer to the header) stands before it in
// programs that nvcc links.
#include "driver/fatbin.h"

#include <cstdint>
#include <cstring>

namespace softcuda::driver {

namespace {

constexpr uint32_t kWrapperMagic = 0x466243b1;
constexpr uint32_t kFatbinMagic = 0xba55ed50;
constexpr uint32_t kElfMagic = 0x464c457f;
constexpr uint16_t kKindPtx = 1;
constexpr uint64_t kFlagsCompressed = 0x1000 | 0x2000 | 0x8000;  // the methods of successive toolkits

struct Wrapper {
    uint32_t magic;
    uint32_t version;
    const void* data;
    const void* unused;
};

struct Header {
    uint32_t magic;
    uint16_t version;
    uint16_t headerBytes;
    uint64_t bytes;  // behind the header
};

struct Entry {
    uint16_t kind;
    uint16_t version;
    uint32_t headerBytes;
    uint64_t bytes;  // of the payload, padded
    uint32_t compressedBytes;
    uint32_t unused;
    uint16_t minor, major;  // of the PTX version
    uint32_t target;        // 80 for sm_80
    uint64_t unused2;
    uint64_t flags;
};
static_assert(sizeof(Entry) == 48, "as in the file");

// Limits a damaged header to what a real fat binary may be.
constexpr uint64_t kMostBytes = uint64_t(1) << 32;

std::string version_text(uint32_t target) { return std::to_string(target / 10) + "." + std::to_string(target % 10); }

}  // namespace

CUresult extract_ptx(const void* image, int capability, std::string& ptx, std::string& log) {
    if (!image) return CUDA_ERROR_INVALID_VALUE;
    // Byte by byte, so that a short text is not read past its end.
    const auto* bytes = static_cast<const uint8_t*>(image);
    uint32_t magic = 0;
    for (int i = 0; i < 4 && (i == 0 || bytes[i - 1] != 0); ++i) magic |= uint32_t(bytes[i]) << (8 * i);
    if (magic == kWrapperMagic) {
        Wrapper wrapper;
        std::memcpy(&wrapper, image, sizeof wrapper);
        if (!wrapper.data) return CUDA_ERROR_INVALID_IMAGE;
        bytes = static_cast<const uint8_t*>(wrapper.data);
        std::memcpy(&magic, bytes, sizeof magic);
        if (magic != kFatbinMagic) return CUDA_ERROR_INVALID_IMAGE;
    }
    if (magic == kElfMagic) {
        log = "the image is a cubin (machine code of a GPU); softcuda runs PTX: build with code=compute_80 as well";
        return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    if (magic != kFatbinMagic) {
        for (const uint8_t* c = bytes; *c; ++c) {
            if (*c < 0x80 && (*c >= 0x20 || (*c >= 9 && *c <= 13))) continue;
            log = "the image is neither PTX text nor a fat binary: byte " + std::to_string(c - bytes) + " is "
                  + std::to_string(*c);
            return CUDA_ERROR_INVALID_IMAGE;
        }
        ptx.assign(reinterpret_cast<const char*>(bytes));
        return CUDA_SUCCESS;
    }

    Header header;
    std::memcpy(&header, bytes, sizeof header);
    if (header.headerBytes < sizeof header || header.bytes > kMostBytes) {
        log = "the fat binary's header is damaged";
        return CUDA_ERROR_INVALID_IMAGE;
    }
    bytes += header.headerBytes;
    uint64_t left = header.bytes;
    const uint8_t* best = nullptr;
    Entry bestEntry{};
    std::string seen;
    while (left >= sizeof(Entry)) {
        Entry entry;
        std::memcpy(&entry, bytes, sizeof entry);
        if (entry.headerBytes < sizeof entry || entry.headerBytes > left || entry.bytes > left - entry.headerBytes) {
            log = "an entry of the fat binary reaches beyond its end";
            return CUDA_ERROR_INVALID_IMAGE;
        }
        seen += (seen.empty() ? "" : ", ") + std::string(entry.kind == kKindPtx ? "PTX for " : "machine code for ")
                + version_text(entry.target);
        if (entry.kind == kKindPtx && int(entry.target) <= capability && (!best || entry.target > bestEntry.target)) {
            best = bytes + entry.headerBytes;
            bestEntry = entry;
        }
        bytes += entry.headerBytes + entry.bytes;
        left -= entry.headerBytes + entry.bytes;
    }
    if (!best) {
        log = "the fat binary holds no PTX for compute capability " + version_text(uint32_t(capability))
              + " or lower (it holds " + (seen.empty() ? "nothing" : seen)
              + "): build with -gencode arch=compute_80,code=compute_80";
        return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    if ((bestEntry.flags & kFlagsCompressed) || bestEntry.compressedBytes) {
        log = "the fat binary's PTX is compressed: build with nvcc --no-compress";
        return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    ptx.assign(reinterpret_cast<const char*>(best), strnlen(reinterpret_cast<const char*>(best), bestEntry.bytes));
    return CUDA_SUCCESS;
}

}  // namespace softcuda::driver
