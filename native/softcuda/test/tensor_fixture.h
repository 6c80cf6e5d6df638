// Tensors in device memory, boxes of them, and where each of a box's elements has to be: from the documentation, not from
// the implementation.
#pragma once
#include <functional>
#include <random>

#include "async/encode.h"
#include "expect.h"
#include "kernels.h"

namespace softcuda {

struct MapArgument {
    alignas(64) uint8_t bytes[128];
};

// An array of `bytes`-wide elements, innermost dimension first, rows padded to a multiple of 16 bytes and some more.
struct Tensor {
    uint32_t type, bytes;
    std::vector<uint64_t> size, stride;  // stride[d] of dimension d, stride[0] = bytes
    uint8_t* data = nullptr;
    uint64_t total = 0;

    Tensor(Machine& m, uint32_t type, uint32_t bytes, std::vector<uint64_t> size, uint64_t seed)
        : type(type), bytes(bytes), size(size) {
        uint64_t step = bytes;
        for (size_t d = 0; d < size.size(); d++) {
            stride.push_back(step);
            step *= size[d];
            if (d == 0) step = (step + 15) / 16 * 16 + 16;
        }
        total = step;
        data = m.allocate<uint8_t>(total);
        std::mt19937_64 random(seed);
        for (uint64_t i = 0; i < total; i++) data[i] = uint8_t(random());
        m.arena().mark_written(reinterpret_cast<uint64_t>(data), total);
    }
    // Byte offset of an element; false where the tensor has none.
    bool find(const std::vector<int64_t>& at, uint64_t& offset) const {
        offset = 0;
        for (size_t d = 0; d < size.size(); d++) {
            if (at[d] < 0 || at[d] >= int64_t(size[d])) return false;
            offset += uint64_t(at[d]) * stride[d];
        }
        return true;
    }
    TensorLayout layout(const std::vector<uint32_t>& step, int swizzle, int fill) const {
        return {type,
                uint32_t(size.size()),
                reinterpret_cast<uint64_t>(data),
                size.data(),
                stride.data() + 1,
                step.data(),
                0,
                swizzle,
                0,
                fill};
    }
};

inline MapArgument argument(const TensorMap& map) {
    MapArgument a{};
    std::memcpy(a.bytes, &map, sizeof map);
    return a;
}

// PTX ISA, swizzling modes: which sixteen-byte chunk of its row byte `offset` of an aligned buffer goes to.
inline uint32_t swizzled_place(uint32_t offset, int swizzle) {
    const uint32_t chunk = offset / 16 % 8, line = offset / 128;
    uint32_t to = chunk;
    if (swizzle == 3) to = chunk ^ (line % 8);
    if (swizzle == 2) to = (chunk & 4) | ((chunk & 3) ^ (line % 4));
    if (swizzle == 1) to = (chunk & 6) | ((chunk & 1) ^ (line % 2));
    return offset / 128 * 128 + to * 16 + offset % 16;
}

constexpr uint32_t kTile = 16384;  // bytes of shared memory that the kernels below show

// A loop of `threads` threads over the first `bytes` of `data` in shared memory: `body` is for the sixteen of them at %r3. The
// thread's number is in %r0; %r2 will point to `data`.
inline std::string for_shared(const std::string& label, uint32_t bytes, uint32_t threads, const std::string& body) {
    return "mov.u32 %r2, data;\nmad.lo.u32 %r3, %r0, 16, %r2;\nadd.u32 %r4, %r2, " + std::to_string(bytes) + ";\n"
           + label + ":\n" + body + "\nadd.u32 %r3, %r3, " + std::to_string(16 * threads)
           + ";\nsetp.lt.u32 %p1, %r3, %r4;\n@%p1 bra " + label + ";\n";
}

// The same filled from global memory at register `from`, for the asynchronous proxy to read.
inline std::string shared_from(const std::string& from, uint32_t bytes, uint32_t threads) {
    return "mad.wide.u32 " + from + ", %r0, 16, " + from + ";\n"
           + for_shared("FILL", bytes, threads,
                        "ld.global.v4.u32 {%r5, %r6, %r7, %r8}, [" + from
                            + "]; st.shared.v4.u32 [%r3], {%r5, %r6, %r7, %r8}; add.u64 " + from + ", " + from + ", "
                            + std::to_string(16 * threads) + ";")
           + "fence.proxy.async.shared::cta;\nbar.sync 0;\n";
}

// Loads a box into shared memory full of 0xA5, then writes all of it to `out`. Coordinates and offsets are parameters.
inline std::string load_kernel(int rank, bool im2col, bool prefetch = false) {
    std::string text = ".visible .entry k(.param .align 64 .b8 map[128], .param .u64 out, .param .u32 bytes";
    for (int d = 0; d < 5; d++) text += ", .param .u32 c" + std::to_string(d);
    for (int d = 0; d < 3; d++) text += ", .param .u32 o" + std::to_string(d);
    text += R"() {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>; .reg .b16 %h<8>;
    .shared .align 1024 .b8 data[16384];
    .shared .align 8 .b64 bar;
    mov.u32 %r0, %tid.x;
    mov.b64 %d0, map;
    cvta.param.u64 %d0, %d0;
    ld.param.u64 %d1, [out];
    ld.param.u32 %r1, [bytes];
)";
    for (int d = 0; d < 5; d++)
        text += "ld.param.u32 %r" + std::to_string(10 + d) + ", [c" + std::to_string(d) + "];\n";
    for (int d = 0; d < 3; d++)
        text += "ld.param.u32 %r20, [o" + std::to_string(d) + "]; cvt.u16.u32 %h" + std::to_string(d) + ", %r20;\n";
    std::string coordinates, offsets;
    for (int d = 0; d < rank; d++) coordinates += (d ? ", %r" : "%r") + std::to_string(10 + d);
    for (int d = 0; im2col && d < rank - 2; d++) offsets += (d ? ", %h" : "%h") + std::to_string(d);
    const std::string shape = std::to_string(rank) + "d", mode = im2col ? ".im2col" : ".tile",
                      tail = im2col ? ", {" + offsets + "}" : "";
    text += for_shared("FILL", kTile, 64, "st.shared.v4.u32 [%r3], {0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5};")
            + "fence.proxy.async.shared::cta;\n" + barrier_ready("bar", 1) + "@%p7 bra LOADED;\n"
            + (prefetch ? "prefetch.tensormap [%d0];\ncp.async.bulk.prefetch.tensor." + shape + ".L2.global" + mode
                              + " [%d0, {" + coordinates + "}]" + tail + ";\n"
                        : "")
            + "mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], %r1;\ncp.async.bulk.tensor." + shape
            + ".shared::cluster.global" + mode + ".mbarrier::complete_tx::bytes [%r2], [%d0, {" + coordinates
            + "}], [bar]" + tail + ";\nLOADED:\n" + barrier_wait("bar", "0", "WAIT")
            + "mad.wide.u32 %d1, %r0, 16, %d1;\n"
            + for_shared("OUT", kTile, 64,
                         "ld.shared.v4.u32 {%r5, %r6, %r7, %r8}, [%r3]; st.global.v4.u32 [%d1], {%r5, %r6, %r7, %r8}; "
                         "add.u64 %d1, %d1, 1024;")
            + "ret;\n}\n";
    return with_header(text);
}

