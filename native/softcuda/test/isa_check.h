// Runs every arithmetic form on every level of the machine against a plain definition.
//
// A definition computes one lane from the operands' bits; it comes from the opcode's text, in the test that includes this,
// and shares no code with the handlers. check_forms() walks over the whole table of a file: a form without a definition is
// a failure, so no form goes untested.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "test/float_bits.h"
#include "test/lane_machine.h"

namespace isa {

using lanes::Level;
using lanes::Machine;
using lanes::NamedForm;
using softcuda::Form;
using softcuda::FormSink;
using softcuda::Ins;

// How the bits of a destination are compared. A NaN of arithmetic has no particular payload in f32 and f64.
enum class Kind { Bits, F32, F64, Near32, Near64, Near16, NearB16, NearPairs16, NearPairsB16 };

struct Definition {
    // `in`: the sources' bits as the register holds them (0 or 1 for a predicate), an immediate as the last; `out`: the same
    // for the destinations.
    std::function<void(const uint64_t* in, uint64_t* out)> lane;
    Kind kind = Kind::Bits;
    double relative = 0, absolute = 0;  // for the Near kinds: either will do
    std::vector<int> sourceBits;        // when a register is wider than its value and the rest is known to be zero: 16
    explicit operator bool() const { return bool(lane); }
};
using Define = std::function<Definition(const std::string& name, const std::string& signature)>;

inline double bfloat_value(uint64_t h) { return float_of((h & 0xffff) << 16); }

inline bool near(double got, double wanted, const Definition& d) {
    if (std::isnan(wanted) || std::isnan(got)) return std::isnan(wanted) && std::isnan(got);
    if (std::isinf(wanted) || std::isinf(got)) return wanted == got;
    double error = std::fabs(got - wanted);
    return error <= d.absolute || error <= d.relative * std::fabs(wanted);
}
inline bool same(uint64_t got, uint64_t wanted, const Definition& d) {
    switch (d.kind) {
        case Kind::Bits: return got == wanted;
        case Kind::F32:
            return got == wanted || (std::isnan(float_of(got)) && std::isnan(float_of(wanted)) && got >> 32 == 0);
        case Kind::F64: return got == wanted || (std::isnan(double_of(got)) && std::isnan(double_of(wanted)));
        case Kind::Near32:
            if (float_of(wanted) == 4.0f && d.absolute == 0x1p-20)
                return std::fabs(float_of(got)) <= 1;  // sin and cos far out
            return near(float_of(got), float_of(wanted), d);
        case Kind::Near64: return near(double_of(got), double_of(wanted), d);
        case Kind::Near16: return near(half_value(got), half_value(wanted), d);
        case Kind::NearB16: return near(bfloat_value(got), bfloat_value(wanted), d);
        case Kind::NearPairs16:
            return near(half_value(got & 0xffff), half_value(wanted & 0xffff), d)
                   && near(half_value(got >> 16), half_value(wanted >> 16), d);
        case Kind::NearPairsB16:
            return near(bfloat_value(got & 0xffff), bfloat_value(wanted & 0xffff), d)
                   && near(bfloat_value(got >> 16), bfloat_value(wanted >> 16), d);
    }
    return false;
}

// The definition without its tolerance: two results of the same arithmetic may differ in the payload of a NaN only.
inline Definition exactly(const Definition& definition) {
    Definition exact = definition;
    exact.kind = definition.kind == Kind::Near32                                ? Kind::F32
                 : definition.kind == Kind::Near64                              ? Kind::F64
                 : definition.kind == Kind::F32 || definition.kind == Kind::F64 ? definition.kind
                                                                                : Kind::Bits;
    return exact;
}

// Values worth trying in a 32-bit or 64-bit register: edges of every type that could live there, near misses, and noise.
inline uint64_t interesting32(std::mt19937_64& random) {
    static const uint32_t edges[] = {
        0,          1,          2,          7,          8,          15,         16,         31,         32,
        33,         63,         64,         65,         127,        128,        255,        256,        0x7fff,
        0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 0xffff8000,
        0xffffff80, 0xffff0000, 0x80008000, 0x7fff7fff, 0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x40200000,
        0x3fc00000, 0xc0200000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc01234, 0x00800000, 0x80800000,
        0x007fffff, 0x00400000, 0x80000005, 0x7f7fffff, 0xff7fffff, 0x3f7fffff, 0x3f800001, 0x4f000000, 0xcf000000,
        0x4effffff, 0x4f800000, 0x4f7fffff, 0x5f000000, 0x477fe000, 0x477fefff, 0x477ff000, 0x477ff001, 0x38800000,
        0x387fffff, 0x33800000, 0x33000000, 0x33000001, 0x3c003c00, 0x7c00fc00, 0x7e007c01, 0x00010001, 0x040003ff,
        0x7bff7bff, 0x80003c00, 0x7f80ff80, 0x00803f80, 0x0000ffff, 0x42fe0000, 0x43000000, 0xc2fc0000, 0xc3160000,
        0x40490fdb, 0x40c90fdb, 0x00008001};
    switch (random() % 6) {
        case 0:
        case 1: return edges[random() % (sizeof edges / sizeof *edges)];
        case 2: return uint32_t(random());
        case 3: return uint32_t(int32_t(random() % 41) - 20);
        case 4: {  // a float of moderate size, at times with few digits
            float v = float(std::ldexp(double(int64_t(random() % 2000001) - 1000000), int(random() % 24) - 24));
            return bits_of(v) & (random() % 2 ? 0xffffffffu : 0xffff0000u);
        }
        default: {  // two halves of moderate size
            auto half = [&] {
                return uint32_t(random() % 2 ? 0x3000 + random() % 0x1800 : 0x3f00 + random() % 0x100)
                       | uint32_t(random() % 2) << 15;
            };
            return half() | half() << 16;
        }
    }
}
inline uint64_t interesting64(std::mt19937_64& random) {
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     31,
                                     32,
                                     63,
                                     64,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x100000000,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xffffffffffffffff,
                                     0xfffffffffffffffe,
                                     0xffffffff80000000,
                                     0xffffffff7fffffff,
                                     0x8000000000000001,
                                     0x3ff0000000000000,
                                     0xbff0000000000000,
                                     0x3fe0000000000000,
                                     0x4004000000000000,
                                     0x7ff0000000000000,
                                     0xfff0000000000000,
                                     0x7ff8000000000000,
                                     0x7ff0000000000001,
                                     0x0010000000000000,
                                     0x000fffffffffffff,
                                     0x8000000000000005,
                                     0x7fefffffffffffff,
                                     0x3ff0000000000001,
                                     0x41dfffffffc00000,
                                     0x41e0000000000000,
                                     0xc1e0000000000000,
                                     0xc1e0000000200000,
                                     0x43e0000000000000,
                                     0xc3e0000000000000,
                                     0x43f0000000000000,
                                     0x47efffffe0000000,
                                     0x47effffff0000000,
                                     0x36a0000000000000,
                                     0x3690000000000000,
                                     0x3690000000000001,
                                     0x40effc0000000000,
                                     0x40effe0000000000,
                                     0x3ff0000010000000,
                                     0x3ff0000030000000,
                                     0x3e70000000000001,
                                     0x0020000000000001,
                                     0x0100000000000000,
                                     0x0008000000000001,
                                     0x00fffffffffff801,
                                     0x4010000000000001};
    switch (random() % 5) {
        case 0:
        case 1: return edges[random() % (sizeof edges / sizeof *edges)];
        case 2: return random();
        case 3: return uint64_t(int64_t(random() % 41) - 20);
        default: return bits_of(std::ldexp(double(int64_t(random() % 2000001) - 1000000), int(random() % 44) - 24));
    }
}

