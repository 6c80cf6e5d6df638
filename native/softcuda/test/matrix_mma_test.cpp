// mma.sync on every level: fragment layouts, types and sums against the matrix product in double precision, element by
// element from the PTX ISA's layout formulas, on data of which no two elements are alike; the same bits on every level.
#include <cmath>

#include "float_bits.h"
#include "lane_machine.h"

using namespace lanes;

namespace {

struct Shape {
    int k;                // m is 16, n is 8
    std::string a, b, c;  // element types
    bool saturate;
};

int bits(const std::string& type) {
    return type == "tf32" || type == "f32" || type == "s32" ? 32 : type == "f16" || type == "bf16" ? 16 : 8;
}

// PTX ISA, matrix fragments for mma.m16n8k4/k8/k16/k32: element i of a lane's fragment.
void a_place(const Shape& s, int lane, int i, int& row, int& column) {
    const int group = lane >> 2, t = lane % 4;
    if (bits(s.a) == 32) {  // .tf32: a0 (g, t), a1 (g + 8, t), a2 (g, t + 4), a3 (g + 8, t + 4)
        row = i == 0 || i == 2 ? group : group + 8;
        column = i < 2 ? t : t + 4;
    } else if (bits(s.a) == 16) {  // row: a0 a1 a4 a5 upper; column: t * 2 + (i & 1), + 8 for i >= 4
        row = i < 2 || (i >= 4 && i < 6) ? group : group + 8;
        column = t * 2 + (i & 1) + (i < 4 ? 0 : 8);
    } else {  // 8 bits: i < 4 or 8 <= i < 12 upper; column: t * 4 + (i & 3), + 16 for i >= 8
        row = i < 4 || (i >= 8 && i < 12) ? group : group + 8;
        column = t * 4 + (i & 3) + (i < 8 ? 0 : 16);
    }
}
void b_place(const Shape& s, int lane, int i, int& row, int& column) {
    const int t = lane % 4;
    column = lane >> 2;
    if (bits(s.a) == 32) row = t + 4 * i;
    else if (bits(s.a) == 16) row = t * 2 + (i & 1) + (i < 2 ? 0 : 8);
    else row = t * 4 + (i & 3) + (i < 4 ? 0 : 16);
}
void c_place(int lane, int i, int& row, int& column) {
    row = i < 2 ? lane >> 2 : (lane >> 2) + 8;
    column = (lane % 4) * 2 + (i & 1);
}

Shape decode(const NamedForm& f) {
    std::vector<std::string> parts = words(f.name);
    Shape s;
    s.k = std::stoi(parts[3].substr(parts[3].find('k') + 1));
    EXPECT(parts[3].substr(0, parts[3].find('k')) == "m16n8" && parts[4] == "row" && parts[5] == "col");
    s.saturate = parts[6] == "satfinite";
    size_t i = s.saturate ? 7 : 6;
    s.a = parts[i + 1];
    s.b = parts[i + 2];
    s.c = parts[i];
    EXPECT_EQ(parts[i], parts[i + 3]);
    return s;
}

double value(const std::string& type, uint32_t raw) {
    if (type == "f32") return float_of(raw);
    if (type == "tf32") return float_of(raw & 0xffffe000);
    if (type == "bf16") return float_of(raw << 16);
    if (type == "f16") return half_value(raw);
    if (type == "s8") return int8_t(raw);
    if (type == "u8") return uint8_t(raw);
    return int32_t(raw);
}

uint32_t draw(Machine& m, const std::string& type) {
    const double x = (double(m.pick(1 << 20)) / (1 << 19) - 1) * (m.pick(8) == 0 ? 16 : 1);
    if (type == "f32" || type == "tf32") return bits_of(float(x));
    if (type == "bf16") return bits_of(float(x)) >> 16;
    if (type == "f16") return uint32_t(m.pick(2) << 15 | (9 + m.pick(8)) << 10 | m.pick(1024));
    if (type == "s32") return uint32_t(m.random());
    return uint32_t(m.pick(256));
}

struct Layout {
    int d, a, b, c;
};  // registers of each operand
Layout layout(const Shape& s) {
    const int c = s.c == "f16" ? 2 : 4;
    return {c, 16 * s.k * bits(s.a) / 1024, 8 * s.k * bits(s.a) / 1024, c};
}

// Slots: D 20.., A 30.., B 40.., C 44... Returns each element of D's definition, in lanes' order.
void load(Machine& m, const Shape& s, std::vector<double>& wanted, std::vector<double>& magnitude) {
    const Layout r = layout(s);
    const int n = bits(s.a);
    double A[16][32], B[32][8], C[16][8];
    for (int j = 0; j < r.a; j++) m.fill(m.d(30 + j), 256);
    auto put = [&](int slot, int lane, int element, int width, uint32_t raw) {
        uint32_t& word = m.w(slot + element * width / 32)[lane];
        if (width == 32) {
            word = raw;
            return;
        }
        const int shift = element * width % 32;
        const uint32_t mask = ((1u << width) - 1) << shift;
        word = (word & ~mask) | (raw << shift & mask);
    };
    for (int lane = 0; lane < 32; lane++) {
        int row, column;
        for (int i = 0; i < r.a * 32 / n; i++) {
            uint32_t raw = draw(m, s.a);
            a_place(s, lane, i, row, column);
            put(30, lane, i, n, raw);
            A[row][column] = value(s.a, raw);
        }
        for (int i = 0; i < r.b * 32 / n; i++) {
            uint32_t raw = draw(m, s.b);
            b_place(s, lane, i, row, column);
            put(40, lane, i, n, raw);
            B[row][column] = value(s.b, raw);
        }
        for (int i = 0; i < 4; i++) {
            uint32_t raw = draw(m, s.c);
            c_place(lane, i, row, column);
            put(44, lane, i, bits(s.c), raw);
            C[row][column] = value(s.c, raw);
        }
    }
    wanted.clear();
    magnitude.clear();
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++) {
            int row, column;
            c_place(lane, i, row, column);
            double sum = C[row][column], size = std::fabs(sum);
            for (int k = 0; k < s.k; k++) {
                sum += A[row][k] * B[k][column];
                size += std::fabs(A[row][k] * B[k][column]);
            }
            wanted.push_back(sum);
            magnitude.push_back(size);
        }
}

