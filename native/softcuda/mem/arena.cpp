#include "mem/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "check/options.h"

namespace softcuda {

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kReturnPages = 1 << 20;  // freed blocks of at least this size give their pages back at once

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) & ~(unit - 1); }

uint8_t* reserve(uint64_t bytes) {
    void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? nullptr : static_cast<uint8_t*>(base);
}

void give_back_pages(uint64_t begin, uint64_t bytes) {
    uint64_t first = round_up(begin, kPage), last = (begin + bytes) & ~(kPage - 1);
    if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

constexpr uint64_t kQuarantine = 256 << 20;

std::mutex& registry_mutex() {
    static std::mutex mutex;
    return mutex;
}
std::vector<Arena*>& registry() {
    static std::vector<Arena*> arenas;
    return arenas;
}
std::atomic<uint64_t> registryChanges{1};

}  // namespace

// Address space is cheap: reserving more than the capacity leaves room for guards, alignment, fragmentation and the
// quarantine, so that an allocation within the capacity practically never fails for want of a hole.
Arena::Arena(uint64_t capacity) : capacity_(round_up(capacity, kPage)) {
    uint64_t span = 4 * capacity_ + (uint64_t(1) << 30);
    uint8_t* base = reserve(span);
    if (base == nullptr) {
        span = capacity_ + capacity_ / 4 + (uint64_t(1) << 26);
        base = reserve(span);
    }
    if (base == nullptr) throw std::bad_alloc();
    low_ = reinterpret_cast<uint64_t>(base);
    high_ = low_ + span;
    // Vector accesses of the interpreter are checked by their first byte against high_ - size: no slack page needed.
    free_[low_ + kPage] = span - 2 * kPage;
    if (check_options().memory) enable_quarantine(kQuarantine);
    if (check_options().init) enable_initialisation_record();
    std::lock_guard<std::mutex> lock(registry_mutex());
    registry().push_back(this);
    registryChanges.fetch_add(1);
}

uint64_t Arena::registrations() { return registryChanges.load(std::memory_order_acquire); }

Arena* Arena::of(uint64_t address) {
    std::lock_guard<std::mutex> lock(registry_mutex());
    for (Arena* arena : registry())
        if (address >= arena->low_ && address < arena->high_) return arena;
    return nullptr;
}

Arena::~Arena() {
    {
        std::lock_guard<std::mutex> lock(registry_mutex());
        registry().erase(std::find(registry().begin(), registry().end(), this));
        registryChanges.fetch_add(1);
    }
    munmap(reinterpret_cast<void*>(low_), high_ - low_);
    if (written_ != nullptr) munmap(written_, high_ - low_);
}

uint64_t Arena::allocate(uint64_t bytes, uint64_t alignment, Kind kind) {
    if (bytes == 0 || bytes > capacity_) return 0;
    alignment = std::max<uint64_t>(alignment, 256);
    std::unique_lock<std::shared_mutex> lock(mutex_);
    if (used() + bytes > capacity_) return 0;
    for (int attempt = 0; attempt < 2; ++attempt) {
        for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
            // First fit. The block takes [begin, begin + reserved): its bytes, rounded, then the guard gap; the gap of the
            // neighbour below guards its other side.
            uint64_t begin = round_up(hole->first, alignment);
            uint64_t reserved = round_up(bytes, 256) + gap_;
            uint64_t holeEnd = hole->first + hole->second;
            if (begin > holeEnd || holeEnd - begin < reserved) continue;
            uint64_t head = begin - hole->first, tail = holeEnd - begin - reserved, holeBegin = hole->first;
            free_.erase(hole);
            if (head != 0) free_[holeBegin] = head;
            if (tail != 0) free_[begin + reserved] = tail;
            live_[begin] = Block{bytes, reserved, ++serial_, kind};
            used_.fetch_add(bytes, std::memory_order_relaxed);
            generation_.fetch_add(1, std::memory_order_release);
            if (written_ != nullptr) std::memset(written_ + (begin - low_), kind == Kind::PinnedHost, bytes);
            return begin;
        }
        drop_quarantine(0);
    }
    return 0;
}

