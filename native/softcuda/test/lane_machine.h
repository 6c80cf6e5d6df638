// One warp outside of any interpreter: a register file, the memory spaces and a form's handlers, so that a test can run a
// single instruction on every level of the machine and compare all it did with a definition lane by lane.
#pragma once
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "check/forms.h"
#include "exec/code.h"
#include "exec/level_forms.h"
#include "test/expect.h"

namespace lanes {

using namespace softcuda;

struct NamedForm {
    std::string name, signature;
    Form form;
};

struct Table : FormSink {
    std::vector<NamedForm> forms;
    // A checked form takes the place of the plain one.
    void add(const Form& form) override {
        std::string name = form.name;
        // Models of tensor cores have tests of their own.
        if (name.find("!model") != std::string::npos) return;
        const size_t mark = name.find("!checked");
        if (mark != std::string::npos) {
            name.resize(mark);
            for (NamedForm& f : forms)
                if (f.name == name && f.signature == form.signature) {
                    f.form = form;
                    return;
                }
        }
        forms.push_back({name, form.signature, form});
    }
    const Form* find(const std::string& name, const std::string& signature) const {
        for (const NamedForm& f : forms)
            if (f.name == name && f.signature == signature) return &f.form;
        return nullptr;
    }
    std::vector<NamedForm> starting(const std::string& head) const {
        std::vector<NamedForm> found;
        for (const NamedForm& f : forms)
            if (f.name.compare(0, head.size(), head) == 0) found.push_back(f);
        return found;
    }
};

struct Level {
    std::string name;
    Table table;
};

// The levels this CPU can run, and the handlers of checked mode (without a checker, so that they must do the same).
inline const std::vector<Level>& levels() {
    static const std::vector<Level> all = [] {
        std::vector<Level> found;
        auto take = [&](const char* name, bool runs, void (*add)(FormSink&)) {
            if (!runs) {
                std::printf("level %s: not on this CPU\n", name);
                return;
            }
            found.push_back({name, {}});
            add(found.back().table);
        };
        bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
        take("scalar", true, scalar::add_all_forms);
        take("checked", true, [](FormSink& sink) {
            scalar::add_all_forms(sink);
            add_checked_forms(sink);
        });
        take("avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), avx2::add_all_forms);
        take("avx512", avx512, avx512::add_all_forms);
        take("avx512bf16", avx512 && __builtin_cpu_supports("avx512bf16"), avx512bf16::add_all_forms);
        return found;
    }();
    return all;
}

// What the handlers' calls of fault() reported last.
struct Fault {
    int error = 0, lane = -2;
    uint64_t address = 0;
    std::string what;
};
inline Fault& last_fault() {
    static Fault fault;
    return fault;
}

constexpr int kSlots = 64;  // register slots of 32 x 8 bytes; every operand gets one of its own
constexpr int kPredicates = 16;
constexpr uint32_t kArena = 1 << 14, kShared = 1 << 13, kLocalBytes = 256, kParamBytes = 512, kWarps = 2;

struct Machine {
    alignas(64) uint8_t regs[kSlots * 256];
    uint32_t pred[kPredicates];
    alignas(4096) uint8_t arena[kArena];
    alignas(128) uint8_t shared[kShared];
    alignas(128) uint8_t local[kLocalBytes * kWarps * 32];
    alignas(128) uint8_t params[kParamBytes];
    Launch launch{};
    Block block{};
    Cluster cluster{};
    Warp warps[kWarps]{};
    std::mt19937_64 random;

    explicit Machine(uint64_t seed) : random(seed) {
        fill(regs, sizeof regs);
        fill(arena, sizeof arena);
        fill(shared, sizeof shared);
        fill(local, sizeof local);
        fill(params, sizeof params);
        fill(pred, sizeof pred);
        launch.params = params;
        launch.paramBytes = kParamBytes;
        launch.arenaLow = reinterpret_cast<uint64_t>(arena);
        launch.arenaHigh = launch.arenaLow + kArena;
        block.shared = shared;
        block.sharedBytes = kShared;
        block.local = local;
        block.localBytes = kLocalBytes;
        block.threads = kWarps * 32;
        block.warps = kWarps;
        block.warp = warps;
        block.launch = &launch;
        block.cluster = &cluster;
        cluster.blocks = 1;
        cluster.block[0] = &block;
        for (uint32_t i = 0; i < kWarps; i++) {
            warps[i].regs = regs;
            warps[i].pred = pred;
            warps[i].active = warps[i].live = kAllLanes;
            warps[i].index = i;
            warps[i].block = &block;
        }
    }
    Machine(const Machine&) = delete;

    void fill(void* p, size_t bytes) {
        for (size_t i = 0; i < bytes; i++) static_cast<uint8_t*>(p)[i] = uint8_t(random());
    }
    uint64_t pick(uint64_t limit) { return random() % limit; }

    static uint16_t unit(int slot) { return uint16_t(slot * 4); }
    uint32_t* w(int slot) { return reinterpret_cast<uint32_t*>(regs + slot * 256); }
    uint64_t* d(int slot) { return reinterpret_cast<uint64_t*>(regs + slot * 256); }

    // Runs the form's handler for the lanes in `active` on warp `index`; the state afterwards says whether it faulted.
    const Ins* run(const Form& form, Ins& ins, uint32_t active, uint32_t live, int index = 0) {
        ins.full = form.full;
        ins.masked = form.masked;
        Warp& warp = warps[index];
        warp.active = active;
        warp.live = live;
        warp.state = WarpState::Running;
        last_fault() = Fault{};
        Handler handler = active == live ? form.full : form.masked;
        return handler(&ins, warp);
    }
};

// A form's signature: letters before '=' and behind it.
inline std::string destinations(const std::string& signature) { return signature.substr(0, signature.find('=')); }
inline std::string sources(const std::string& signature) { return signature.substr(signature.find('=') + 1); }

inline std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> all;
    size_t begin = 0;
    for (;;) {
        size_t dot = text.find('.', begin);
        all.push_back(text.substr(begin, dot - begin));
        if (dot == std::string::npos) return all;
        begin = dot + 1;
    }
}

// Active and live lanes to try: full, a warp with fewer threads, divergence of several shapes.
struct Mask {
    uint32_t active, live;
};
inline std::vector<Mask> masks(std::mt19937_64& random) {
    uint32_t some = uint32_t(random()) | 1u << (random() % 32), few = some & uint32_t(random());
    return {{kAllLanes, kAllLanes},
            {0x1fffffff, 0x1fffffff},
            {some, kAllLanes},
            {few | 0x80000000u, kAllLanes},
            {1u << (random() % 32), some | kAllLanes}};
}

}  // namespace lanes

namespace softcuda {
const Ins* fault(Warp& w, const Ins* ip, int error, int lane, uint64_t address, const char* what) {
    lanes::last_fault() = {error, lane, address, what};
    w.state = WarpState::Faulted;
    w.resume = ip;
    return nullptr;
}
}  // namespace softcuda