Ins instruction(const Shape& s, int d, int a, int b, int c) {
    const Layout r = layout(s);
    Ins ins{};
    int k = 0;
    for (int j = 0; j < r.d; j++) ins.arg[k++] = Machine::unit(d + j);
    for (int j = 0; j < r.a; j++) ins.arg[k++] = Machine::unit(a + j);
    for (int j = 0; j < r.b; j++) ins.arg[k++] = Machine::unit(b + j);
    for (int j = 0; j < r.c; j++) ins.arg[k++] = Machine::unit(c + j);
    return ins;
}

double result(Machine& m, const Shape& s, int slot, int lane, int i) {
    if (s.c == "f16") return half_value(m.w(slot + i / 2)[lane] >> 16 * (i % 2) & 0xffff);
    return value(s.c, m.w(slot + i)[lane]);
}

}  // namespace

TEST(products_match_the_definition) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("mma.");
        EXPECT_EQ(forms.size(), size_t(8 + 16));
        for (const NamedForm& f : forms) {
            const Shape s = decode(f);
            static Machine& m = *new Machine(41);
            std::vector<double> wanted, magnitude;
            for (int trial = 0; trial < 10; trial++) {
                load(m, s, wanted, magnitude);
                if (s.saturate && trial % 2)  // sums near the ends, so that saturation happens
                    for (int i = 0; i < 4; i++)
                        for (int l = 0; l < 32; l++) {
                            int32_t c = l % 2 ? INT32_MAX - int(m.pick(1000)) : INT32_MIN + int(m.pick(1000));
                            wanted[l * 4 + i] += double(c) - double(int32_t(m.w(44 + i)[l]));
                            m.w(44 + i)[l] = uint32_t(c);
                        }
                const Mask mask = masks(m.random)[trial % 2 ? 0 : trial / 2];
                const bool inPlace = trial % 3 == 0;  // D is C's register, as compilers write it
                Ins ins = instruction(s, inPlace ? 44 : 20, 30, 40, 44);
                for (int j = 0; j < 4; j++)
                    if (!inPlace) m.fill(m.d(20 + j), 256);
                static uint8_t before[sizeof m.regs];
                std::memcpy(before, m.regs, sizeof before);
                std::string where = level.name + " " + f.name + " trial " + std::to_string(trial);
                if (m.run(f.form, ins, mask.active, mask.live) != &ins + 1) expect::failed(__FILE__, __LINE__, where);
                for (int l = 0; l < 32; l++)
                    for (int i = 0; i < 4; i++) {
                        const double got = result(m, s, inPlace ? 44 : 20, l, i);
                        if (!(mask.active >> l & 1)) {
                            if (!(mask.live >> l & 1)) continue;
                            const int slot = (inPlace ? 44 : 20) + (s.c == "f16" ? i / 2 : i);
                            uint32_t old;
                            std::memcpy(&old, before + slot * 256 + l * 4, 4);
                            if (m.w(slot)[l] != old)
                                expect::failed(__FILE__, __LINE__, where + ": inactive lane written");
                            continue;
                        }
                        double w = wanted[l * 4 + i], tolerance = magnitude[l * 4 + i] * 0x1p-23 * s.k;
                        if (s.c == "f16") tolerance += std::fabs(w) * 0x1p-11 + 0x1p-25;
                        if (s.c == "s32") {
                            tolerance = 0;
                            if (s.saturate) w = std::min(2147483647.0, std::max(-2147483648.0, w));
                            else w = double(int32_t(uint32_t(int64_t(w))));
                        }
                        if (!(std::fabs(got - w) <= tolerance)) {
                            std::ostringstream out;
                            out << where << " lane " << l << " element " << i << ": got " << got << ", expected " << w;
                            expect::failed(__FILE__, __LINE__, out.str());
                        }
                    }
            }
        }
    }
}

