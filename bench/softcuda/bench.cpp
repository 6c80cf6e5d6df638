// Times the project's kernels on softcuda: matrix products, elementwise work, launches. README.md says how to run it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "gpu.h"
#include "peer.h"

namespace {

struct Options {
    std::string library = "native/target/classes/natives/linux-x86_64/libcuda.so.1";
    std::string kernels = "cuda/target/classes/kernels";
    std::string only;
    int size = 1024;
    int runs = 5;
};

// Seconds on the clock, and seconds of all threads on their cores: on a busy machine only the second is a measure.
struct Time {
    double wall, cpu;
};

double clock_seconds(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// The least of several runs, the first one not counted.
Time best(int runs, const std::function<void()>& body) {
    body();
    Time least = {1e30, 1e30};
    for (int i = 0; i < runs; ++i) {
        const double wall = clock_seconds(CLOCK_MONOTONIC), cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
        body();
        least.wall = std::min(least.wall, clock_seconds(CLOCK_MONOTONIC) - wall);
        least.cpu = std::min(least.cpu, clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    }
    return least;
}

// Values between -1 and 1 without pattern (xorshift).
std::vector<float> noise(size_t count, uint64_t seed) {
    std::vector<float> values(count);
    uint64_t s = seed * 0x9e3779b97f4a7c15ull + 1;
    for (float& v : values) {
        s ^= s << 13, s ^= s >> 7, s ^= s << 17;
        v = float(int64_t(s) >> 40) / float(1 << 23);
    }
    return values;
}

uint16_t to_bf16(float f) {
    uint32_t bits;
    std::memcpy(&bits, &f, 4);
    return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float from_bf16(uint16_t h) {
    const uint32_t bits = uint32_t(h) << 16;
    float f;
    std::memcpy(&f, &bits, 4);
    return f;
}

// A rate: work done in a time, for each second and for each second of a core, and the same of a peer.
void rate(const std::string& what, double work, Time time, const char* unit, const char* peer = nullptr, double peerWork = 0,
          Time peerTime = {}) {
    std::printf("%-40s %8.2f %-8s (%7.2f a core)", what.c_str(), work / time.wall, unit, work / time.cpu);
    if (peer) {
        std::printf("   %-16s %8.2f (%7.2f a core)   ratio %.2f (%.2f)", peer, peerWork / peerTime.wall, peerWork / peerTime.cpu,
                    work / time.wall / (peerWork / peerTime.wall), work / time.cpu / (peerWork / peerTime.cpu));
    }
    std::printf("\n");
    std::fflush(stdout);
}

// As the entries of gemm take it (zoetrope/gemm_body.cuh).
struct GemmShape {
    long long lda, ldb, ldc, batchA, batchB, batchC;
    int m, n, k, activation, f32Out;
    float alpha, beta;
    int gateRows;
    long long gateStride;
    const void *gate, *old;
};

Time openblas(const Options& o) {
    const size_t n = size_t(o.size);
    const auto a = noise(n * n, 1), b = noise(n * n, 2);
    std::vector<float> c(n * n);
    if (!openblas_sgemm(o.size, a.data(), b.data(), c.data())) return {0, 0};
    return best(o.runs, [&] { openblas_sgemm(o.size, a.data(), b.data(), c.data()); });
}

void gemm(Gpu& gpu, const Options& o, const char* file, const std::string& entry, bool bf16, bool transposed, Time peer) {
    const size_t n = size_t(o.size), each = bf16 ? 2 : 4;
    auto a = noise(n * n, 1), b = noise(n * n, 2);
    std::vector<uint16_t> halfA, halfB;
    if (bf16) {
        for (float& v : a) halfA.push_back(to_bf16(v)), v = from_bf16(halfA.back());
        for (float& v : b) halfB.push_back(to_bf16(v)), v = from_bf16(halfB.back());
    }
    CUmodule module = gpu.load(o.kernels + "/gemm/" + file + ".fatbin");
    CUfunction function = gpu.function(module, entry);
    const auto geometry = gpu.geometry(module, entry);
    CUdeviceptr pa = gpu.allocate(n * n * each), pb = gpu.allocate(n * n * each), pc = gpu.allocate(n * n * 4), bias = 0;
    gpu.upload(pa, bf16 ? static_cast<const void*>(halfA.data()) : a.data(), n * n * each);
    gpu.upload(pb, bf16 ? static_cast<const void*>(halfB.data()) : b.data(), n * n * each);
    const long long ld = o.size;
    GemmShape shape = {ld, ld, ld, 0, 0, 0, o.size, o.size, o.size, 0, 1, 1.0f, 0.0f, 1, 0, nullptr, nullptr};
    const unsigned tm = unsigned(geometry[1]), tn = unsigned(geometry[2]), size = unsigned(o.size);
    const unsigned grid = ((size + tm - 1) / tm) * ((size + tn - 1) / tn);
    const auto run = [&] {
        gpu.launch(function, grid, unsigned(geometry[0]), unsigned(geometry[4]), {&pa, &pb, &bias, &pc, &shape});
        gpu.synchronize();
    };
    const Time time = best(o.runs, run);
    std::vector<float> c(n * n);
    gpu.download(c.data(), pc, n * n * 4);
    double worst = 0;
    for (size_t sample = 0; sample < 64; ++sample) {
        const size_t i = sample * 7919 % n, j = sample * 104729 % n;
        double sum = 0;
        for (size_t k = 0; k < n; ++k) sum += double(a[i * n + k]) * double(transposed ? b[j * n + k] : b[k * n + j]);
        worst = std::max(worst, std::fabs(sum - c[i * n + j]));
    }
    if (!(worst < 1e-4 * double(n))) {
        std::fprintf(stderr, "%s: wrong by %g\n", entry.c_str(), worst);
        std::exit(1);
    }
    const double work = 2e-9 * double(n) * double(n) * double(n);
    rate(entry + " " + std::to_string(o.size), work, time, "GFLOP/s", peer.wall > 0 ? "OpenBLAS fp32" : nullptr, work, peer);
    for (CUdeviceptr p : {pa, pb, pc}) gpu.free(p);
}

void elementwise(Gpu& gpu, const Options& o, const std::string& entry, int arrays, size_t each) {
    const size_t count = size_t(1) << 24;
    const auto values = noise(count, 3);
    std::vector<CUdeviceptr> p;
    for (int i = 0; i < arrays; ++i) {
        p.push_back(gpu.allocate(count * each));
        gpu.upload(p.back(), values.data(), count * each);
    }
    CUmodule module = gpu.load(o.kernels + "/pointwise/activation.fatbin");
    CUfunction function = gpu.function(module, entry);
    const auto geometry = gpu.geometry(module, entry);
    int64_t n = int64_t(count);
    std::vector<void*> parameters;
    for (CUdeviceptr& address : p) parameters.push_back(&address);
    parameters.push_back(&n);
    const unsigned tile = unsigned(geometry[1]);
    const Time time = best(o.runs, [&] {
        gpu.launch(function, unsigned((count + tile - 1) / tile), unsigned(geometry[0]), 0, parameters);
        gpu.synchronize();
    });
    std::vector<char> from(count * 4, 1), to(count * 4);
    const Time copy = best(o.runs, [&] { std::memcpy(to.data(), from.data(), from.size()); });
    rate(entry, 1e-9 * double(arrays) * double(count * each), time, "GB/s", "memcpy", 2e-9 * double(from.size()), copy);
    for (CUdeviceptr address : p) gpu.free(address);
}

void launches(Gpu& gpu, const Options& o) {
    CUmodule module = gpu.load_text(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry nothing(.param .u64 p, .param .u32 n)\n{\n ret;\n}\n");
    CUfunction nothing = gpu.function(module, "nothing");
    uint64_t p = 0;
    uint32_t n = 0;
    constexpr int kLaunches = 10000;
    for (const unsigned blocks : {1u, 64u}) {
        const Time direct = best(o.runs, [&] {
            for (int i = 0; i < kLaunches; ++i) gpu.launch(nothing, blocks, 128, 0, {&p, &n});
        });
        std::printf("empty launch, blocks: %-3u                  %8.2f us\n", blocks, direct.wall / kLaunches * 1e6);
        CUgraphExec graph = gpu.capture([&](CUstream stream) {
            for (int i = 0; i < kLaunches; ++i) gpu.launch(nothing, blocks, 128, 0, {&p, &n}, stream);
        });
        const Time replayed = best(o.runs, [&] { gpu.replay(graph); });
        std::printf("the same in a replayed graph             %8.2f us\n", replayed.wall / kLaunches * 1e6);
    }
}

const char kHelp[] =
    "softcuda_bench [--library FILE] [--kernels DIR] [--size N] [--runs N] [--only bf16|tf32|f32|elementwise|launch]\n";

Options parse(int argc, char** argv) {
    Options o;
    for (int i = 1; i < argc; ++i) {
        const std::string key = argv[i];
        if (key == "--help") {
            std::fputs(kHelp, stdout);
            std::exit(0);
        }
        const char* value = i + 1 < argc ? argv[++i] : nullptr;
        if (value && key == "--library") o.library = value;
        else if (value && key == "--kernels") o.kernels = value;
        else if (value && key == "--only") o.only = value;
        else if (value && key == "--size" && std::atoi(value) > 0) o.size = std::atoi(value);
        else if (value && key == "--runs" && std::atoi(value) > 0) o.runs = std::atoi(value);
        else {
            std::fprintf(stderr, "%s: not understood\n%s", key.c_str(), kHelp);
            std::exit(2);
        }
    }
    return o;
}

}  // namespace

int main(int argc, char** argv) {
    const Options o = parse(argc, argv);
    Gpu gpu(o.library);
    std::printf("%s, %d threads\n", gpu.name().c_str(), gpu.multiprocessors());
    const auto wanted = [&](const char* part) { return o.only.empty() || o.only == part; };
    const Time peer = wanted("bf16") || wanted("tf32") || wanted("f32") ? openblas(o) : Time{0, 0};
    if (wanted("bf16")) gemm(gpu, o, "gemm_sm80", "gemm_sm80_bf16_128x128_nt", true, true, peer);
    if (wanted("bf16")) gemm(gpu, o, "gemm_sm80", "gemm_sm80_bf16_128x128_nn", true, false, peer);
    if (wanted("tf32")) gemm(gpu, o, "gemm_sm80", "gemm_sm80_f32_128x64_nn", false, false, peer);
    if (wanted("f32")) gemm(gpu, o, "gemm_simt", "gemm_simt_f32_128x64_nn", false, false, peer);
    if (wanted("elementwise")) {
        elementwise(gpu, o, "silu_forward_f32", 2, 4);
        elementwise(gpu, o, "silu_backward_f32", 3, 4);
        elementwise(gpu, o, "silu_forward_bf16", 2, 2);
    }
    if (wanted("launch")) launches(gpu, o);
    return 0;
}
