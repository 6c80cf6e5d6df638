// Every form of ld and st, on every level, against a definition lane by lane: values, extension, untouched bytes, faults.
#include "lane_machine.h"
#include "mem/address.h"

using namespace lanes;

namespace {

enum class Where { Global, Shared, Local, Param, Generic };

struct Access {
    bool load;
    Where space;
    int count;  // elements of the vector
    int bytes;  // of an element
    bool sign;
    bool wide;  // 64-bit registers
};

// Decodes the canonical name anew, from the grammar in the PTX ISA.
bool decode(const NamedForm& f, Access& a) {
    std::vector<std::string> parts = words(f.name);
    a = {parts[0] == "ld", Where::Generic, 1, 0, false, false};
    size_t i = 1;
    const std::map<std::string, Where> spaces = {{"global", Where::Global},
                                                 {"shared", Where::Shared},
                                                 {"shared::cluster", Where::Shared},
                                                 {"local", Where::Local},
                                                 {"param", Where::Param}};
    if (spaces.count(parts[i])) a.space = spaces.at(parts[i++]);
    if (parts[i] == "v2" || parts[i] == "v4") a.count = parts[i++][1] - '0';
    if (i + 1 != parts.size()) return false;
    const std::string& type = parts[i];
    if (type[0] != 'b' && type[0] != 's') return false;
    a.sign = type[0] == 's';
    a.bytes = std::stoi(type.substr(1)) / 8;
    std::string registers = a.load ? destinations(f.signature) : sources(f.signature).substr(1);
    a.wide = registers[0] == 'd';
    return registers == std::string(a.count, a.wide ? 'd' : 'w');
}

struct Region {
    uint8_t* host;
    uint64_t address;
    uint64_t size;
};  // `address` as the program writes it

Region region(Machine& m, Where space, Where inGeneric, int warp, int lane) {
    uint8_t* local = m.local + kLocalBytes * (warp * 32 + lane);
    Where s = space == Where::Generic ? inGeneric : space;
    bool generic = space == Where::Generic;
    switch (s) {
        case Where::Shared: return {m.shared, generic ? kSharedWindow : 0, kShared};
        case Where::Local: return {local, generic ? kLocalWindow : 0, kLocalBytes};
        case Where::Param: return {m.params, generic ? kParamWindow : 0, kParamBytes};
        default: return {m.arena, m.launch.arenaLow, kArena};
    }
}

// Offsets of the lanes in units of the access size.
std::vector<uint64_t> pattern(Machine& m, int kind, uint64_t units) {
    std::vector<uint64_t> at(32);
    uint64_t base = m.pick(units > 32 ? units - 32 : 1);
    for (int l = 0; l < 32; l++) {
        switch (kind) {
            case 0: at[l] = base + l; break;                                        // contiguous
            case 1: at[l] = base; break;                                            // uniform
            case 2: at[l] = base + l % 16; break;                                   // two halves alike
            case 3: at[l] = base + l / 16; break;                                   // two uniform halves
            case 4: at[l] = base + 31 - l; break;                                   // backwards
            case 5: at[l] = l == 17 ? base + 3 : base + l; break;                   // contiguous but for one lane
            case 6: at[l] = m.pick(4) + base; break;                                // collisions
            case 7: at[l] = base + l % 8; break;                                    // eight in a row, four times
            case 8: at[l] = base + l / 8 * 3; break;                                // eight alike, apart
            case 9: at[l] = base + l / 4 % 4; break;                                // four alike, halves alike
            case 10: at[l] = l % 4 ? at[size_t(l - 1)] + 1 : m.pick(units); break;  // four in a row, anywhere
            default: at[l] = m.pick(units);                                         // anywhere
        }
        at[l] %= units;
    }
    return at;
}

void check(const Level& level, const NamedForm& named) {
    Access a;
    if (!decode(named, a)) {
        expect::failed(__FILE__, __LINE__, "no definition for " + named.name + " " + named.signature);
        return;
    }
    const uint64_t size = a.bytes * a.count;
    static Machine& m = *new Machine(7);
    static Machine& before = *new Machine(8);
    for (int trial = 0; trial < 60; trial++) {
        const int baseSlot = 10, warp = trial % 2;
        m.fill(m.regs, sizeof m.regs);
        Where mixed[4] = {Where::Global, Where::Shared, Where::Local, Where::Param};
        const int spread = trial % 6;  // generic: which spaces the lanes use
        const bool wideBase = a.space == Where::Global || a.space == Where::Generic || trial % 4 == 3;
        Ins ins{};
        ins.imm = trial % 3 == 0 ? 0 : trial % 3 == 1 ? int(size) * 3 : -int(size) * 2;
        if (a.space != Where::Global && a.space != Where::Generic && wideBase) ins.aux |= kBaseWide;
        const bool narrow = a.load && !a.wide && a.bytes < 4 && trial % 5 == 1;
        if (narrow) ins.aux |= kDestination16;
        const Mask mask = masks(m.random)[trial % 5];
        std::vector<uint64_t> units;
        uint64_t smallest = kLocalBytes;
        units = pattern(m, trial % 12,
                        (a.space == Where::Global   ? kArena
                         : a.space == Where::Shared ? kShared
                                                    : smallest)
                            / size);
        uint8_t* host[32];
        // A destination may be the register that held the base, when the banks agree.
        const bool reuse = a.load && trial % 7 == 2 && a.wide == wideBase;
        for (int l = 0; l < 32; l++) {
            Where in = spread < 3 ? mixed[spread] : mixed[(l + spread) % (a.load ? 4 : 3)];
            Region r = region(m, a.space, in, warp, l);
            host[l] = r.host + units[l] * size;
            uint64_t base = r.address + units[l] * size - int64_t(ins.imm);
            if (wideBase) m.d(baseSlot)[l] = mask.active >> l & 1 ? base : m.random();
            else m.w(baseSlot)[l] = mask.active >> l & 1 ? uint32_t(base) : uint32_t(m.random());
        }
        int slot[4];
        for (int j = 0; j < a.count; j++) slot[j] = reuse && j == trial % a.count ? baseSlot : 20 + j;
        int k = 0;
        if (!a.load) ins.arg[k++] = Machine::unit(baseSlot);
        for (int j = 0; j < a.count; j++) ins.arg[k++] = Machine::unit(slot[j]);
        if (a.load) ins.arg[k++] = Machine::unit(baseSlot);

        // The definition.
        std::memcpy(before.regs, m.regs, sizeof m.regs);
        std::memcpy(before.arena, m.arena, sizeof m.arena);
        std::memcpy(before.shared, m.shared, sizeof m.shared);
        std::memcpy(before.local, m.local, sizeof m.local);
        for (int l = 0; l < 32; l++) {
            if (!(mask.active >> l & 1)) continue;
            for (int j = 0; j < a.count; j++) {
                if (a.load) {
                    uint64_t value = 0;
                    for (int b = 0; b < a.bytes; b++) value |= uint64_t(host[l][j * a.bytes + b]) << 8 * b;
                    if (a.sign && value >> (8 * a.bytes - 1) & 1 && a.bytes < 8) value |= ~uint64_t(0) << 8 * a.bytes;
                    if (a.wide) before.d(slot[j])[l] = value;
                    else before.w(slot[j])[l] = narrow ? uint32_t(value) & 0xffff : uint32_t(value);
                } else {
                    uint64_t value = a.wide ? m.d(slot[j])[l] : m.w(slot[j])[l];
                    uint8_t* image =
                        host[l] >= m.arena && host[l] < m.arena + kArena      ? before.arena + (host[l] - m.arena)
                        : host[l] >= m.shared && host[l] < m.shared + kShared ? before.shared + (host[l] - m.shared)
                                                                              : before.local + (host[l] - m.local);
                    for (int b = 0; b < a.bytes; b++) image[j * a.bytes + b] = uint8_t(value >> 8 * b);
                }
            }
        }
        // Lanes outside the live ones have no registers to keep: a full handler may write them.
        const Ins* next = m.run(named.form, ins, mask.active, mask.live, warp);
        std::string where = level.name + " " + named.name + " " + named.signature + " trial " + std::to_string(trial);
        if (next != &ins + 1) expect::failed(__FILE__, __LINE__, where + ": " + last_fault().what);
        for (int s = 0; s < kSlots; s++)
            for (int l = 0; l < 32; l++) {
                if (!(mask.live >> l & 1)) continue;
                bool isWide = a.load ? a.wide : false;
                for (int j = 0; j < a.count; j++)
                    if (slot[j] == s && !isWide) goto narrowSlot;
                if (m.d(s)[l] != before.d(s)[l]) {
                    if (s == baseSlot && !wideBase) goto narrowSlot;
                    expect::failed(__FILE__, __LINE__,
                                   where + ": slot " + std::to_string(s) + " lane " + std::to_string(l));
                }
                continue;
            narrowSlot:
                if (m.w(s)[l] != before.w(s)[l])
                    expect::failed(__FILE__, __LINE__,
                                   where + ": slot " + std::to_string(s) + " lane " + std::to_string(l));
            }
        if (std::memcmp(m.arena, before.arena, kArena) || std::memcmp(m.shared, before.shared, kShared)
            || std::memcmp(m.local, before.local, sizeof m.local))
            expect::failed(__FILE__, __LINE__, where + ": memory differs");
    }
}

// One lane's address wrong: nothing else may be blamed, and memory stays as it was.
void check_faults(const Level& level, const NamedForm& named) {
    Access a;
    if (!decode(named, a)) return;
    const uint64_t size = a.bytes * a.count;
    static Machine& m = *new Machine(9);
    const Where home = a.space == Where::Generic ? Where::Shared : a.space;
    for (int kind = 0; kind < 4; kind++) {
        if (kind == 1 && size == 1) continue;
        const bool full = kind % 2 == 0;
        const int bad = 5 + kind * 7;
        const uint32_t active = full ? kAllLanes : 0xf0f0f0f0u | 1u << bad;
        Ins ins{};
        const bool wideBase = a.space == Where::Global || a.space == Where::Generic;
        int k = 0;
        if (!a.load) ins.arg[k++] = Machine::unit(10);
        for (int j = 0; j < a.count; j++) ins.arg[k++] = Machine::unit(20 + j);
        if (a.load) ins.arg[k++] = Machine::unit(10);
        uint64_t badAddress = 0;
        for (int l = 0; l < 32; l++) {
            Region r = region(m, a.space, home, 0, l);
            uint64_t address = r.address + uint64_t(l) * size % r.size;
            if (l == bad)
                address = kind == 0   ? r.address + r.size
                          : kind == 1 ? address + size / 2
                          : kind == 2 ? r.address + r.size - size + (size > 1 ? size / 2 : 1)
                                      : (wideBase ? r.address + 0x7fffffffu : 0x80000000u);
            if (l == bad) badAddress = address;
            if (wideBase) m.d(10)[l] = address;
            else m.w(10)[l] = uint32_t(address);
        }
        static uint8_t arena[kArena], shared[kShared];
        std::memcpy(arena, m.arena, kArena);
        const Ins* next = m.run(named.form, ins, active, kAllLanes);
        std::string where = level.name + " " + named.name + " kind " + std::to_string(kind) + " ";
        if (next != nullptr || m.warps[0].state != WarpState::Faulted) {
            expect::failed(__FILE__, __LINE__, where + "did not fault");
            continue;
        }
        if (last_fault().error != (kind == 1 ? 716 : 700) && !(kind == 2 && last_fault().error == 716))
            expect::failed(__FILE__, __LINE__, where + "error " + std::to_string(last_fault().error));
        if (last_fault().lane != bad)
            expect::failed(__FILE__, __LINE__, where + "lane " + std::to_string(last_fault().lane));
        if (last_fault().address != badAddress) expect::failed(__FILE__, __LINE__, where + "address");
        if (std::memcmp(arena, m.arena, kArena)) expect::failed(__FILE__, __LINE__, where + "memory written");
        (void) shared;
    }
}

}  // namespace