// Single products, each element of A against each of B alone: a layout mistake cannot hide in a sum.
TEST(each_product_lands_in_its_place) {
    for (const Level& level : levels()) {
        for (const NamedForm& f : level.table.starting("mma.")) {
            const Shape s = decode(f);
            if (s.c != "f32" || s.k < 8) continue;
            static Machine& m = *new Machine(42);
            const Layout r = layout(s);
            const int n = bits(s.a), perLane = r.a * 32 / n, perLaneB = r.b * 32 / n;
            const uint32_t two = s.a == "tf32" ? bits_of(2.0f) : s.a == "bf16" ? bits_of(2.0f) >> 16 : 0x4000;
            const uint32_t three = s.a == "tf32" ? bits_of(3.0f) : s.a == "bf16" ? bits_of(3.0f) >> 16 : 0x4200;
            for (int trial = 0; trial < 64; trial++) {
                for (int slot = 30; slot < 48; slot++) std::memset(m.d(slot), 0, 256);
                const int la = int(m.pick(32)), ia = int(m.pick(perLane)), lb = int(m.pick(32)),
                          ib = int(m.pick(perLaneB));
                m.w(30 + ia * n / 32)[la] = two << (ia * n % 32);
                m.w(40 + ib * n / 32)[lb] = three << (ib * n % 32);
                int ra, ca, rb, cb;
                a_place(s, la, ia, ra, ca);
                b_place(s, lb, ib, rb, cb);
                Ins ins = instruction(s, 20, 30, 40, 44);
                m.run(f.form, ins, kAllLanes, kAllLanes);
                for (int l = 0; l < 32; l++)
                    for (int i = 0; i < 4; i++) {
                        int row, column;
                        c_place(l, i, row, column);
                        EXPECT_EQ(result(m, s, 20, l, i), row == ra && column == cb && ca == rb ? 6.0 : 0.0);
                    }
            }
        }
    }
}

TEST(levels_agree_to_the_bit) {
    const Level& reference = levels().front();
    for (const NamedForm& f : reference.table.starting("mma.")) {
        const Shape s = decode(f);
        static Machine& m = *new Machine(43);
        std::vector<double> wanted, magnitude;
        for (int trial = 0; trial < 20; trial++) {
            load(m, s, wanted, magnitude);
            Ins ins = instruction(s, 20, 30, 40, 44);
            m.run(f.form, ins, kAllLanes, kAllLanes);
            uint32_t first[4][32];
            for (int i = 0; i < layout(s).d; i++) std::memcpy(first[i], m.w(20 + i), 128);
            for (const Level& level : levels()) {
                m.run(*level.table.find(f.name, f.signature), ins, kAllLanes, kAllLanes);
                for (int i = 0; i < layout(s).d; i++)
                    if (std::memcmp(first[i], m.w(20 + i), 128))
                        expect::failed(__FILE__, __LINE__, level.name + " " + f.name + " differs from scalar");
            }
        }
    }
}

// A run gives what its instructions give one by one: the same A, results read by the next one, D that overwrites A or B.
TEST(runs_equal_their_instructions) {
    for (const Level& level : levels())
        for (const NamedForm& f : level.table.starting("mma.")) {
            if (f.form.run == nullptr) continue;
            const Shape s = decode(f);
            static Machine& m = *new Machine(44);
            static Machine& single = *new Machine(45);
            std::vector<double> wanted, magnitude;
            for (int trial = 0; trial < 40; trial++) {
                const int length = 2 + int(m.pick(6));
                load(m, s, wanted, magnitude);
                for (int slot = 0; slot < 60; slot++)  // every register a fragment of small numbers
                    for (int l = 0; l < 32; l++)
                        if (slot < 20 || slot >= 48)
                            m.w(slot)[l] = s.a == "tf32" || s.c == "f32" ? (draw(m, "bf16") << 16 | draw(m, "bf16"))
                                                                         : draw(m, "f16") << 16 | draw(m, "f16");
                Ins chain[8]{};
                for (int i = 0; i < length; i++) {
                    const int kind = int(m.pick(5));
                    chain[i] =
                        instruction(s, kind == 0 ? 20 : 4 * i, kind == 1 ? 4 * int(m.pick(8)) : 30, kind == 2 ? 20 : 40,
                                    kind == 3   ? 20
                                    : kind == 4 ? 4 * (i ? i - 1 : 0)
                                                : 44);
                    chain[i].aux = uint32_t(length);
                }
                std::memcpy(single.regs, m.regs, sizeof m.regs);
                single.warps[0].active = single.warps[0].live = m.warps[0].active = m.warps[0].live = kAllLanes;
                EXPECT(f.form.run(chain, m.warps[0]) == chain + length);
                for (int i = 0; i < length; i++) f.form.full(chain + i, single.warps[0]);
                if (std::memcmp(m.regs, single.regs, sizeof m.regs))
                    expect::failed(__FILE__, __LINE__,
                                   level.name + " " + f.name + " run of " + std::to_string(length) + " trial "
                                       + std::to_string(trial));
            }
        }
}

TEST_MAIN
