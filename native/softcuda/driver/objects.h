// What the handles stand for. Objects are shared: a handle, a graph or a running call each hold a reference.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "driver/api.h"
#include "driver/engine.h"
#include "driver/handles.h"

namespace softcuda::driver {

struct Capture;
struct GraphNode;

struct Context {
    uint64_t handle = 0;
    uint64_t id = 0;
    int device = 0;
    unsigned flags = 0;
    bool primary = false;
    std::atomic<int> fault{0};  // sticky: what every later call returns
    std::atomic<bool> destroyed{false};
    std::atomic<int> cacheConfig{0};
    std::atomic<int> sharedConfig{0};
    std::atomic<size_t> limits[7];

    std::mutex mutex;                                                      // guards the sets below
    std::unordered_set<uint64_t> memory;                                   // addresses of allocations
    std::unordered_set<uint64_t> modules, streams, events, graphs, execs;  // handles

    Context();
};

struct Function;

struct LoadedModule {
    uint64_t handle = 0;
    std::shared_ptr<Context> context;
    std::shared_ptr<Module> program;
    std::mutex mutex;
    std::unordered_map<std::string, uint64_t> functions;  // name -> handle, made on first request
};

struct Function {
    uint64_t handle = 0;
    uint64_t module = 0;
    std::shared_ptr<Context> context;
    std::shared_ptr<Module> program;  // keeps the code while the function runs
    const Kernel* kernel = nullptr;
    std::atomic<uint32_t> maxDynamicShared{0};
    std::atomic<int> carveout{-1};
    std::atomic<int> nonPortableCluster{0};
};

// Work runs where it is submitted, in the order of the calls, and is done when the call returns. A stream therefore needs
// no queue: it is a name, and the place where a capture is in progress.
struct Stream {
    uint64_t handle = 0;
    uint64_t id = 0;
    std::shared_ptr<Context> context;
    unsigned flags = 0;  // 1: does not synchronise with the legacy stream
    int priority = 0;
    std::shared_ptr<Capture> capture;                  // this and the next: guarded by capture_mutex()
    std::vector<std::shared_ptr<GraphNode>> frontier;  // what the next captured work depends on
};

struct Event {
    uint64_t handle = 0;
    std::shared_ptr<Context> context;
    unsigned flags = 0;
    std::mutex mutex;
    bool recorded = false;
    std::chrono::steady_clock::time_point time;
    std::shared_ptr<Capture> capture;  // in which it was last recorded, and behind what: guarded by capture_mutex()
    std::vector<std::shared_ptr<GraphNode>> frontier;
};

struct Pool {
    uint64_t handle = 0;
    std::atomic<uint64_t> releaseThreshold{0};
    std::atomic<int> reuse[3] = {{1}, {1}, {1}};
};

// ---- handles of each kind ----------------------------------------------------------------------------------------------

template <class T> struct KindOf;
template <> struct KindOf<Context> { static constexpr Kind value = Kind::Context; };
template <> struct KindOf<LoadedModule> { static constexpr Kind value = Kind::Module; };
template <> struct KindOf<Function> { static constexpr Kind value = Kind::Function; };
template <> struct KindOf<Stream> { static constexpr Kind value = Kind::Stream; };
template <> struct KindOf<Event> { static constexpr Kind value = Kind::Event; };
template <> struct KindOf<Pool> { static constexpr Kind value = Kind::Pool; };

template <class T, class Opaque> std::shared_ptr<T> find(Opaque* handle) {
    return std::static_pointer_cast<T>(Handles::table().find(KindOf<T>::value, reinterpret_cast<uint64_t>(handle)));
}
template <class T> std::shared_ptr<T> find(uint64_t handle) {
    return std::static_pointer_cast<T>(Handles::table().find(KindOf<T>::value, handle));
}
template <class T> uint64_t publish(const std::shared_ptr<T>& object) {
    return object->handle = Handles::table().add(KindOf<T>::value, object);
}
template <class T, class Opaque> std::shared_ptr<T> retire(Opaque* handle) {
    return std::static_pointer_cast<T>(Handles::table().remove(KindOf<T>::value, reinterpret_cast<uint64_t>(handle)));
}
template <class T> std::shared_ptr<T> retire(uint64_t handle) {
    return std::static_pointer_cast<T>(Handles::table().remove(KindOf<T>::value, handle));
}

}  // namespace softcuda::driver