// One instruction in a machine of its own, with its operands' places.
class Bench {
public:
    Bench(const NamedForm& named, const Definition& definition, uint64_t seed)
        : named_(named),
          definition_(definition),
          machine_(seed),
          destinations_(lanes::destinations(named.signature)),
          sources_(lanes::sources(named.signature)) {}

    // Puts fresh values into the sources; destination `aliased` shares a place with source `with` (-1: none does).
    void prepare(int aliased, int with) {
        ins_ = Ins{};
        immediate_ = int32_t(machine_.random() & 0xff);
        ins_.imm = immediate_;
        int place = 0, argument = 0;
        places_.clear();
        for (size_t i = 0; i < destinations_.size(); ++i) places_.push_back(place++);
        for (size_t i = 0; i < sources_.size(); ++i) places_.push_back(place++);
        if (aliased >= 0) places_[size_t(aliased)] = places_[destinations_.size() + size_t(with)];
        std::string letters = destinations_ + sources_;
        for (size_t i = 0; i < letters.size(); ++i) {
            if (letters[i] == 'i') continue;
            ins_.arg[argument++] = letters[i] == 'p' ? uint16_t(places_[i]) : Machine::unit(places_[i]);
        }
        for (size_t i = 0; i < letters.size(); ++i)
            for (int l = 0; l < 32; ++l)
                put(letters[i], places_[i], l, fresh(letters[i], int(i) - int(destinations_.size())));
        // At times a source is a near relation of the first one: equal, a neighbour, of the other sign.
        size_t first = destinations_.size();
        for (size_t i = first + 1; i < letters.size(); ++i)
            for (int l = 0; l < 32; ++l)
                if (letters[i] == letters[first] && letters[i] != 'i' && machine_.random() % 4 == 0) {
                    uint64_t value = get(letters[i], places_[first], l);
                    switch (machine_.random() % 5) {
                        case 0: break;
                        case 1: value += 1; break;
                        case 2: value -= 1; break;
                        default: value ^= letters[i] == 'd' ? uint64_t(1) << 63 : letters[i] == 'p' ? 0 : 0x80008000u;
                    }
                    bool narrow = i - first < definition_.sourceBits.size() && definition_.sourceBits[i - first] == 16;
                    put(letters[i], places_[i], l, letters[i] == 'p' ? value & 1 : narrow ? value & 0xffff : value);
                }
    }
    // Lane by lane what the sources hold.
    void define() {
        for (int l = 0; l < 32; ++l) {
            uint64_t in[8] = {}, out[4] = {};
            for (size_t i = 0; i < sources_.size(); ++i)
                in[i] = sources_[i] == 'i' ? uint64_t(uint32_t(immediate_))
                                           : get(sources_[i], places_[destinations_.size() + i], l);
            definition_.lane(in, out);
            for (size_t i = 0; i < destinations_.size(); ++i) wanted_[i][l] = out[i];
            for (int i = 0; i < 8; ++i) inputs_[l][i] = in[i];
        }
    }
    void remember() {
        std::memcpy(before_, machine_.regs, sizeof before_);
        std::memcpy(predicatesBefore_, machine_.pred, sizeof predicatesBefore_);
    }
    const Ins* execute(uint32_t active, uint32_t live) { return machine_.run(named_.form, ins_, active, live); }

