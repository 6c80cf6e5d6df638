// Handles given to the program are numbers, not pointers: kind, generation and slot. A handle that was never made, was
// destroyed, or is of another kind is recognised without touching memory, so a wrong one is an error code, never a crash.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace softcuda::driver {

enum class Kind : uint8_t { None, Context, Module, Function, Stream, Event, Graph, GraphNode, GraphExec, Pool };

class Handles {
public:
    // The process's table. It is never destroyed: calls may come from threads that outlive static destruction.
    static Handles& table();

    uint64_t add(Kind kind, std::shared_ptr<void> object);

    // The object, or null when `handle` is not a live handle of this kind. The caller's reference keeps the object alive
    // even when another thread destroys the handle meanwhile.
    std::shared_ptr<void> find(Kind kind, uint64_t handle);

    // Makes the handle invalid and returns its object; null when it was not live.
    std::shared_ptr<void> remove(Kind kind, uint64_t handle);

private:
    struct Slot {
        std::shared_ptr<void> object;
        Kind kind = Kind::None;
        uint16_t generation = 0;
    };
    Slot* locate(Kind kind, uint64_t handle);

    std::mutex mutex_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
};

}  // namespace softcuda::driver
