// The allocator of device memory: placement, guards, lookup, reuse, quarantine, the record of written bytes.
#include <map>
#include <random>

#include "check/options.h"
#include "expect.h"
#include "mem/arena.h"

using namespace softcuda;

TEST(allocations_are_aligned_apart_and_writable) {
    Arena arena(1 << 20);
    std::map<uint64_t, uint64_t> blocks;
    std::mt19937 random(1);
    uint64_t used = 0;
    for (int i = 0; i < 2000; i++) {
        if (blocks.empty() || random() % 3) {
            uint64_t bytes = 1 + random() % 5000, alignment = 1u << random() % 13;
            uint64_t at = arena.allocate(bytes, alignment);
            if (at == 0) {
                EXPECT(used + bytes > arena.total());
                continue;
            }
            EXPECT_EQ(at % std::max<uint64_t>(256, alignment), 0u);
            EXPECT(at >= arena.low() && at + bytes <= arena.high());
            auto after = blocks.lower_bound(at);
            if (after != blocks.end()) EXPECT(at + bytes + 256 <= after->first);
            if (after != blocks.begin()) EXPECT(std::prev(after)->first + std::prev(after)->second + 256 <= at);
            std::memset(reinterpret_cast<void*>(at), i, bytes);
            blocks[at] = bytes;
            used += bytes;
        } else {
            auto victim = std::next(blocks.begin(), random() % blocks.size());
            EXPECT(arena.release(victim->first));
            used -= victim->second;
            blocks.erase(victim);
        }
        EXPECT_EQ(arena.used(), used);
        EXPECT_EQ(arena.live_count(), blocks.size());
    }
    for (auto [at, bytes] : blocks) EXPECT(arena.release(at));
    EXPECT_EQ(arena.available(), arena.total());
    uint64_t whole = arena.allocate(1 << 20);  // no fragment is left behind
    EXPECT(whole != 0);
}

TEST(lookup_knows_the_bounds) {
    Arena arena(1 << 20);
    uint64_t a = arena.allocate(100), b = arena.allocate(300);
    Arena::Allocation found;
    EXPECT(arena.find(a, found) && found.begin == a && found.bytes == 100 && found.live);
    EXPECT(arena.find(a + 99, found));
    EXPECT(!arena.find(a + 100, found));
    EXPECT(!arena.find(a - 1, found));
    EXPECT(arena.owns(b, 300) && !arena.owns(b, 301) && !arena.owns(b + 1, 300));
    EXPECT(arena.nearest(a + 120, found) && found.begin == a);
    EXPECT(arena.nearest(b - 1, found) && found.begin == b);
    EXPECT(Arena::of(a) == &arena && Arena::of(8) == nullptr);
    EXPECT(!arena.release(a + 1));
    EXPECT(arena.release(a));
    EXPECT(!arena.release(a));
    EXPECT(!arena.find(a, found));
}

TEST(capacity_is_kept) {
    Arena arena(1 << 16);
    EXPECT_EQ(arena.allocate((1 << 16) + 1), 0u);
    EXPECT_EQ(arena.allocate(0), 0u);
    EXPECT_EQ(arena.allocate(~0ull), 0u);
    uint64_t a = arena.allocate(40000);
    EXPECT(a != 0);
    EXPECT_EQ(arena.allocate(40000), 0u);
    EXPECT(arena.release(a));
    EXPECT(arena.allocate(40000) != 0);
}

TEST(freed_blocks_stay_in_quarantine) {
    Arena arena(1 << 20);
    arena.enable_quarantine(1 << 16);
    uint64_t a = arena.allocate(1000);
    EXPECT(arena.release(a));
    Arena::Allocation found;
    EXPECT(arena.find(a + 5, found) && !found.live && found.begin == a);
    EXPECT(!arena.owns(a, 1));
    for (int i = 0; i < 5; i++) {
        uint64_t other = arena.allocate(1000);
        EXPECT(other != a);
        arena.release(other);
    }
    for (int i = 0; i < 100; i++) arena.release(arena.allocate(8000));  // pushes the oldest out
    EXPECT(!arena.find(a + 5, found) || found.begin != a || found.live);
}

TEST(written_bytes_are_on_record) {
    Arena arena(1 << 20);
    uint64_t before = arena.allocate(64);
    EXPECT(arena.written(before) == nullptr);
    arena.mark_written(before, 64);
    arena.enable_initialisation_record();
    EXPECT_EQ(int(*arena.written(before)), 1);
    uint64_t a = arena.allocate(64), b = arena.allocate(64), host = arena.allocate(64, 256, Arena::Kind::PinnedHost);
    EXPECT_EQ(int(*arena.written(a)), 0);
    EXPECT_EQ(int(*arena.written(host + 63)), 1);
    arena.mark_written(a + 8, 8);
    arena.copy_written(b, a, 64);
    for (int i = 0; i < 64; i++) {
        EXPECT_EQ(int(*arena.written(a + i)), i >= 8 && i < 16);
        EXPECT_EQ(int(*arena.written(b + i)), i >= 8 && i < 16);
    }
    arena.release(a);
    uint64_t again = arena.allocate(64);
    for (int i = 0; i < 64; i++) EXPECT_EQ(int(*arena.written(again + i)), 0);
}

TEST_MAIN