    // Active lanes hold the defined results, all other memory is as it was. `strict`: the inactive lanes of destinations too.
    bool verify(uint32_t active, bool strict, const char* level, const char* what) {
        bool fine = true;
        for (size_t i = 0; i < destinations_.size(); ++i)
            for (int l = 0; l < 32; ++l) {
                uint64_t got = get(destinations_[i], places_[i], l);
                if ((active >> l & 1) != 0 && !same(got, wanted_[i][l], definition_)) {
                    report(level, what, i, l, got, wanted_[i][l]);
                    fine = false;
                    break;
                }
            }
        for (size_t i = 0; i < destinations_.size(); ++i)  // give the lanes that may have changed their old values
            for (int l = 0; l < 32; ++l)
                if (!strict || (active >> l & 1) != 0) restore(destinations_[i], places_[i], l);
        if (std::memcmp(before_, machine_.regs, sizeof before_) != 0
            || std::memcmp(predicatesBefore_, machine_.pred, sizeof predicatesBefore_) != 0) {
            expect::failed(
                __FILE__, __LINE__,
                named_.name + " " + named_.signature + " on " + level + ", " + what + ": touched what is not its own");
            fine = false;
        }
        return fine;
    }
    std::vector<uint64_t> results() {
        std::vector<uint64_t> all;
        for (size_t i = 0; i < destinations_.size(); ++i)
            for (int l = 0; l < 32; ++l) all.push_back(get(destinations_[i], places_[i], l));
        return all;
    }
    void restore_all() {
        std::memcpy(machine_.regs, before_, sizeof before_);
        std::memcpy(machine_.pred, predicatesBefore_, sizeof predicatesBefore_);
    }
    Machine& machine() { return machine_; }
    Ins& ins() { return ins_; }
    const std::string& destination_letters() const { return destinations_; }
    const std::string& source_letters() const { return sources_; }

