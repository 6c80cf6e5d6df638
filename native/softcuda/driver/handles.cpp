#include "driver/handles.h"

#include <utility>

namespace softcuda::driver {

namespace {

// Bit 44 set, so that no handle is a small number; then kind, generation, slot.
constexpr uint64_t kMark = 1ull << 44;
constexpr int kKindShift = 40;
constexpr int kGenerationShift = 24;
constexpr uint64_t kSlotMask = (1ull << kGenerationShift) - 1;

}  // namespace

Handles& Handles::table() {
    static Handles* const handles = new Handles;
    return *handles;
}

uint64_t Handles::add(Kind kind, std::shared_ptr<void> object) {
    std::lock_guard<std::mutex> lock(mutex_);
    uint32_t index;
    if (!free_.empty()) {
        index = free_.back();
        free_.pop_back();
    } else {
        if (slots_.size() > kSlotMask) throw std::bad_alloc();
        index = uint32_t(slots_.size());
        slots_.emplace_back();
    }
    Slot& slot = slots_[index];
    slot.object = std::move(object);
    slot.kind = kind;
    return kMark | uint64_t(kind) << kKindShift | uint64_t(slot.generation) << kGenerationShift | index;
}

Handles::Slot* Handles::locate(Kind kind, uint64_t handle) {
    const uint64_t index = handle & kSlotMask;
    if (handle >> kKindShift != (kMark >> kKindShift | uint64_t(kind)) || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.kind == kind && slot.generation == uint16_t(handle >> kGenerationShift) ? &slot : nullptr;
}

std::shared_ptr<void> Handles::find(Kind kind, uint64_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    const Slot* slot = locate(kind, handle);
    return slot ? slot->object : nullptr;
}

std::shared_ptr<void> Handles::remove(Kind kind, uint64_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    Slot* slot = locate(kind, handle);
    if (!slot) return nullptr;
    slot->kind = Kind::None;
    ++slot->generation;
    free_.push_back(uint32_t(slot - slots_.data()));
    return std::exchange(slot->object, nullptr);
}

}  // namespace softcuda::driver