TEST(loads_and_stores_move_what_their_definition_says) {
    for (const Level& level : levels()) {
        size_t loads = 0, stores = 0;
        for (const NamedForm& f : level.table.starting("ld.")) {
            check(level, f);
            loads++;
        }
        for (const NamedForm& f : level.table.starting("st.")) {
            check(level, f);
            stores++;
        }
        EXPECT_EQ(loads, size_t(6 * 26));
        EXPECT_EQ(stores, size_t(5 * 14));
    }
}

TEST(wild_and_misaligned_addresses_fault_with_lane_and_address) {
    for (const Level& level : levels()) {
        for (const NamedForm& f : level.table.starting("ld.")) check_faults(level, f);
        for (const NamedForm& f : level.table.starting("st.")) check_faults(level, f);
    }
}

TEST(accesses_need_no_more_shared_memory_than_they_touch) {
    for (const Level& level : levels()) {
        static Machine& m = *new Machine(3);
        m.block.sharedBytes = 8;  // smaller than a full warp's contiguous access, and than one v4
        Ins ins{};
        ins.arg[0] = Machine::unit(20);
        ins.arg[1] = Machine::unit(10);
        for (int l = 0; l < 32; l++) m.w(10)[l] = 4;
        EXPECT(m.run(*level.table.find("ld.shared.b32", "w=m"), ins, kAllLanes, kAllLanes) == &ins + 1);
        for (int l = 0; l < 32; l++) m.w(10)[l] = 4 * l;
        EXPECT(m.run(*level.table.find("ld.shared.b32", "w=m"), ins, kAllLanes, kAllLanes) == nullptr);
        EXPECT_EQ(last_fault().lane, 2);
        for (int j = 0; j < 4; j++) ins.arg[j] = Machine::unit(20 + j);
        ins.arg[4] = Machine::unit(10);
        for (int l = 0; l < 32; l++) m.w(10)[l] = 0;
        EXPECT(m.run(*level.table.find("ld.shared.v4.b32", "wwww=m"), ins, kAllLanes, kAllLanes) == nullptr);
        EXPECT_EQ(last_fault().error, 700);
        m.block.sharedBytes = kShared;
    }
}

TEST_MAIN
