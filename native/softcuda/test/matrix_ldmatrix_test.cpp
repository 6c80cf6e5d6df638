// ldmatrix, stmatrix and movmatrix on every level, element by element.
#include "lane_machine.h"
#include "mem/address.h"

using namespace lanes;

namespace {

struct Decoded {
    bool load, trans, generic;
    int count;
};

Decoded decode(const NamedForm& f) {
    std::vector<std::string> parts = words(f.name);
    Decoded d;
    d.load = parts[0] == "ldmatrix";
    d.count = parts[4][1] - '0';
    d.trans = f.name.find(".trans") != std::string::npos;
    d.generic = f.name.find(".shared") == std::string::npos;
    return d;
}

// Element i (0 low, 1 high half) of lane l's register: PTX ISA, row l / 4 and columns 2 (l % 4) + i; transposed if .trans.
int element(int l, int i, bool trans) {
    int row = l / 4, column = 2 * (l % 4) + i;
    return trans ? column * 8 + row : row * 8 + column;
}

}  // namespace

TEST(matrices_move_between_shared_memory_and_fragments) {
    for (const Level& level : levels()) {
        size_t count = 0;
        for (const char* head : {"ldmatrix.", "stmatrix."})
            for (const NamedForm& f : level.table.starting(head)) {
                count++;
                const Decoded d = decode(f);
                static Machine& m = *new Machine(51);
                for (int trial = 0; trial < 16; trial++) {
                    m.fill(m.shared, kShared);
                    for (int j = 0; j < 4; j++) m.fill(m.d(20 + j), 256);
                    const bool wide = d.generic || trial % 4 == 1;
                    Ins ins{};
                    ins.imm = trial % 3 == 0 ? 0 : 32;
                    if (wide && !d.generic) ins.aux = kBaseWide;
                    int k = 0;
                    if (!d.load) ins.arg[k++] = Machine::unit(10);
                    for (int j = 0; j < d.count; j++) ins.arg[k++] = Machine::unit(20 + j);
                    if (d.load) ins.arg[k++] = Machine::unit(trial % 5 == 2 && !wide ? 20 : 10);
                    const int baseSlot = d.load && trial % 5 == 2 && !wide ? 20 : 10;
                    uint32_t row[32];
                    bool taken[kShared / 16] = {};
                    for (int l = 0; l < 32; l++) {
                        // A 32-bit base may lie below 0: it and the displacement are added modulo 2^32.
                        const uint32_t lowest = wide ? 2 : 0;
                        do row[l] = lowest + uint32_t(m.pick(kShared / 16 - lowest));
                        while (taken[row[l]]);
                        taken[row[l]] = true;
                        uint32_t address = row[l] * 16 - uint32_t(ins.imm);
                        // Lanes that name no row may hold anything.
                        if (l >= 8 * d.count) address = uint32_t(m.random());
                        if (wide) m.d(10)[l] = address + (d.generic ? kSharedWindow : 0);
                        else m.w(baseSlot)[l] = address;
                    }
                    const Mask mask = trial < 12 ? Mask{kAllLanes, kAllLanes} : masks(m.random)[1 + trial % 4];
                    uint16_t memory[kShared / 2];
                    std::memcpy(memory, m.shared, kShared);
                    uint32_t registers[4][32];
                    for (int j = 0; j < 4; j++) std::memcpy(registers[j], m.w(20 + j), 128);
                    EXPECT(m.run(f.form, ins, mask.active, mask.live) == &ins + 1);
                    std::string where = level.name + " " + f.name + " trial " + std::to_string(trial);
                    for (int j = 0; j < d.count; j++) {
                        for (int l = 0; l < 32; l++) {
                            if (d.load) {
                                if (!(mask.active >> l & 1)) {
                                    if (mask.live >> l & 1 && m.w(20 + j)[l] != registers[j][l])
                                        expect::failed(__FILE__, __LINE__, where + " inactive");
                                    continue;
                                }
                                for (int i = 0; i < 2; i++) {
                                    int e = element(l, i, d.trans), r = 8 * j + e / 8;
                                    if (!(mask.active >> r & 1)) continue;  // nobody names that row
                                    uint16_t got = uint16_t(m.w(20 + j)[l] >> 16 * i);
                                    if (got != memory[row[r] * 8 + e % 8])
                                        expect::failed(__FILE__, __LINE__, where + " lane " + std::to_string(l));
                                }
                            } else {
                                for (int i = 0; i < 2; i++) {
                                    int e = element(l, i, d.trans), r = 8 * j + e / 8;
                                    if (mask.active >> r & 1)
                                        memory[row[r] * 8 + e % 8] = uint16_t(registers[j][l] >> 16 * i);
                                }
                            }
                        }
                    }
                    if (std::memcmp(memory, m.shared, kShared)) expect::failed(__FILE__, __LINE__, where + " memory");
                }
            }
        EXPECT_EQ(count, size_t(24));
    }
}

TEST(rows_must_be_16_byte_aligned_and_inside) {
    for (const Level& level : levels())
        for (int kind = 0; kind < 2; kind++) {
            static Machine& m = *new Machine(52);
            Ins ins{};
            for (int j = 0; j < 4; j++) ins.arg[j] = Machine::unit(20 + j);
            ins.arg[4] = Machine::unit(10);
            for (int l = 0; l < 32; l++) m.w(10)[l] = 16 * l;
            m.w(10)[13] = kind ? kShared - 8 + 8 : 24;
            EXPECT(m.run(*level.table.find("ldmatrix.sync.aligned.m8n8.x4.shared.b16", "wwww=m"), ins, kAllLanes,
                         kAllLanes)
                   == nullptr);
            EXPECT_EQ(last_fault().error, kind ? 700 : 716);
            EXPECT_EQ(last_fault().lane, 13);
        }
}

TEST(movmatrix_transposes) {
    for (const Level& level : levels()) {
        static Machine& m = *new Machine(53);
        for (int trial = 0; trial < 6; trial++) {
            Ins ins{};
            ins.arg[0] = Machine::unit(trial % 2 ? 20 : 21);
            ins.arg[1] = Machine::unit(20);
            m.fill(m.d(20), 256);
            m.fill(m.d(21), 256);
            uint32_t before[32], old[32];
            std::memcpy(before, m.w(20), 128);
            std::memcpy(old, m.w(trial % 2 ? 20 : 21), 128);
            Mask mask = trial < 4 ? Mask{kAllLanes, kAllLanes} : masks(m.random)[2];
            EXPECT(m.run(*level.table.find("movmatrix.sync.aligned.m8n8.trans.b16", "w=w"), ins, mask.active, mask.live)
                   == &ins + 1);
            for (int l = 0; l < 32; l++)
                for (int i = 0; i < 2; i++) {
                    int from = element(l, i, true);
                    uint16_t wanted = uint16_t(before[from / 2] >> 16 * (from % 2));
                    uint16_t got = uint16_t(m.w(trial % 2 ? 20 : 21)[l] >> 16 * i);
                    if (!(mask.active >> l & 1)) wanted = uint16_t(old[l] >> 16 * i);
                    EXPECT_EQ(got, wanted);
                }
        }
    }
}

TEST_MAIN
