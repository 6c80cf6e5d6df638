// Loading of modules.
#include "check/options.h"
#include "vm.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_map>

#include "exec/kernel_code.h"
#include "exec/levels.h"
#include "ptx/decode.h"
#include "ptx/program.h"

namespace softcuda {
namespace {

constexpr int kInvalidPtx = 218;
constexpr int kUnsupportedPtx = 222;
constexpr int kOutOfDeviceMemory = 2;
constexpr uint32_t kNewestPtx = 99;
constexpr uint64_t kConstLimit = 64 << 10;

struct LoadFailure {
    int error;
    std::string text;
};

std::string located(uint32_t line, const std::string& what) { return "ptx:" + std::to_string(line) + ": " + what; }

// Device memory for the .global and .const variables of a module.
class Placed final : public Placement {
public:
    uint64_t address_of(const Storage& variable) const override { return addresses_.at(&variable); }

    void place(const PtxModule& module, const LoadOptions& options, std::vector<uint64_t>& allocations) {
        uint64_t constants = 0;
        std::vector<const Storage*> all;
        for (const auto& s : module.storages) {
            if (s->space != Space::Global && s->space != Space::Const) continue;
            if (s->space == Space::Const) constants += s->bytes;
            if (constants > kConstLimit) throw PtxError(s->line, "the module's .const variables exceed 64 KiB");
            uint64_t address = options.allocate(std::max<uint64_t>(s->bytes, 1), std::max<uint32_t>(s->alignment, 16));
            if (!address)
                throw LoadFailure{kOutOfDeviceMemory,
                                  located(s->line, "no device memory for the " + std::to_string(s->bytes) + " bytes of "
                                                       + shown(s->name))};
            allocations.push_back(address);
            addresses_[s.get()] = address;
            all.push_back(s.get());
        }
        for (const Storage* s : all) initialise(module, *s, options);
    }

private:
    void initialise(const PtxModule& module, const Storage& s, const LoadOptions& options) {
        uint8_t* memory = reinterpret_cast<uint8_t*>(addresses_.at(&s));
        std::memset(memory, 0, s.bytes);
        if (!s.data.empty()) std::memcpy(memory, s.data.data(), std::min<uint64_t>(s.data.size(), s.bytes));
        for (const Relocation& r : s.relocations) {
            uint64_t value = 0;
            auto variable = module.variables.find(r.symbol);
            if (variable == module.variables.end())
                throw PtxError(r.line,
                               "the initialiser names " + shown(r.symbol) + ", which is no variable of this module");
            if (!addresses_.count(variable->second))
                throw PtxError(r.line, "the address of " + shown(r.symbol) + " is not constant");
            value = (addresses_.at(variable->second) + uint64_t(r.addend)) >> r.shift;
            std::memcpy(memory + r.offset, &value, r.bytes);
        }
        if (options.written) options.written(addresses_.at(&s), s.bytes);
    }

    std::unordered_map<const Storage*, uint64_t> addresses_;
};

uint32_t product(const uint32_t* extents) {
    return uint32_t(std::min<uint64_t>(uint64_t(extents[0]) * extents[1] * extents[2], 1u << 20));
}

Kernel describe(const PtxModule& module, const Function& f) {
    Kernel k;
    k.name = std::string(f.name);
    std::vector<uint32_t> offsets;
    k.parameterBytes = parameter_layout(f, offsets);
    for (size_t i = 0; i < offsets.size(); i++) {
        k.parameters.push_back({offsets[i], uint32_t(f.parameters[i]->bytes), f.parameters[i]->alignment});
    }
    if (f.maxThreads[0]) k.maxThreads = std::min(k.maxThreads, product(f.maxThreads));
    if (f.requiredThreads[0]) k.maxThreads = std::min(k.maxThreads, product(f.requiredThreads));
    std::copy(f.requiredThreads, f.requiredThreads + 3, k.requiredBlock);
    std::copy(f.requiredCluster, f.requiredCluster + 3, k.requiredCluster);
    k.minBlocks = f.minBlocks;
    k.ptxVersion = module.version;
    k.target = module.target;
    return k;
}

}  // namespace

std::unique_ptr<Module> Module::load(std::string_view ptx, const LoadOptions& options, int& error, std::string& log) {
    std::unique_ptr<Module> result(new Module());
    result->release_ = options.release;
    error = 0;
    try {
        PtxModule module = parse_module(ptx);
        if (module.version > kNewestPtx)
            throw LoadFailure{kUnsupportedPtx,
                              located(1, "unsupported PTX version " + std::to_string(module.version / 10) + "."
                                             + std::to_string(module.version % 10))};
        Placed placed;
        placed.place(module, options, result->allocations_);
        uint64_t constBytes = 0;
        for (const auto& [name, s] : module.variables) {
            if (s->space == Space::Shared) continue;
            if (s->space == Space::Const) constBytes += s->bytes;
            result->variables_.push_back(
                {std::string(name), placed.address_of(*s), s->bytes, s->space == Space::Const});
        }
        const FormTable& table = form_table(current_level());
        std::vector<std::string> errors;
        uint64_t workspace = 0;
        for (const auto& f : module.functions) {
            if (!f->isEntry || !f->hasBody) continue;
            if (product(f->requiredCluster) > kMaxCluster)
                throw PtxError(f->line, "a cluster has at most " + std::to_string(kMaxCluster) + " blocks");
            Program program = build_program(module, *f, placed);
            program.checked = options.checked || check_options().any();
            lower(program);
            if (!match_forms(program, table, errors)) continue;
            propagate_invariants(program);
            form_tiles(program, table);
            Liveness liveness = analyse_liveness(program);
            std::shared_ptr<Code> code = emit_code(program, liveness, allocate_slots(program, liveness));
            if (program.usesGridWorkspace) {
                if (!workspace) {
                    workspace = options.allocate(256, 256);
                    if (!workspace)
                        throw LoadFailure{kOutOfDeviceMemory,
                                          located(f->line, "no device memory for the grid's workspace")};
                    result->allocations_.push_back(workspace);
                    std::memset(reinterpret_cast<void*>(workspace), 0, 256);
                    if (options.written) options.written(workspace, 256);
                }
                code->gridWorkspace = workspace;
            }
            Kernel k = describe(module, *f);
            k.staticShared = code->staticShared;
            k.localBytes = code->localBytes;
            k.registers = code->registers;
            k.constBytes = uint32_t(constBytes);
            k.code = std::move(code);
            result->kernels_.push_back(std::move(k));
        }
        if (errors.empty()) return result;
        error = kInvalidPtx;
        for (const std::string& e : errors) log += e + "\n";
    } catch (const PtxError& e) {
        error = kInvalidPtx;
        log += located(e.line, e.what()) + "\n";
    } catch (const LoadFailure& e) {
        error = e.error;
        log += e.text + "\n";
    } catch (const std::bad_alloc&) {
        error = kOutOfDeviceMemory;
        log += "no host memory to load the module\n";
    }
    return nullptr;
}

Module::~Module() {
    if (!release_) return;
    for (uint64_t address : allocations_) release_(address);
}

const Kernel* Module::find_kernel(std::string_view name) const {
    for (const Kernel& k : kernels_) {
        if (k.name == name) return &k;
    }
    return nullptr;
}

const Variable* Module::find_variable(std::string_view name) const {
    for (const Variable& v : variables_) {
        if (v.name == name) return &v;
    }
    return nullptr;
}

}  // namespace softcuda
