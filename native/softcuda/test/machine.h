// A virtual machine with device memory for tests: load PTX, allocate, launch.
#pragma once
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "mem/arena.h"
#include "vm.h"

namespace softcuda {

class Machine {
public:
    explicit Machine(uint64_t capacity = uint64_t(1) << 30) : arena_(capacity) {}

    // Throws std::runtime_error with the log when the module is bad.
    Module& load(const std::string& ptx) {
        int error = 0;
        std::string log;
        modules_.push_back(try_load(ptx, error, log));
        if (!modules_.back()) throw std::runtime_error(log);
        return *modules_.back();
    }

    std::unique_ptr<Module> try_load(const std::string& ptx, int& error, std::string& log) {
        LoadOptions options;
        options.allocate = [this](uint64_t bytes, uint64_t alignment) { return arena_.allocate(bytes, alignment); };
        options.release = [this](uint64_t address) { arena_.release(address); };
        return Module::load(ptx, options, error, log);
    }

    // A file of test/ptx.
    static std::string file(const std::string& name) {
        std::ifstream in(std::string(SOFTCUDA_TEST_PTX) + "/" + name);
        if (!in) throw std::runtime_error("no file " + name);
        std::stringstream text;
        text << in.rdbuf();
        return text.str();
    }

    template <class T> T* allocate(size_t count, T value = T()) {
        T* p = reinterpret_cast<T*>(arena_.allocate(count * sizeof(T)));
        if (!p) throw std::bad_alloc();
        for (size_t i = 0; i < count; i++) p[i] = value;
        return p;
    }

    struct Shape {
        uint32_t gx = 1, gy = 1, gz = 1, bx = 32, by = 1, bz = 1, shared = 0;
        bool cooperative = false;
        uint32_t cluster = 1;
    };

    template <class... A> FaultReport launch(const Module& m, const char* name, Shape s, A... arguments) {
        const Kernel* k = m.find_kernel(name);
        if (!k) throw std::runtime_error(std::string("no kernel ") + name);
        std::vector<uint8_t> parameters(k->parameterBytes + 1);
        size_t index = 0;
        (store(*k, parameters, index++, arguments), ...);
        LaunchRequest r;
        r.kernel = k;
        r.grid[0] = s.gx, r.grid[1] = s.gy, r.grid[2] = s.gz;
        r.block[0] = s.bx, r.block[1] = s.by, r.block[2] = s.bz;
        r.dynamicShared = s.shared;
        r.parameters = parameters.data();
        r.cooperative = s.cooperative;
        r.cluster[0] = s.cluster;
        if (k->requiredCluster[0]) std::copy(k->requiredCluster, k->requiredCluster + 3, r.cluster);
        r.explicitCluster = s.cluster > 1 || k->requiredCluster[0];
        r.arenaLow = arena_.low();
        r.arenaHigh = arena_.high();
        return run(r);
    }

    Arena& arena() { return arena_; }

private:
    template <class T> static void store(const Kernel& k, std::vector<uint8_t>& to, size_t index, T value) {
        if (index >= k.parameters.size() || k.parameters[index].bytes != sizeof(T))
            throw std::runtime_error("argument " + std::to_string(index) + " does not fit");
        std::memcpy(to.data() + k.parameters[index].offset, &value, sizeof value);
    }

    Arena arena_;
    std::vector<std::unique_ptr<Module>> modules_;
};

// Calls body() for each level that is built and that this CPU runs; modules loaded meanwhile are of that level.
template <class Body> void on_every_level(Body body) {
    const std::string before = active_level();
    for (const char* level : {"scalar", "avx2", "avx512", "avx512bf16"}) {
        if (set_level(level)) body();
    }
    set_level(before.c_str());
}

// The text around a kernel body in handwritten tests.
inline std::string with_header(const std::string& text) {
    return ".version 9.0\n.target sm_90a\n.address_size 64\n" + text;
}

}  // namespace softcuda
