// Warp-wide operations on every level against the PTX ISA's definitions, lane by lane, with groups and partial masks.
#include "lane_machine.h"

using namespace lanes;

namespace {

// Member masks: one for the whole warp, halves, odd and even lanes, quarters.
std::vector<uint32_t> member_masks(Machine& m, uint32_t active, int kind) {
    std::vector<uint32_t> mask(32);
    const uint32_t cut = uint32_t(m.random());
    for (int l = 0; l < 32; l++) {
        uint32_t name = kind == 0   ? kAllLanes
                        : kind == 1 ? (l < 16 ? 0xffffu : 0xffff0000u)
                        : kind == 2 ? (l % 2 ? 0xaaaaaaaau : 0x55555555u)
                        : kind == 3 ? 0xffu << (l & ~7)
                                    : (cut >> l & 1 ? cut : ~cut);
        mask[l] = kind == 4 ? name & active : name;
    }
    return mask;
}

struct Setup {
    Ins ins{};
    Mask mask;
    std::vector<uint32_t> members;
    uint32_t before[32], beforePredicate;
    std::string where;
};

// Result in slot 20 and predicate 3; masks in slot `maskSlot`.
void start(Machine& m, Setup& s, const Level& level, const NamedForm& f, int trial, int maskSlot) {
    s.ins = Ins{};
    s.mask = masks(m.random)[trial % 5];
    s.members = member_masks(m, s.mask.active, trial / 5 % 5);
    m.fill(m.d(20), 256);
    m.fill(&m.pred[3], 4);
    for (int l = 0; l < 32; l++) {
        s.before[l] = m.w(20)[l];
        m.w(maskSlot)[l] = s.members[l];
    }
    s.beforePredicate = m.pred[3];
    s.where = level.name + " " + f.name + " " + f.signature + " trial " + std::to_string(trial);
}

void expect_lane(const Setup& s, int l, uint64_t got, uint64_t wanted) {
    if (got != wanted) {
        std::ostringstream out;
        out << s.where << " lane " << l << ": got " << std::hex << got << ", expected " << wanted;
        expect::failed(__FILE__, __LINE__, out.str());
    }
}

void expect_predicate(Machine& m, const Setup& s, uint32_t wanted) {
    wanted = (wanted & s.mask.active) | (s.beforePredicate & ~s.mask.active);
    if ((m.pred[3] & s.mask.live) != (wanted & s.mask.live)) {
        std::ostringstream out;
        out << s.where << ": predicate " << std::hex << m.pred[3] << ", expected " << wanted;
        expect::failed(__FILE__, __LINE__, out.str());
    }
}

void expect_untouched(Machine& m, const Setup& s) {
    for (int l = 0; l < 32; l++)
        if (s.mask.live >> l & 1 && !(s.mask.active >> l & 1)) expect_lane(s, l, m.w(20)[l], s.before[l]);
}

}  // namespace

