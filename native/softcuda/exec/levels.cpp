#include "exec/levels.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "check/forms.h"
#include "exec/level_forms.h"
#include "vm.h"

namespace softcuda {

namespace {

// Which levels were built (CMake's SOFTCUDA_LEVELS).
constexpr bool kBuilt[kLevels] = {
#ifdef SOFTCUDA_HAS_SCALAR
    true,
#else
    false,
#endif
#ifdef SOFTCUDA_HAS_AVX2
    true,
#else
    false,
#endif
#ifdef SOFTCUDA_HAS_AVX512
    true,
#else
    false,
#endif
#ifdef SOFTCUDA_HAS_AVX512BF16
    true,
#else
    false,
#endif
};
const char* const kNames[kLevels] = {"scalar", "avx2", "avx512", "avx512bf16"};

Level best_level() {
    for (int l = kLevels - 1; l > 0; l--) {
        if (level_available(Level(l))) return Level(l);
    }
    return Level::Scalar;
}

Level initial_level() {
    const char* wanted = std::getenv("ZOETROPE_ISA");
    if (!wanted || !*wanted) return best_level();
    for (int l = 0; l < kLevels; l++) {
        if (std::string_view(wanted) != kNames[l]) continue;
        if (level_available(Level(l))) return Level(l);
        std::fprintf(stderr, "softcuda: this CPU cannot run ZOETROPE_ISA=%s; using %s\n", wanted,
                     kNames[int(best_level())]);
        return best_level();
    }
    std::fprintf(stderr, "softcuda: ZOETROPE_ISA=%s is unknown; known are scalar, avx2, avx512, avx512bf16; using %s\n",
                 wanted, kNames[int(best_level())]);
    return best_level();
}

Level& level_in_use() {
    static Level level = initial_level();
    return level;
}

}  // namespace

const char* level_name(Level level) { return kNames[int(level)]; }

bool level_available(Level level) {
    if (!kBuilt[int(level)]) return false;
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")
                && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("f16c");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                  && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    switch (level) {
        case Level::Scalar: return true;
        case Level::Avx2: return avx2;
        case Level::Avx512: return avx512;
        case Level::Avx512Bf16: return avx512 && __builtin_cpu_supports("avx512bf16");
    }
    return false;
}

Level current_level() { return level_in_use(); }

bool choose_level(std::string_view name) {
    for (int l = 0; l < kLevels; l++) {
        if (name != kNames[l] || !level_available(Level(l))) continue;
        level_in_use() = Level(l);
        return true;
    }
    return false;
}

const char* active_level() { return level_name(current_level()); }
bool set_level(const char* name) { return choose_level(name); }

FormTable::FormTable(Level level) {
    struct Collector final : FormSink {
        std::vector<Form>& forms;
        explicit Collector(std::vector<Form>& f) : forms(f) {}
        void add(const Form& form) override { forms.push_back(form); }
    } sink(forms_);
    add_control_forms(sink);
    add_barrier_forms(sink);
    add_call_forms(sink);
    add_cluster_forms(sink);
    add_mbarrier_forms(sink);
    add_bulk_forms(sink);
    add_tensor_forms(sink);
    add_proxy_forms(sink);
    add_aligned_forms(sink);
    add_register_forms(sink);
    add_wgmma_group_forms(sink);
    add_cache_policy_forms(sink);
    add_store_async_forms(sink);
    add_checked_forms(sink);
    switch (level) {
        case Level::Scalar: scalar::add_all_forms(sink); break;
        case Level::Avx2: avx2::add_all_forms(sink); break;
        case Level::Avx512: avx512::add_all_forms(sink); break;
        case Level::Avx512Bf16: avx512bf16::add_all_forms(sink); break;
    }
    for (const Form& f : forms_) byName_[f.name].push_back(&f);
}

const std::vector<const Form*>* FormTable::find(std::string_view name) const {
    auto found = byName_.find(name);
    return found == byName_.end() ? nullptr : &found->second;
}

const FormTable& form_table(Level level) {
    static std::mutex mutex;
    static std::unique_ptr<FormTable> tables[kLevels];
    std::lock_guard<std::mutex> lock(mutex);
    auto& table = tables[int(level)];
    if (!table) table = std::make_unique<FormTable>(level);
    return *table;
}

}  // namespace softcuda
