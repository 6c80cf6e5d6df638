// A compiled chain leaves what its instructions' handlers leave, one after the other.
#include "jit/chain.h"
#include "lane_machine.h"

using namespace lanes;

namespace {

constexpr int kPool = 12, kWideBegin = 16, kConstantSlot = 40, kConstantSlots = 6, kChainPredicates = 8;
constexpr size_t kLongest = 80;  // with so many operands that registers run out

const uint32_t kSpecial[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff, 0x00800000, 0x3f800000,
                             0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x7fffffff, 0xffffffff,
                             31,         32,         63,         64,         0x3f808000, 0x3f818000, 0x7f7fffff};
const uint32_t kCounts[kConstantSlots] = {0, 3, 31, 32, 63, 300};

struct Constants final : KnownValues {
    bool value_of(uint32_t unit, uint64_t& value) const override {
        const uint32_t slot = unit / 4;
        if (slot < uint32_t(kConstantSlot) || slot >= uint32_t(kConstantSlot + kConstantSlots)) return false;
        value = kCounts[slot - kConstantSlot];
        return true;
    }
};

bool is_real(const std::string& name) {
    return name.find("f32") != std::string::npos || name.find("bf16") != std::string::npos;
}

struct Chain {
    std::vector<Ins> ins;
    std::vector<ChainStep> steps;
    std::string text;
};

// `width`: slots of a pool; few make the instructions depend on each other.
void choose(Machine& m, const NamedForm& named, int width, Ins& ins) {
    ins = Ins{};
    ins.full = named.form.full;
    int k = 0;
    for (char letter : destinations(named.signature) + sources(named.signature)) {
        if (letter == 'p') ins.arg[k] = uint16_t(m.pick(kChainPredicates));
        else if (letter == 'd') ins.arg[k] = Machine::unit(kWideBegin + int(m.pick(uint64_t(width))));
        else if (k == 2 && m.pick(3) == 0) ins.arg[k] = Machine::unit(kConstantSlot + int(m.pick(kConstantSlots)));
        else ins.arg[k] = Machine::unit(int(m.pick(uint64_t(width))));
        k++;
    }
}

enum class Fill { Bits, Special, Moderate };

void fill_registers(Machine& m, Fill fill) {
    for (int slot = 0; slot < kSlots; slot++)
        for (int l = 0; l < 64; l++) {
            uint32_t value = uint32_t(m.random());
            if (fill == Fill::Special && m.pick(4)) value = kSpecial[m.pick(sizeof kSpecial / sizeof *kSpecial)];
            if (fill == Fill::Moderate) {
                const float real = float(int(m.pick(2001)) - 1000) / 512.0f;
                std::memcpy(&value, &real, 4);
            }
            m.w(slot)[l] = value;
        }
    for (int c = 0; c < kConstantSlots; c++)
        for (int l = 0; l < 32; l++) m.w(kConstantSlot + c)[l] = kCounts[c];
    m.fill(m.pred, sizeof m.pred);
}

// The payloads of NaNs are open.
bool same_word(uint32_t a, uint32_t b) {
    const bool nans = (a & 0x7fffffff) > 0x7f800000 && (b & 0x7fffffff) > 0x7f800000;
    return a == b || nans;
}

void check(const Chain& chain, Fill fill, uint64_t seed) {
    static Machine& native = *new Machine(1);
    static Machine& single = *new Machine(2);
    std::vector<uint8_t> code;
    const size_t begin = compile_chain(chain.steps, Constants(), {ChainEnd::Return, nullptr, 0}, code);
    std::shared_ptr<NativeCode> placed = NativeCode::place(code);
    EXPECT(placed != nullptr);
    native.random.seed(seed);
    fill_registers(native, fill);
    std::memcpy(single.regs, native.regs, sizeof native.regs);
    std::memcpy(single.pred, native.pred, sizeof native.pred);
    const Ins* first = chain.ins.data();
    for (const Ins* ip = first; ip != first + chain.ins.size();) ip = ip->full(ip, single.warps[0]);
    const Ins* end = reinterpret_cast<Handler>(placed->at(begin))(first, native.warps[0]);
    bool same = end == first + chain.ins.size();
    // What is not kept may be anything afterwards.
    std::set<int> loose, looseMasks;
    for (const ChainStep& s : chain.steps) {
        const Shape shape = s.form->shape;
        const bool mask = shape == Shape::Compare || shape == Shape::PredicateLogic || shape == Shape::PredicateNot
                          || shape == Shape::PredicateCopy;
        std::set<int>& set = mask ? looseMasks : loose;
        const int place = mask ? s.ins->arg[0] : s.ins->arg[0] / 4;
        if (s.kept) set.erase(place);
        else set.insert(place);
    }
    for (int p = 0; p < kPredicates; p++) same &= looseMasks.count(p) || native.pred[p] == single.pred[p];
    for (int slot = 0; slot < kSlots; slot++) {
        if (loose.count(slot)) continue;
        for (int l = 0; l < 64; l++) same &= same_word(native.w(slot)[l], single.w(slot)[l]);
    }
    if (!same) expect::failed(__FILE__, __LINE__, "chain differs from its instructions:" + chain.text);
}

Chain make(Machine& m, const std::vector<const NamedForm*>& forms, size_t length, int width, bool dropSome) {
    Chain chain;
    chain.ins.resize(length);
    for (Ins& ins : chain.ins) {
        const NamedForm& named = *forms[m.pick(forms.size())];
        choose(m, named, width, ins);
        chain.steps.push_back({&ins, chain_form(named.form), !dropSome || m.pick(3) != 0});
        chain.text += " " + named.name;
    }
    return chain;
}

const std::vector<NamedForm>& chain_forms(const Level& level) {
    static std::vector<NamedForm>& found = *new std::vector<NamedForm>();
    found.clear();
    for (const NamedForm& f : level.table.forms)
        if (chain_form(f.form)) found.push_back(f);
    return found;
}

}  // namespace

TEST(chains_do_what_their_instructions_do) {
    static Machine& m = *new Machine(3);
    for (const Level& level : levels()) {
        if (level.name.find("avx512") == std::string::npos) continue;
        const std::vector<NamedForm>& all = chain_forms(level);
        if (all.empty()) continue;  // not built
        EXPECT(all.size() >= 80);
        std::vector<const NamedForm*> whole, real;
        for (const NamedForm& f : all) {
            for (uint64_t trial = 0; trial < 40; trial++)
                check(make(m, {&f}, 1, 4, false), trial % 2 ? Fill::Special : Fill::Bits, trial);
            for (uint64_t trial = 0; trial < 10; trial++) check(make(m, {&f}, 1, 4, false), Fill::Moderate, trial);
            if (!is_real(f.name)) whole.push_back(&f);
            if (f.name == "cvt.rn.f32.s32") continue;  // would show the payload of a NaN
            if (is_real(f.name) || f.name.find("mov") == 0 || f.name.find("selp") == 0) real.push_back(&f);
        }
        for (uint64_t trial = 0; trial < 600; trial++) {
            const size_t length = 2 + m.pick(kLongest);
            const int width = trial % 2 ? kPool : 3;
            check(make(m, whole, length, width, trial % 3 == 0), trial % 2 ? Fill::Special : Fill::Bits, trial);
            check(make(m, real, length, width, trial % 3 == 0), Fill::Moderate, trial);
        }
    }
}

TEST_MAIN