bool Arena::release(uint64_t address) {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    auto at = live_.find(address);
    if (at == live_.end()) return false;
    Block block = at->second;
    live_.erase(at);
    used_.fetch_sub(block.bytes, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    if (block.bytes >= kReturnPages) {
        give_back_pages(address, block.bytes);
        if (written_ != nullptr) give_back_pages(reinterpret_cast<uint64_t>(written_) + (address - low_), block.bytes);
    }
    if (quarantineLimit_ == 0) {
        insert_free(address, block.reserved);
        return true;
    }
    freed_[address] = block;
    quarantineOrder_.push_back(address);
    quarantined_ += block.reserved;
    drop_quarantine(quarantineLimit_);
    return true;
}

void Arena::drop_quarantine(uint64_t keep) {
    size_t dropped = 0;
    while (quarantined_ > keep && dropped < quarantineOrder_.size()) {
        uint64_t begin = quarantineOrder_[dropped++];
        auto at = freed_.find(begin);
        quarantined_ -= at->second.reserved;
        insert_free(begin, at->second.reserved);
        freed_.erase(at);
    }
    quarantineOrder_.erase(quarantineOrder_.begin(), quarantineOrder_.begin() + dropped);
}

void Arena::insert_free(uint64_t begin, uint64_t bytes) {
    auto after = free_.lower_bound(begin);
    if (after != free_.end() && begin + bytes == after->first) {
        bytes += after->second;
        after = free_.erase(after);
    }
    if (after != free_.begin()) {
        auto before = std::prev(after);
        if (before->first + before->second == begin) {
            before->second += bytes;
            return;
        }
    }
    free_[begin] = bytes;
}

bool Arena::find(uint64_t address, Allocation& found) const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    for (const auto* blocks : {&live_, &freed_}) {
        auto at = blocks->upper_bound(address);
        if (at == blocks->begin()) continue;
        --at;
        if (address - at->first >= at->second.bytes) continue;
        found = Allocation{at->first, at->second.bytes, at->second.serial, at->second.kind, blocks == &live_};
        return true;
    }
    return false;
}

bool Arena::nearest(uint64_t address, Allocation& found) const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    if (live_.empty()) return false;
    auto after = live_.upper_bound(address), best = after;
    if (after != live_.begin()) {
        auto before = std::prev(after);
        uint64_t end = before->first + before->second.bytes;
        uint64_t below = address < end ? 0 : address - end;
        if (after == live_.end() || below <= after->first - address) best = before;
    }
    found = Allocation{best->first, best->second.bytes, best->second.serial, best->second.kind, true};
    return true;
}

bool Arena::owns(uint64_t address, uint64_t bytes) const {
    Allocation found;
    return find(address, found) && found.live && bytes <= found.end() - address;
}

size_t Arena::live_count() const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    return live_.size();
}

void Arena::enable_quarantine(uint64_t quarantineBytes) {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    quarantineLimit_ = quarantineBytes;
    gap_ = kPage;
}

void Arena::enable_initialisation_record() {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    if (written_ != nullptr) return;
    uint8_t* shadow = reserve(high_ - low_);
    if (shadow == nullptr) throw std::bad_alloc();
    for (const auto& entry : live_) std::memset(shadow + (entry.first - low_), 1, entry.second.bytes);
    written_ = shadow;
}

void Arena::mark_written(uint64_t address, uint64_t bytes) {
    if (written_ == nullptr || address < low_ || address >= high_) return;
    std::memset(written_ + (address - low_), 1, std::min(bytes, high_ - address));
}

void Arena::copy_written(uint64_t destination, uint64_t source, uint64_t bytes) {
    if (written_ == nullptr) return;
    bool sourceInside = source >= low_ && source + bytes <= high_,
         inside = destination >= low_ && destination + bytes <= high_;
    if (inside && sourceInside) std::memmove(written_ + (destination - low_), written_ + (source - low_), bytes);
    else mark_written(destination, bytes);
}

}  // namespace softcuda
