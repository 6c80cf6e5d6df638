// The frame of every API call: initialisation, the calling thread's current context, its sticky fault, and no exception
// across the C boundary.
#pragma once
#include <new>

#include "driver/objects.h"

namespace softcuda::driver {

// Whether cuInit was called.
bool initialised();

// The calling thread's current context; null when there is none.
const std::shared_ptr<Context>& current_context();

// CUDA_SUCCESS when calls may go on in the current context, else the reason why not.
CUresult check_context();

// Runs `body`, which returns a CUresult; exceptions become error codes.
template <class Body> CUresult guarded(Body&& body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc&) { return CUDA_ERROR_OUT_OF_MEMORY; } catch (...) {
        return CUDA_ERROR_UNKNOWN;
    }
}

// As guarded(), for calls that need cuInit.
template <class Body> CUresult call(Body&& body) noexcept {
    return guarded([&]() -> CUresult { return initialised() ? body() : CUDA_ERROR_NOT_INITIALIZED; });
}

// As call(), for calls that need a usable current context, which is passed to `body`.
template <class Body> CUresult in_context(Body&& body) noexcept {
    return guarded([&]() -> CUresult {
        if (CUresult error = check_context()) return error;
        return body(current_context());
    });
}

}  // namespace softcuda::driver
