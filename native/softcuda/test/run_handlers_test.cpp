// A handler for a run of one form does what its instructions do one after the other, also when one reads what an earlier
// one wrote, on every level.
#include "lane_machine.h"

using namespace lanes;

namespace {

constexpr int kPool = 12;  // few slots, so that the instructions of a run depend on each other
constexpr int kLongest = 24;

// Slots of the pool hold numbers of moderate size, so that long chains of products stay finite.
void fill_registers(Machine& m) {
    for (int slot = 0; slot < kPool; slot++)
        for (int l = 0; l < 64; l++) {
            const float value = float(int(m.pick(2001)) - 1000) / 1024.0f;
            std::memcpy(m.w(slot) + l, &value, 4);
        }
    m.fill(m.pred, sizeof m.pred);
}

// Random operands; the destinations of one instruction differ from each other.
void choose_operands(Machine& m, const std::string& signature, Ins& ins) {
    std::set<int> taken;
    int k = 0;
    for (char letter : destinations(signature)) {
        int slot;
        do slot = int(m.pick(letter == 'p' ? kPredicates : kPool));
        while (!taken.insert(letter == 'p' ? slot + 100 : slot).second);
        ins.arg[k++] = letter == 'p' ? uint16_t(slot) : Machine::unit(slot);
    }
    for (char letter : sources(signature)) {
        if (letter == 'i') ins.imm = int32_t(m.random());
        else ins.arg[k++] = letter == 'p' ? uint16_t(m.pick(kPredicates)) : Machine::unit(int(m.pick(kPool)));
    }
}

void check(const Level& level, const NamedForm& named) {
    static Machine& together = *new Machine(1);
    static Machine& apart = *new Machine(2);
    alignas(64) Ins run[kLongest];
    for (int trial = 0; trial < 20; trial++) {
        const uint32_t count = 2 + uint32_t(together.pick(kLongest - 1));
        for (uint32_t i = 0; i < count; i++) {
            run[i] = Ins{};
            run[i].full = named.form.full;
            choose_operands(together, named.signature, run[i]);
            // As in a product of register tiles: often the same first factor, seldom overwritten.
            if (i > 0 && trial % 2) run[i].arg[1] = run[i - 1].arg[1];
        }
        run[0].aux = count;
        fill_registers(together);
        std::memcpy(apart.regs, together.regs, sizeof together.regs);
        std::memcpy(apart.pred, together.pred, sizeof together.pred);
        Warp& warp = apart.warps[0];
        warp.active = warp.live = kAllLanes;
        for (const Ins* ip = run; ip != run + count;) ip = ip->full(ip, warp);
        Warp& whole = together.warps[0];
        whole.active = whole.live = kAllLanes;
        const Ins* end = named.form.run(run, whole);
        const bool same = std::memcmp(apart.regs, together.regs, sizeof apart.regs) == 0
                          && std::memcmp(apart.pred, together.pred, sizeof apart.pred) == 0;
        if (end != run + count || !same) {
            expect::failed(__FILE__, __LINE__,
                           level.name + " " + named.name + " " + named.signature + ": a run of " + std::to_string(count)
                               + " differs from its instructions");
            return;
        }
    }
}

}  // namespace

TEST(runs_do_what_their_instructions_do) {
    for (const Level& level : levels()) {
        int checked = 0;
        for (const NamedForm& form : level.table.forms) {
            if (!form.form.run || form.signature.find('m') != std::string::npos) continue;
            check(level, form);
            checked++;
        }
        EXPECT(checked >= 20);
    }
}

TEST_MAIN