// Fills shared memory from `in`, as it is, and stores or reduces a box of it.
inline std::string store_kernel(int rank, const std::string& instruction) {
    std::string coordinates, text = ".visible .entry k(.param .align 64 .b8 map[128], .param .u64 in";
    for (int d = 0; d < 5; d++) text += ", .param .u32 c" + std::to_string(d);
    text += R"() {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>;
    .shared .align 1024 .b8 data[16384];
    mov.u32 %r0, %tid.x;
    mov.b64 %d0, map;
    cvta.param.u64 %d0, %d0;
    ld.param.u64 %d1, [in];
)";
    for (int d = 0; d < 5; d++)
        text += "ld.param.u32 %r" + std::to_string(10 + d) + ", [c" + std::to_string(d) + "];\n";
    for (int d = 0; d < rank; d++) coordinates += (d ? ", %r" : "%r") + std::to_string(10 + d);
    text += shared_from("%d1", kTile, 64) + R"(
    setp.ne.u32 %p7, %r0, 0;
    @%p7 bra END;
    )" + instruction
            + " [%d0, {" + coordinates + R"(}], [%r2];
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group 0;
END:
    ret;
}
)";
    return with_header(text);
}

// Calls visit(element of the tensor, offset in shared memory) for every element of a tile. `taken`: elements per dimension.
inline void for_each_element(const Tensor& t, const std::vector<uint32_t>& taken, const std::vector<uint32_t>& step,
                             const std::vector<int32_t>& at, int swizzle,
                             const std::function<void(const std::vector<int64_t>&, uint32_t)>& visit) {
    const uint32_t row = taken[0] * t.bytes, pitch = swizzle == 0 ? row : 16u << swizzle;
    std::vector<uint32_t> index(taken.size(), 0);
    for (uint32_t rows = 0;;) {
        for (uint32_t x = 0; x < taken[0]; x++) {
            std::vector<int64_t> element;
            for (size_t d = 0; d < taken.size(); d++)
                element.push_back(int64_t(at[d]) + int64_t(d ? index[d] * step[d] : x));
            visit(element, swizzled_place(rows * pitch + x * t.bytes, swizzle));
        }
        rows++;
        size_t d = 1;
        while (d < taken.size() && ++index[d] == taken[d]) index[d++] = 0;
        if (d >= taken.size()) return;
    }
}

}  // namespace softcuda
