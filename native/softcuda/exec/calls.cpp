// The functions of the CUDA device runtime that kernels may call: printf and assert.
//
// The decoder gives the offsets, in the thread's local memory, of the call's parameters: as constants in W slots.
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

#include "exec/fault.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr size_t kMaxText = 4096;  // of a format, a string argument

// A lane's view of memory. Failing reads give false.
class LaneMemory {
public:
    LaneMemory(const Warp& w, int lane)
        : block_(*w.block),
          launch_(*w.block->launch),
          local_(block_.local + size_t(w.index * kLanes + uint32_t(lane)) * block_.localBytes) {}

    bool local(uint64_t offset, void* to, size_t bytes) const {
        if (offset > block_.localBytes || block_.localBytes - offset < bytes) return false;
        std::memcpy(to, local_ + offset, bytes);
        return true;
    }

    bool generic(uint64_t address, void* to, size_t bytes) const {
        uint64_t window = address & kWindowMask, offset = uint32_t(address);
        if (window == kLocalWindow) return local(offset, to, bytes);
        if (window == kSharedWindow) {
            if (offset > block_.sharedBytes || block_.sharedBytes - offset < bytes) return false;
            std::memcpy(to, block_.shared + offset, bytes);
            return true;
        }
        if (address < launch_.arenaLow || address > launch_.arenaHigh || launch_.arenaHigh - address < bytes)
            return false;
        std::memcpy(to, reinterpret_cast<const void*>(address), bytes);
        return true;
    }

    bool text(uint64_t address, std::string& to) const {
        for (char c; to.size() < kMaxText; to += c) {
            if (!generic(address + to.size(), &c, 1)) return false;
            if (!c) return true;
        }
        return true;
    }

private:
    const Block& block_;
    const Launch& launch_;
    const uint8_t* local_;
};

// Formats as C's printf does, taking the arguments from the buffer that the compiler filled: each aligned to its size, ints
// in 4 bytes, everything else in 8. False when a read fails.
bool format_text(const LaneMemory& memory, const std::string& format, uint64_t arguments, std::string& out) {
    uint64_t offset = 0;
    auto take = [&](size_t bytes, void* to) {
        offset = (offset + bytes - 1) / bytes * bytes;
        bool ok = memory.generic(arguments + offset, to, bytes);
        offset += bytes;
        return ok;
    };
    for (size_t i = 0; i < format.size(); i++) {
        if (format[i] != '%') {
            out += format[i];
            continue;
        }
        std::string spec = "%";
        int longs = 0;
        for (i++; i < format.size() && std::strchr("-+ #0123456789.*lhjzt", format[i]) && spec.size() < 40; i++) {
            if (format[i] == '*') {
                int32_t width;
                if (!take(4, &width)) return false;
                spec += std::to_string(width < -512 || width > 512 ? 0 : width);
            } else if (std::strchr("lhjzt", format[i])) {
                longs += format[i] == 'h' ? 0 : 1;
            } else {
                spec += format[i];
            }
        }
        if (i >= format.size()) break;
        char c = format[i], text[1100];
        // Field widths beyond what fits are dropped rather than trusted.
        size_t digits = 0;
        for (char d : spec) digits += d >= '0' && d <= '9';
        if (digits > 6) spec = "%";
        if (c == '%') {
            out += '%';
        } else if (std::strchr("di", c)) {
            int64_t wide = 0;
            int32_t narrow = 0;
            if (!(longs ? take(8, &wide) : take(4, &narrow))) return false;
            std::snprintf(text, sizeof text, (spec + "lld").c_str(), static_cast<long long>(longs ? wide : narrow));
            out += text;
        } else if (std::strchr("uoxXc", c)) {
            uint64_t value = 0;
            if (!take(longs && c != 'c' ? 8 : 4, &value)) return false;
            if (c == 'c') out += char(value);
            else {
                std::snprintf(text, sizeof text, (spec + "ll" + c).c_str(), static_cast<unsigned long long>(value));
                out += text;
            }
        } else if (std::strchr("fFeEgGaA", c)) {
            double value = 0;
            if (!take(8, &value)) return false;
            std::snprintf(text, sizeof text, (spec + c).c_str(), value);
            out += text;
        } else if (c == 'p' || c == 's') {
            uint64_t value = 0;
            std::string s;
            if (!take(8, &value) || (c == 's' && !memory.text(value, s))) return false;
            if (c == 'p') {
                std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
                s = text;
            }
            out += s;
        } else {
            out += spec;
            out += c;
        }
    }
    return true;
}

const Ins* call_vprintf(const Ins* ip, Warp& w) {
    uint32_t formatAt = reg<uint32_t>(ip, w, 0)[0], argumentsAt = reg<uint32_t>(ip, w, 1)[0],
             resultAt = reg<uint32_t>(ip, w, 2)[0];
    std::string out;
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        int lane = __builtin_ctz(lanes);
        LaneMemory memory(w, lane);
        uint64_t formatAddress = 0, arguments = 0;
        std::string format;
        if (!memory.local(formatAt, &formatAddress, 8) || !memory.local(argumentsAt, &arguments, 8)
            || !memory.text(formatAddress, format) || !format_text(memory, format, arguments, out))
            return fault(w, ip, kIllegalAddressError, lane, formatAddress, "printf reads outside device memory");
        uint32_t printed = 1;
        Block& b = *w.block;
        if (resultAt != kAllLanes && resultAt + 4 <= b.localBytes)
            std::memcpy(b.local + size_t(w.index * kLanes + uint32_t(lane)) * b.localBytes + resultAt, &printed, 4);
    }
    static std::mutex mutex;
    std::lock_guard<std::mutex> lock(mutex);
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
    return ip + 1;
}

const Ins* call_assertfail(const Ins* ip, Warp& w) {
    int lane = __builtin_ctz(w.active);
    LaneMemory memory(w, lane);
    uint64_t text[4] = {};  // message, file, line, function
    std::string shown[4];
    for (int k = 0; k < 4; k++) {
        memory.local(reg<uint32_t>(ip, w, k)[0], &text[k], k == 2 ? 4 : 8);
        if (k != 2) memory.text(text[k], shown[k]);
    }
    std::string message = "assertion `" + shown[0] + "` failed at " + shown[1] + ":" + std::to_string(uint32_t(text[2]))
                          + " (" + shown[3] + ")";
    std::fprintf(stderr, "softcuda: %s\n", message.c_str());
    return fault(w, ip, kAssertError, lane, 0, message.c_str());
}

}  // namespace

void add_call_forms(FormSink& sink) {
    sink.add({"call.vprintf", "=www", call_vprintf, call_vprintf, nullptr});
    sink.add({"call.__assertfail", "=wwwww", call_assertfail, call_assertfail, nullptr});
}

}  // namespace softcuda