TEST(shuffles) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("shfl.");
        EXPECT_EQ(forms.size(), size_t(8));
        for (const NamedForm& f : forms) {
            const std::string mode = words(f.name)[2];
            const bool hasPredicate = destinations(f.signature) == "wp";
            static Machine& m = *new Machine(31);
            for (int trial = 0; trial < 60; trial++) {
                Setup s;
                start(m, s, level, f, trial, 24);
                int k = 0;
                s.ins.arg[k++] = Machine::unit(trial % 4 == 3 ? 21 : 20);  // the destination may be the source
                if (hasPredicate) s.ins.arg[k++] = 3;
                for (int slot : {21, 22, 23, 24}) s.ins.arg[k++] = Machine::unit(slot);
                m.fill(m.d(21), 256);
                uint32_t from[32], wanted[32], predicate = 0;
                for (int l = 0; l < 32; l++) {
                    from[l] = m.w(21)[l];
                    m.w(22)[l] = trial % 3 == 0 ? uint32_t(m.random()) : uint32_t(trial % 33);
                    const uint32_t widths[6] = {32, 16, 8, 4, 2, 1};
                    const uint32_t width = widths[trial % 6];  // as __shfl_sync encodes the width
                    m.w(23)[l] = trial % 7 == 0 ? uint32_t(m.random()) : (32 - width) << 8 | (mode == "up" ? 0 : 31);
                }
                for (int l = 0; l < 32; l++) {
                    const int b = m.w(22)[l] & 31, clamp = m.w(23)[l] & 31, segment = m.w(23)[l] >> 8 & 31;
                    const int maxLane = (l & segment) | (clamp & ~segment), minLane = l & segment;
                    int j = 0;
                    bool p = false;
                    if (mode == "up") {
                        j = l - b;
                        p = j >= maxLane;
                    }
                    if (mode == "down") {
                        j = l + b;
                        p = j <= maxLane;
                    }
                    if (mode == "bfly") {
                        j = l ^ b;
                        p = j <= maxLane;
                    }
                    if (mode == "idx") {
                        j = minLane | (b & ~segment);
                        p = j <= maxLane;
                    }
                    if (!p) j = l;
                    wanted[l] = from[j];
                    predicate |= uint32_t(p) << l;
                }
                EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
                const uint32_t* got = m.w(trial % 4 == 3 ? 21 : 20);
                for (int l = 0; l < 32; l++) {
                    if (s.mask.active >> l & 1) expect_lane(s, l, got[l], wanted[l]);
                    else if (s.mask.live >> l & 1) expect_lane(s, l, got[l], trial % 4 == 3 ? from[l] : s.before[l]);
                }
                if (hasPredicate) expect_predicate(m, s, predicate);
            }
        }
    }
}

TEST(votes) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("vote.");
        EXPECT_EQ(forms.size(), size_t(4));
        for (const NamedForm& f : forms) {
            const std::string mode = words(f.name)[2];
            static Machine& m = *new Machine(32);
            for (int trial = 0; trial < 75; trial++) {
                Setup s;
                const int maskSlot = trial % 3 == 1 && mode == "ballot" ? 20 : 24;
                start(m, s, level, f, trial, maskSlot);
                if (maskSlot == 20) std::memcpy(s.before, m.w(20), 128);
                s.ins.arg[0] = mode == "ballot" ? Machine::unit(20) : 3;
                s.ins.arg[1] = 5;
                s.ins.arg[2] = Machine::unit(maskSlot);
                m.pred[5] = trial % 3 == 0 ? ~0u : trial % 3 == 1 ? 0 : uint32_t(m.random());
                uint32_t result = 0, ballots[32];
                for (int l = 0; l < 32; l++) {
                    int yes = 0, all = 0;
                    ballots[l] = 0;
                    for (int j = 0; j < 32; j++) {
                        if (!(s.members[l] & s.mask.active & 1u << j)) continue;
                        all++;
                        if (m.pred[5] >> j & 1) {
                            yes++;
                            ballots[l] |= 1u << j;
                        }
                    }
                    bool p = mode == "all" ? yes == all : mode == "any" ? yes > 0 : yes == all || yes == 0;
                    result |= uint32_t(p) << l;
                }
                EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
                if (mode != "ballot") {
                    expect_predicate(m, s, result);
                } else {
                    expect_untouched(m, s);
                    for (int l = 0; l < 32; l++)
                        if (s.mask.active >> l & 1) expect_lane(s, l, m.w(20)[l], ballots[l]);
                }
            }
        }
    }
}

TEST(matches) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("match.");
        EXPECT_EQ(forms.size(), size_t(6));
        for (const NamedForm& f : forms) {
            const bool any = words(f.name)[1] == "any", wide = sources(f.signature)[0] == 'd',
                       hasPredicate = destinations(f.signature) == "wp";
            static Machine& m = *new Machine(33);
            for (int trial = 0; trial < 75; trial++) {
                Setup s;
                start(m, s, level, f, trial, 24);
                int k = 0;
                s.ins.arg[k++] = Machine::unit(20);
                if (hasPredicate) s.ins.arg[k++] = 3;
                s.ins.arg[k++] = Machine::unit(21);
                s.ins.arg[k++] = Machine::unit(24);
                uint64_t value[32];
                for (int l = 0; l < 32; l++) {
                    value[l] = trial % 2 ? m.pick(3) : 7;
                    if (wide && trial % 3 == 0) value[l] <<= 40;  // they differ in the upper half alone
                    if (wide) m.d(21)[l] = value[l];
                    else m.w(21)[l] = uint32_t(value[l]);
                }
                EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
                uint32_t predicate = 0;
                for (int l = 0; l < 32; l++) {
                    const uint32_t members = s.members[l] & s.mask.active;
                    uint32_t same = 0;
                    bool all = true;
                    for (int j = 0; j < 32; j++) {
                        if (!(members >> j & 1)) continue;
                        if (value[j] == value[l]) same |= 1u << j;
                        else all = false;
                    }
                    predicate |= uint32_t(all) << l;
                    if (s.mask.active >> l & 1) expect_lane(s, l, m.w(20)[l], any ? same : all ? members : 0);
                }
                expect_untouched(m, s);
                if (hasPredicate) expect_predicate(m, s, predicate);
            }
        }
    }
}

