// Bounds of allocations, use after free and uninitialised reads in device memory.
#include <cstdio>

#include "check/block_checker.h"
#include "mem/arena.h"

namespace softcuda {

namespace {

// The allocation found last by this thread, and the state of the arena it is good for.
struct Cached {
    Arena* arena = nullptr;
    uint64_t registrations = 0;
    uint64_t generation = 0;
    Arena::Allocation allocation;
};
thread_local Cached cached;

Arena* arena_of(uint64_t address) {
    const uint64_t registrations = Arena::registrations();
    if (cached.arena == nullptr || cached.registrations != registrations || address < cached.arena->low()
        || address >= cached.arena->high()) {
        cached = Cached{};
        cached.registrations = registrations;
        cached.arena = Arena::of(address);
    }
    return cached.arena;
}

std::string name(const Arena::Allocation& a) {
    char text[96];
    std::snprintf(text, sizeof text, "allocation %llu (%llu bytes at 0x%llx)",
                  static_cast<unsigned long long>(a.serial), static_cast<unsigned long long>(a.bytes),
                  static_cast<unsigned long long>(a.begin));
    return text;
}

bool out_of_bounds(const Ins* ip, Warp& w, const Arena& arena, int lane, uint64_t address, uint32_t bytes,
                   Access access) {
    std::string what = std::string("global ") + verb(access) + " of " + std::to_string(bytes) + " bytes ";
    Arena::Allocation a;
    if (arena.find(address, a)) {
        what += a.live ? "runs beyond the end of " + name(a) : "after free of " + name(a);
    } else if (arena.nearest(address, a)) {
        what += "out of bounds, ";
        what += address >= a.end() ? std::to_string(address - a.end()) + " bytes past the end of " + name(a)
                                   : std::to_string(a.begin - address) + " bytes before " + name(a);
    } else {
        what += "while nothing is allocated";
    }
    return report(ip, w, kCheckIllegalAddress, lane, address, what);
}

bool within_allocation(const Arena& arena, uint64_t address, uint32_t bytes) {
    const uint64_t generation = arena.generation();
    if (cached.generation != generation || !cached.allocation.contains(address)) {
        cached.generation = generation;
        cached.allocation = Arena::Allocation{};
        Arena::Allocation found;
        if (arena.find(address, found) && found.live) cached.allocation = found;
    }
    return cached.allocation.contains(address) && bytes <= cached.allocation.end() - address;
}

}  // namespace

bool check_global(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access,
                  bool strong, Proxy proxy) {
    const CheckOptions& options = checker_of(*w.block)->options;
    Arena* arena = arena_of(host[__builtin_ctz(lanes)]);
    if (arena != nullptr && (options.memory || options.init)) {
        for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
            const int l = __builtin_ctz(rest);
            if (options.memory && !within_allocation(*arena, host[l], bytes))
                return out_of_bounds(ip, w, *arena, l, host[l], bytes, access);
            uint8_t* written = options.init ? arena->written(host[l]) : nullptr;
            if (written == nullptr) continue;
            for (uint32_t b = 0; b < bytes; b++) {
                if (access != Access::Write && !written[b])
                    return report(ip, w, kCheckLaunchFailed, l, host[l] + b, "uninitialised global memory read");
                if (access != Access::Read) written[b] = 1;
            }
        }
    }
    return !options.race || check_global_race(ip, w, host, lanes, bytes, access, strong, proxy);
}

}  // namespace softcuda
