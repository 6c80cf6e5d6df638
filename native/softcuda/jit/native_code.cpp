#include <cstring>
#include <sys/mman.h>

#include "jit/chain.h"

namespace softcuda {

// Written first, then executable: never both at once.
std::shared_ptr<NativeCode> NativeCode::place(const std::vector<uint8_t>& code) {
    void* memory = mmap(nullptr, code.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    std::memcpy(memory, code.data(), code.size());
    if (mprotect(memory, code.size(), PROT_READ | PROT_EXEC) != 0) {
        munmap(memory, code.size());
        return nullptr;
    }
    return std::shared_ptr<NativeCode>(new NativeCode(static_cast<uint8_t*>(memory), code.size()));
}

NativeCode::~NativeCode() { munmap(memory_, size_); }

}  // namespace softcuda