    uint64_t get(char letter, int place, int l) {
        return letter == 'p'   ? machine_.pred[place] >> l & 1
               : letter == 'd' ? machine_.d(place)[l]
                               : machine_.w(place)[l];
    }

private:
    uint64_t fresh(char letter, int source) {
        if (letter == 'p') return machine_.random() & 1;
        if (letter == 'd') return interesting64(machine_.random);
        uint64_t value = interesting32(machine_.random);
        bool narrow = source >= 0 && size_t(source) < definition_.sourceBits.size()
                      && definition_.sourceBits[size_t(source)] == 16;
        return narrow ? (machine_.random() & 1 ? value & 0xffff : value >> 16) : value;
    }
    void put(char letter, int place, int l, uint64_t value) {
        if (letter == 'p') machine_.pred[place] = (machine_.pred[place] & ~(1u << l)) | uint32_t(value) << l;
        else if (letter == 'd') machine_.d(place)[l] = value;
        else if (letter == 'w') machine_.w(place)[l] = uint32_t(value);
    }
    void restore(char letter, int place, int l) {
        if (letter == 'p') put(letter, place, l, predicatesBefore_[place] >> l & 1);
        else if (letter == 'd') std::memcpy(&machine_.d(place)[l], before_ + place * 256 + l * 8, 8);
        else std::memcpy(&machine_.w(place)[l], before_ + place * 256 + l * 4, 4);
    }
    void report(const char* level, const char* what, size_t destination, int l, uint64_t got, uint64_t wanted) {
        std::ostringstream out;
        out << named_.name << " " << named_.signature << " on " << level << ", " << what << ", lane " << l
            << ", destination " << destination << std::hex << ": in";
        for (size_t i = 0; i < sources_.size(); ++i) out << " 0x" << inputs_[l][i];
        out << ", got 0x" << got << ", expected 0x" << wanted;
        expect::failed(__FILE__, __LINE__, out.str());
    }

    const NamedForm& named_;
    const Definition& definition_;
    Machine machine_;
    std::string destinations_, sources_;
    std::vector<int> places_;
    Ins ins_{};
    int32_t immediate_ = 0;
    uint64_t wanted_[4][32], inputs_[32][8];
    alignas(64) uint8_t before_[sizeof(Machine::regs)];
    uint32_t predicatesBefore_[lanes::kPredicates];
};

// Three instructions of the form, each reading what the one before wrote where the banks allow it, in one call of run.
inline bool check_run(const NamedForm& named, const Definition& definition, const Level& level) {
    Bench bench(named, definition, 77);
    Ins chain[3];
    bool fine = true;
    bench.prepare(-1, 0);
    chain[0] = bench.ins();
    chain[1] = chain[2] = chain[0];
    const int destinations = int(bench.destination_letters().size());
    const bool linked = bench.destination_letters()[0] == bench.source_letters()[0];
    for (int i = 1; i < 3; ++i) {
        chain[i].arg[0] = bench.destination_letters()[0] == 'p' ? uint16_t(10 + i) : Machine::unit(20 + i);
        for (int k = 1; k < destinations; ++k)
            chain[i].arg[k] =
                bench.destination_letters()[size_t(k)] == 'p' ? uint16_t(12 + i) : Machine::unit(30 + i + 4 * k);
        if (linked) chain[i].arg[destinations] = chain[i - 1].arg[0];
    }
    bench.remember();
    for (Ins& ins : chain) bench.machine().run(named.form, ins, softcuda::kAllLanes, softcuda::kAllLanes);
    std::vector<uint8_t> singly(bench.machine().regs, bench.machine().regs + sizeof(Machine::regs));
    std::vector<uint32_t> predicates(bench.machine().pred, bench.machine().pred + lanes::kPredicates);
    bench.restore_all();
    chain[0].aux = 3;
    const Ins* next = named.form.run(chain, bench.machine().warps[0]);
    fine = next == chain + 3
           && std::memcmp(predicates.data(), bench.machine().pred, sizeof(uint32_t) * predicates.size()) == 0;
    const Definition comparison = exactly(definition);
    const bool wide = bench.destination_letters()[0] == 'd';
    for (size_t at = 0; at < singly.size(); at += wide ? 8 : 4) {
        uint64_t got = 0, wanted = 0;
        std::memcpy(&got, bench.machine().regs + at, wide ? 8 : 4);
        std::memcpy(&wanted, singly.data() + at, wide ? 8 : 4);
        fine = fine && same(got, wanted, comparison);
    }
    if (!fine)
        expect::failed(__FILE__, __LINE__,
                       named.name + " " + named.signature + " on " + level.name + ": run differs from single steps");
    return fine;
}

