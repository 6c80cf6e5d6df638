// Every form of atom and red, on every level, against the operation's definition applied lane after lane; and atomicity
// across threads.
#include <cmath>
#include <thread>

#include "float_bits.h"
#include "lane_machine.h"

using namespace lanes;

namespace {

// Small formats by their definition: value of the bits, and the bits whose value is nearest (ties to even), by search.
double small_value(uint32_t bits, int exponentBits, int mantissaBits) {
    int sign = bits >> (exponentBits + mantissaBits) & 1, bias = (1 << (exponentBits - 1)) - 1;
    int exponent = bits >> mantissaBits & ((1 << exponentBits) - 1), mantissa = bits & ((1 << mantissaBits) - 1);
    if (exponent == (1 << exponentBits) - 1) return mantissa ? NAN : sign ? -INFINITY : INFINITY;
    double value = exponent == 0 ? std::ldexp(mantissa, 1 - bias - mantissaBits)
                                 : std::ldexp((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
    return sign ? -value : value;
}
uint32_t small_nearest(double value, int exponentBits, int mantissaBits) {
    if (std::isnan(value)) return 0x7fff;
    uint32_t sign = std::signbit(value) ? 1u << (exponentBits + mantissaBits) : 0;
    uint32_t infinity = ((1u << exponentBits) - 1) << mantissaBits, low = 0, high = infinity;
    double magnitude = std::fabs(value);
    if (std::isinf(magnitude)) return sign | infinity;
    while (high - low > 1) {  // the largest finite value not above the magnitude
        uint32_t middle = (low + high) / 2;
        if (small_value(middle, exponentBits, mantissaBits) <= magnitude) low = middle;
        else high = middle;
    }
    double below = small_value(low, exponentBits, mantissaBits),
           above = small_value(low + 1, exponentBits, mantissaBits);
    if (low + 1 == infinity) above = 2 * below - small_value(low - 1, exponentBits, mantissaBits);
    if (magnitude - below > above - magnitude || (magnitude - below == above - magnitude && low % 2 == 1)) low++;
    return sign | low;
}

uint64_t small_sum(uint64_t a, uint64_t b, int e, int m) {
    return small_nearest(small_value(uint32_t(a), e, m) + small_value(uint32_t(b), e, m), e, m);
}

uint64_t apply(const std::string& op, const std::string& type, uint64_t old, uint64_t b, uint64_t c, bool flush) {
    const int bits =
        type == "f16x2" || type == "bf16x2" ? 32 : std::stoi(type.substr(type.find_first_of("0123456789")));
    const uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
    auto sign = [&](uint64_t v) { return bits == 64 ? int64_t(v) : int64_t(v << (64 - bits)) >> (64 - bits); };
    auto flat = [&](float f) { return flush && std::fabs(f) < 0x1p-126f ? std::copysign(0.0f, f) : f; };
    b &= mask;
    c &= mask;
    if (op == "add" && type == "f32") return bits_of(flat(flat(float_of(old)) + flat(float_of(b))));
    if (op == "add" && type == "f64") return bits_of(double_of(old) + double_of(b));
    if (op == "add" && type == "f16") return small_sum(old, b, 5, 10);
    if (op == "add" && type == "bf16") return small_sum(old, b, 8, 7);
    if (op == "add" && type == "f16x2")
        return small_sum(old & 0xffff, b & 0xffff, 5, 10) | small_sum(old >> 16, b >> 16, 5, 10) << 16;
    if (op == "add" && type == "bf16x2")
        return small_sum(old & 0xffff, b & 0xffff, 8, 7) | small_sum(old >> 16, b >> 16, 8, 7) << 16;
    if (op == "add") return (old + b) & mask;
    if (op == "and") return old & b;
    if (op == "or") return old | b;
    if (op == "xor") return old ^ b;
    if (op == "exch") return b;
    if (op == "cas") return old == b ? c : old;
    if (op == "inc") return old >= b ? 0 : old + 1;
    if (op == "dec") return old == 0 || old > b ? b : old - 1;
    if (op == "min") return type[0] == 's' ? (sign(b) < sign(old) ? b : old) : (b < old ? b : old);
    if (op == "max") return type[0] == 's' ? (sign(b) > sign(old) ? b : old) : (b > old ? b : old);
    expect::failed(__FILE__, __LINE__, "no definition for " + op + "." + type);
    return 0;
}

// Values near each other and near the edges, finite where the type is a floating one.
uint64_t value(Machine& m, const std::string& type, int trial) {
    uint64_t random = m.random();
    auto finite16 = [&](uint64_t v, uint64_t exponent) {
        return (v & exponent) == exponent ? v & ~(exponent & (exponent << 2)) : v;
    };
    if (type == "f32") return trial % 3 == 0 ? random & 0x807fffff : finite16(random & 0xffffffff, 0x7f800000);
    if (type == "f64") return bits_of(std::ldexp(double(int64_t(random)), int(random % 40) - 60));
    if (type == "f16") return finite16(random & 0xffff, 0x7c00);
    if (type == "bf16") return (random & 0x80ff) | (0x3c00 + (random >> 20 & 0x3ff));
    if (type == "f16x2") return finite16(random & 0xffff, 0x7c00) | finite16(random >> 16 & 0xffff, 0x7c00) << 16;
    if (type == "bf16x2") return ((random & 0x80ff) | 0x3c00) | ((random >> 16 & 0x80ff) | 0x3e00) << 16;
    if (trial % 3 == 0) return random % 5;
    return trial % 3 == 1 ? random : random % 3 - 1;
}

void check(const Level& level, const NamedForm& f) {
    std::vector<std::string> parts = words(f.name);
    const bool result = parts[0] == "atom";
    size_t i = 1;
    std::string space;
    if (parts[i] == "global" || parts[i] == "shared" || parts[i] == "shared::cluster") space = parts[i++];
    if (space == "shared::cluster") space = "shared";  // the block's own part of it
    const std::string op = parts[i++];
    if (parts[i] == "noftz") i++;
    const std::string type = parts[i];
    EXPECT_EQ(i + 1, parts.size());
    const bool wide = sources(f.signature)[1] == 'd';
    const int bytes =
        type == "f16x2" || type == "bf16x2" ? 4 : std::stoi(type.substr(type.find_first_of("0123456789"))) / 8;
    static Machine& m = *new Machine(21);
    for (int trial = 0; trial < 15; trial++) {
        const Mask mask = masks(m.random)[trial % 5];
        const bool generic = space.empty();
        Ins ins{};
        int k = 0;
        if (result) ins.arg[k++] = Machine::unit(20);
        ins.arg[k++] = Machine::unit(10);
        ins.arg[k++] = Machine::unit(11);
        ins.arg[k++] = Machine::unit(12);
        ins.imm = trial % 2 ? 8 : -16;
        std::vector<uint64_t> image(32 * 2), expected;
        uint8_t* host[32];
        int cell[32];
        for (int c = 0; c < 64; c++) {
            image[c] = value(m, type, trial);
            uint8_t* at = (c < 32 ? m.shared : m.arena) + 512 + (c % 32) * bytes;
            std::memcpy(at, &image[c], bytes);
            uint64_t kept = 0;
            std::memcpy(&kept, at, bytes);
            image[c] = kept;
        }
        for (int l = 0; l < 32; l++) {
            const bool inShared = space == "shared" || (generic && (trial % 3 == 0 || (trial % 3 == 1 && l % 2)));
            int c = trial % 4 == 0 ? l : trial % 4 == 1 ? 3 : int(m.pick(6));
            cell[l] = c + (inShared ? 0 : 32);
            host[l] = (inShared ? m.shared : m.arena) + 512 + c * bytes;
            uint64_t address = inShared ? (generic ? kSharedWindow : 0) + uint64_t(512 + c * bytes)
                                        : reinterpret_cast<uint64_t>(host[l]);
            if (space == "shared") m.w(10)[l] = uint32_t(address - int64_t(ins.imm));
            else m.d(10)[l] = address - int64_t(ins.imm);
            for (int s : {11, 12}) {
                uint64_t v = trial % 5 == 2 && op == "cas" && s == 11 ? image[cell[l]] : value(m, type, trial);
                if (wide) m.d(s)[l] = v;
                else m.w(s)[l] = bytes == 2 ? uint16_t(v) : uint32_t(v);
            }
        }
        expected = image;
        uint64_t returned[32];
        m.fill(m.d(20), 256);
        for (int l = 0; l < 32; l++) {
            returned[l] = wide ? m.d(20)[l] : m.w(20)[l];
            if (!(mask.active >> l & 1)) continue;
            uint64_t b = wide ? m.d(11)[l] : m.w(11)[l], c = wide ? m.d(12)[l] : m.w(12)[l];
            uint64_t& now = expected[cell[l]];
            if (result) returned[l] = now;
            now = apply(op, type, now, b, c, cell[l] >= 32);
        }
        std::string where = level.name + " " + f.name + " trial " + std::to_string(trial);
        if (m.run(f.form, ins, mask.active, mask.live) != &ins + 1)
            expect::failed(__FILE__, __LINE__, where + " faulted");
        for (int c = 0; c < 64; c++) {
            uint64_t now = 0;
            std::memcpy(&now, (c < 32 ? m.shared : m.arena) + 512 + (c % 32) * bytes, bytes);
            if (now != expected[c]) {
                std::ostringstream out;
                out << where << ": cell " << c << " is " << std::hex << now << ", expected " << expected[c] << " from "
                    << image[c];
                expect::failed(__FILE__, __LINE__, out.str());
            }
        }
        if (result)
            for (int l = 0; l < 32; l++)
                if (mask.live >> l & 1 && (wide ? m.d(20)[l] : m.w(20)[l]) != returned[l])
                    expect::failed(__FILE__, __LINE__, where + ": returned value of lane " + std::to_string(l));
    }
}

}  // namespace

TEST(each_operation_acts_lane_after_lane) {
    for (const Level& level : levels()) {
        size_t count = 0;
        for (const char* head : {"atom.", "red."})
            for (const NamedForm& f : level.table.starting(head)) {
                check(level, f);
                count++;
            }
        EXPECT_EQ(count, size_t(4 * (24 + 24 + 5)));
    }
}

TEST(sums_of_several_threads_lose_nothing) {
    for (const Level& level : levels()) {
        alignas(64) static uint8_t cell[64];
        std::memset(cell, 0, sizeof cell);
        auto work = [&] {
            Machine& m = *new Machine(5);
            m.launch.arenaLow = reinterpret_cast<uint64_t>(cell);
            m.launch.arenaHigh = m.launch.arenaLow + sizeof cell;
            Ins ins{};
            ins.arg[0] = Machine::unit(10);
            ins.arg[1] = Machine::unit(11);
            for (int l = 0; l < 32; l++) {
                m.d(10)[l] = m.launch.arenaLow + 8 * (l % 2);
                m.w(11)[l] = 1;
            }
            ins.full = level.table.find("red.global.add.u32", "=mw")->full;
            for (int n = 0; n < 3000; n++) ins.full(&ins, m.warps[0]);
            delete &m;
        };
        std::thread a(work), b(work);
        a.join();
        b.join();
        uint32_t sums[3];
        std::memcpy(sums, cell, sizeof sums);
        EXPECT_EQ(sums[0], 2u * 3000 * 16);
        EXPECT_EQ(sums[2], 2u * 3000 * 16);
    }
}

TEST(misaligned_atomics_fault) {
    for (const Level& level : levels())
        for (const char* name : {"atom.global.add.u32", "atom.shared.add.u32", "atom.add.u32"}) {
            static Machine& m = *new Machine(6);
            Ins ins{};
            ins.arg[0] = Machine::unit(20);
            ins.arg[1] = Machine::unit(10);
            ins.arg[2] = Machine::unit(11);
            for (int l = 0; l < 32; l++) {
                if (std::string(name) == "atom.shared.add.u32") m.w(10)[l] = 64 + (l == 9 ? 2 : 0);
                else m.d(10)[l] = m.launch.arenaLow + 64 + (l == 9 ? 2 : 0);
            }
            EXPECT(m.run(*level.table.find(name, "w=mw"), ins, kAllLanes, kAllLanes) == nullptr);
            EXPECT_EQ(last_fault().error, 716);
            EXPECT_EQ(last_fault().lane, 9);
        }
}

TEST_MAIN
