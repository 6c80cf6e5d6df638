// The PTX virtual machine as the driver uses it: load a module from PTX text, ask about its kernels and variables, run a
// kernel to its end.
//
// Device memory belongs to the caller: a module's variables are placed through LoadOptions::allocate, and a kernel may
// touch [arenaLow, arenaHigh) only. Error numbers are CUresult values. All functions may be called from any thread; runs
// that need more than one thread take turns.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace softcuda {

struct Code;

struct Parameter {
    uint32_t offset, bytes, alignment;  // within the parameter block
};

struct Kernel {
    std::string name;
    std::vector<Parameter> parameters;
    uint32_t parameterBytes = 0;
    uint32_t staticShared = 0;   // bytes; dynamic shared memory begins behind them, aligned as declared
    uint32_t localBytes = 0;     // for each thread
    uint32_t constBytes = 0;     // of the module's .const variables
    uint32_t registers = 0;      // 32-bit registers a thread would hold: an estimate from liveness, at most 255
    uint32_t maxThreads = 1024;  // of a block: 1024, or less by .maxntid or .reqntid
    uint32_t requiredBlock[3] = {0, 0, 0};    // .reqntid, zeros when absent
    uint32_t requiredCluster[3] = {0, 0, 0};  // .reqnctapercluster, zeros when absent
    uint32_t minBlocks = 0;                   // .minnctapersm, 0 when absent
    uint32_t ptxVersion = 0;                  // 90 for .version 9.0
    uint32_t target = 0;                      // 80 for sm_80, 90 for sm_90a
    std::shared_ptr<const Code> code;
};

struct Variable {
    std::string name;
    uint64_t address = 0;
    uint64_t bytes = 0;
    bool constant = false;  // .const, else .global
};

struct LoadOptions {
    // Returns the address of new device memory (zeroed or not), 0 when there is none.
    std::function<uint64_t(uint64_t bytes, uint64_t alignment)> allocate;
    std::function<void(uint64_t address)> release;
    // Called for each initialised range, for the record of written bytes. May be empty.
    std::function<void(uint64_t address, uint64_t bytes)> written;
    // Decode with the checked variants of the memory instructions, also when check_options() asks for no check.
    bool checked = false;
};

class Module {
public:
    // Parses and decodes `ptx`. On failure the result is null, `error` a CUresult (INVALID_PTX 218, UNSUPPORTED_PTX 222,
    // OUT_OF_MEMORY 2) and `log` one line for each error: "ptx:LINE: what is wrong".
    static std::unique_ptr<Module> load(std::string_view ptx, const LoadOptions& options, int& error, std::string& log);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    const std::vector<Kernel>& kernels() const { return kernels_; }
    const std::vector<Variable>& variables() const { return variables_; }
    const Kernel* find_kernel(std::string_view name) const;      // null when there is none
    const Variable* find_variable(std::string_view name) const;  // null when there is none

private:
    Module() = default;
    std::vector<Kernel> kernels_;
    std::vector<Variable> variables_;
    std::vector<uint64_t> allocations_;
    std::function<void(uint64_t)> release_;
};

struct LaunchRequest {
    const Kernel* kernel = nullptr;
    uint32_t grid[3] = {1, 1, 1};
    uint32_t block[3] = {1, 1, 1};
    uint32_t cluster[3] = {1, 1, 1};   // extents of a cluster in blocks; each divides the grid's
    bool explicitCluster = false;      // the launch or the kernel names a cluster size
    uint32_t dynamicShared = 0;        // bytes
    const void* parameters = nullptr;  // Kernel::parameterBytes of them, laid out as Kernel::parameters says
    bool cooperative = false;          // all blocks resident at once
    uint64_t arenaLow = 0, arenaHigh = 0;
};

// What ended a launch early; code 0: nothing did. The text names kernel, PTX line, block, warp, lane and address.
struct FaultReport {
    int code = 0;  // CUresult
    std::string text;
    explicit operator bool() const { return code != 0; }
};

// Runs the kernel and returns when all its blocks have ended, or after the first fault. The request must be valid:
// extents nonzero, block within Kernel::maxThreads.
FaultReport run(const LaunchRequest& request);

// Blocks of `threads` threads that can be resident at once in a cooperative launch: bounded by memory alone.
uint32_t cooperative_block_limit(const Kernel& kernel, uint32_t threads, uint32_t dynamicShared);

// The instruction-set level in use: "scalar", "avx2", "avx512" or "avx512bf16". The best one the CPU has, or the one that
// ZOETROPE_ISA names (if the CPU lacks it, a line on stderr and the best one).
const char* active_level();
// Switches to another level for modules loaded from now on; false when the CPU lacks it or the name is unknown.
bool set_level(const char* name);

// Threads that run blocks, the caller included: ZOETROPE_THREADS, or all the CPUs this process may use.
int worker_count();

}  // namespace softcuda
