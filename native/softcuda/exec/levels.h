// The levels of host instruction sets and their tables of instruction forms.
#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exec/code.h"

namespace softcuda {

enum class Level : int { Scalar, Avx2, Avx512, Avx512Bf16 };
constexpr int kLevels = 4;

const char* level_name(Level level);
bool level_available(Level level);
Level current_level();  // ZOETROPE_ISA, else the best available
bool choose_level(std::string_view name);

class FormTable {
public:
    explicit FormTable(Level level);
    // The forms of that name, null when there is none.
    const std::vector<const Form*>* find(std::string_view name) const;
    const std::vector<Form>& all() const { return forms_; }

private:
    std::vector<Form> forms_;
    std::unordered_map<std::string_view, std::vector<const Form*>> byName_;
};

// Made on first use, then shared.
const FormTable& form_table(Level level);

// Control flow, barriers and what else this machine does the same way at every level (exec/).
void add_control_forms(FormSink& sink);
void add_barrier_forms(FormSink& sink);
void add_call_forms(FormSink& sink);
void add_cluster_forms(FormSink& sink);

// Asynchronous copies and what goes with them (async/).
void add_mbarrier_forms(FormSink& sink);
void add_bulk_forms(FormSink& sink);
void add_tensor_forms(FormSink& sink);
void add_proxy_forms(FormSink& sink);
void add_register_forms(FormSink& sink);
void add_wgmma_group_forms(FormSink& sink);
void add_cache_policy_forms(FormSink& sink);
void add_store_async_forms(FormSink& sink);

// For checked mode (check/).
constexpr const char* kAlignedForm = "internal.aligned";
void add_aligned_forms(FormSink& sink);

}  // namespace softcuda