inline void check_form(const NamedForm& named, const Definition& definition, const Level& level, int trials) {
    Bench bench(named, definition, 1);
    const std::string& to = bench.destination_letters();
    const std::string& from = bench.source_letters();
    std::mt19937_64 random(5);
    int reported = 0;
    for (int trial = 0; trial < trials && reported == 0; ++trial) {
        for (int aliased = -1; aliased < int(to.size()); ++aliased)
            for (int with = 0; with < (aliased < 0 ? 1 : int(from.size())); ++with) {
                if (aliased >= 0 && to[size_t(aliased)] != from[size_t(with)]) continue;
                for (const lanes::Mask& mask : lanes::masks(random)) {
                    bench.prepare(aliased, with);
                    bench.define();
                    bench.remember();
                    const Ins* next = bench.execute(mask.active, mask.live);
                    if (next != &bench.ins() + 1) {
                        expect::failed(__FILE__, __LINE__, named.name + ": did not go on to the next instruction");
                        return;
                    }
                    reported += !bench.verify(mask.active, mask.active != mask.live, level.name.c_str(),
                                              mask.active == mask.live ? "full" : "masked");
                    if (reported) return;
                }
            }
    }
    if (named.form.run != nullptr) check_run(named, definition, level);
}

// All levels give the same bits, whatever the tolerance of the definition (NaNs of arithmetic aside).
inline void check_levels_agree(const std::vector<const NamedForm*>& form, const Definition& definition,
                               const std::vector<std::string>& names) {
    std::vector<uint64_t> first;
    for (size_t i = 0; i < form.size(); ++i) {
        Bench bench(*form[i], definition, 9);
        std::vector<uint64_t> all;
        for (int trial = 0; trial < 8; ++trial) {
            bench.prepare(-1, 0);
            bench.remember();
            bench.execute(softcuda::kAllLanes, softcuda::kAllLanes);
            for (uint64_t value : bench.results()) all.push_back(value);
        }
        const Definition exact = exactly(definition);
        if (i == 0) first = all;
        for (size_t k = 0; k < all.size(); ++k)
            if (!same(all[k], first[k], exact)) {
                std::ostringstream out;
                out << form[i]->name << ": " << names[i] << " gives 0x" << std::hex << all[k] << ", " << names[0]
                    << " 0x" << first[k];
                expect::failed(__FILE__, __LINE__, out.str());
                return;
            }
    }
}

struct Exporter {
    const char* level;
    void (*add)(FormSink&);
};
// The exporters of one file on the levels this CPU has: ISA_LEVELS(add_integer_forms).
inline std::vector<Level> tables(std::initializer_list<Exporter> exporters) {
    std::vector<Level> found;
    for (const Exporter& exporter : exporters)
        for (const Level& level : lanes::levels())
            if (level.name == exporter.level) {
                found.push_back({exporter.level, {}});
                exporter.add(found.back().table);
            }
    return found;
}
#define ISA_DECLARE(function)                                                                                          \
    namespace softcuda {                                                                                               \
    namespace scalar {                                                                                                 \
    void function(FormSink&);                                                                                          \
    }                                                                                                                  \
    namespace avx2 {                                                                                                   \
    void function(FormSink&);                                                                                          \
    }                                                                                                                  \
    namespace avx512 {                                                                                                 \
    void function(FormSink&);                                                                                          \
    }                                                                                                                  \
    namespace avx512bf16 {                                                                                             \
    void function(FormSink&);                                                                                          \
    }                                                                                                                  \
    }
#define ISA_LEVELS(function)                                                                                           \
    isa::tables({{"scalar", softcuda::scalar::function},                                                               \
                 {"avx2", softcuda::avx2::function},                                                                   \
                 {"avx512", softcuda::avx512::function},                                                               \
                 {"avx512bf16", softcuda::avx512bf16::function}})

// Every form of the tables, on every level.
inline void check_forms(const std::vector<Level>& levels, const Define& define, int trials) {
    EXPECT(!levels.empty());
    std::set<std::string> seen;
    for (size_t k = 0; k < levels[0].table.forms.size(); ++k) {
        const NamedForm& first = levels[0].table.forms[k];
        if (!seen.insert(first.name + " " + first.signature).second)
            expect::failed(__FILE__, __LINE__, first.name + " " + first.signature + ": registered twice");
        Definition definition = define(first.name, first.signature);
        if (!definition) {
            expect::failed(__FILE__, __LINE__, first.name + " " + first.signature + ": has no definition in this test");
            continue;
        }
        std::vector<const NamedForm*> same_form;
        std::vector<std::string> names;
        for (const Level& level : levels) {
            const NamedForm& form = level.table.forms[k];
            if (form.name != first.name || form.signature != first.signature) {
                expect::failed(__FILE__, __LINE__, level.name + ": has another table than " + levels[0].name);
                return;
            }
            check_form(form, definition, level, trials);
            same_form.push_back(&form);
            names.push_back(level.name);
        }
        check_levels_agree(same_form, definition, names);
    }
    std::printf("     %zu forms on %zu levels\n", levels[0].table.forms.size(), levels.size());
}

}  // namespace isa