TEST(reductions) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("redux.");
        EXPECT_EQ(forms.size(), size_t(9));
        for (const NamedForm& f : forms) {
            const std::string op = words(f.name)[2], type = words(f.name)[3];
            static Machine& m = *new Machine(34);
            for (int trial = 0; trial < 50; trial++) {
                Setup s;
                start(m, s, level, f, trial, 24);
                s.ins.arg[0] = Machine::unit(trial % 3 ? 20 : 21);
                s.ins.arg[1] = Machine::unit(21);
                s.ins.arg[2] = Machine::unit(24);
                m.fill(m.d(21), 256);
                uint32_t value[32];
                std::memcpy(value, m.w(21), sizeof value);
                EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
                for (int l = 0; l < 32; l++) {
                    if (!(s.mask.active >> l & 1)) continue;
                    int64_t sum = 0, least = INT64_MAX, most = INT64_MIN;
                    uint32_t conjunction = ~0u, disjunction = 0, parity = 0;
                    for (int j = 0; j < 32; j++) {
                        if (!(s.members[l] & s.mask.active & 1u << j)) continue;
                        int64_t v = type == "s32" ? int64_t(int32_t(value[j])) : int64_t(value[j]);
                        sum += v;
                        least = std::min(least, v);
                        most = std::max(most, v);
                        conjunction &= value[j];
                        disjunction |= value[j];
                        parity ^= value[j];
                    }
                    uint32_t wanted = op == "add"   ? uint32_t(sum)
                                      : op == "min" ? uint32_t(least)
                                      : op == "max" ? uint32_t(most)
                                      : op == "and" ? conjunction
                                      : op == "or"  ? disjunction
                                                    : parity;
                    expect_lane(s, l, m.w(trial % 3 ? 20 : 21)[l], wanted);
                }
                if (trial % 3) expect_untouched(m, s);
            }
        }
    }
}

TEST(election_and_active_mask) {
    for (const Level& level : levels()) {
        static Machine& m = *new Machine(35);
        for (int trial = 0; trial < 25; trial++) {
            Setup s;
            NamedForm f{"elect.sync", "wp=w", *level.table.find("elect.sync", "wp=w")};
            start(m, s, level, f, trial, 24);
            s.ins.arg[0] = Machine::unit(20);
            s.ins.arg[1] = 3;
            s.ins.arg[2] = Machine::unit(24);
            EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
            uint32_t leaders = 0;
            for (int l = 0; l < 32; l++) {
                if (!(s.mask.active >> l & 1)) continue;
                int leader = 0;
                while (!(s.members[l] & s.mask.active & 1u << leader)) leader++;
                expect_lane(s, l, m.w(20)[l], leader);
                if (leader == l) leaders |= 1u << l;
            }
            expect_untouched(m, s);
            expect_predicate(m, s, leaders);

            f = {"activemask.b32", "w=", *level.table.find("activemask.b32", "w=")};
            start(m, s, level, f, trial, 24);
            s.ins.arg[0] = Machine::unit(20);
            EXPECT(m.run(f.form, s.ins, s.mask.active, s.mask.live) == &s.ins + 1);
            for (int l = 0; l < 32; l++)
                if (s.mask.active >> l & 1) expect_lane(s, l, m.w(20)[l], s.mask.active);
            expect_untouched(m, s);
        }
    }
}

TEST_MAIN
