// Device memory: one reservation of address space from which every device and pinned allocation is cut, so that a device
// pointer is a host pointer and the fast path checks one range.
//
// All functions may be called from any thread. Addresses are host addresses, sizes are bytes.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace softcuda {

class Arena {
public:
    enum class Kind : uint8_t { Device, PinnedHost };

    struct Allocation {
        uint64_t begin = 0;
        uint64_t bytes = 0;   // as asked for, not as rounded
        uint64_t serial = 0;  // counts allocations from 1, to name them in reports
        Kind kind = Kind::Device;
        bool live = false;  // false: freed, and still in quarantine
        uint64_t end() const { return begin + bytes; }
        bool contains(uint64_t address) const { return address - begin < bytes; }
    };

    // Takes the checks of check_options() into account: a quarantine for `memory`, the record of written bytes for `init`.
    // `capacity`: the bytes that may be allocated at once (what cuMemGetInfo calls total). Pages cost memory only once
    // touched. Throws std::bad_alloc when the address space cannot be reserved.
    explicit Arena(uint64_t capacity);
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    uint64_t low() const { return low_; }    // Launch::arenaLow
    uint64_t high() const { return high_; }  // Launch::arenaHigh

    // The address of `bytes` > 0 new bytes, a multiple of `alignment` (a power of two, at least 256 is used), with unused
    // guard bytes on both sides; 0 when the capacity does not allow it.
    uint64_t allocate(uint64_t bytes, uint64_t alignment = 256, Kind kind = Kind::Device);

    // Frees the allocation that begins at `address`; false (and nothing done) when no live one does.
    bool release(uint64_t address);

    // The allocation that contains `address`: live ones first; freed ones only while in quarantine. False: none.
    bool find(uint64_t address, Allocation& found) const;

    // The arena that `address` lies in, null when none does.
    static Arena* of(uint64_t address);
    // Changes whenever an arena is made or destroyed: what a cached result of of() must compare.
    static uint64_t registrations();

    // The live allocation nearest to `address` (for reports), false when there is none.
    bool nearest(uint64_t address, Allocation& found) const;

    // Whether [address, address + bytes) lies within one live allocation.
    bool owns(uint64_t address, uint64_t bytes) const;

    uint64_t total() const { return capacity_; }
    uint64_t used() const { return used_.load(std::memory_order_relaxed); }
    uint64_t available() const { return total() - used(); }
    size_t live_count() const;

    // Changes whenever an allocation begins or ends: what a cached lookup must compare.
    uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

    // ---- checked mode ------------------------------------------------------------------------------------------------
    // Keeps freed blocks unused (so that a use after free is seen) until `quarantineBytes` of them have gathered, and
    // widens the guard gaps. Call before the first allocation.
    void enable_quarantine(uint64_t quarantineBytes);

    // Starts the record of which bytes have been written, one shadow byte for each byte of the arena. What is allocated
    // already and every pinned host allocation counts as written. Does nothing when called again.
    void enable_initialisation_record();
    bool records_initialisation() const { return written_ != nullptr; }

    // For the driver: a memset, a copy from the host or a module's initialised global wrote these bytes. No-op when no
    // record is kept or the range lies outside the arena.
    void mark_written(uint64_t address, uint64_t bytes);
    // For the driver: a copy inside the arena carries the state of its source along.
    void copy_written(uint64_t destination, uint64_t source, uint64_t bytes);
    // Shadow of `address`, nonzero where written; null when no record is kept.
    uint8_t* written(uint64_t address) const { return written_ ? written_ + (address - low_) : nullptr; }

private:
    struct Block {
        uint64_t bytes, reserved, serial;
        Kind kind;
    };  // reserved: with rounding and guard
    void insert_free(uint64_t begin, uint64_t bytes);
    void drop_quarantine(uint64_t keep);

    uint64_t capacity_, low_ = 0, high_ = 0, gap_ = 256;
    uint64_t quarantineLimit_ = 0, quarantined_ = 0, serial_ = 0;
    std::atomic<uint64_t> used_{0}, generation_{1};
    uint8_t* written_ = nullptr;
    mutable std::shared_mutex mutex_;
    std::map<uint64_t, Block> live_;
    std::map<uint64_t, Block> freed_;        // quarantine by address
    std::vector<uint64_t> quarantineOrder_;  // oldest first
    std::map<uint64_t, uint64_t> free_;      // begin -> bytes, never adjacent
};

}  // namespace softcuda
