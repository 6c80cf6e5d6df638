#include "exec/tensor_core.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace softcuda {
namespace {

TensorCore from_environment() {
    const char* text = std::getenv("ZOETROPE_TENSOR_CORE");
    if (!text || !*text || !std::strcmp(text, "exact")) return TensorCore::Exact;
    if (!std::strcmp(text, "a100")) return TensorCore::A100;
    if (!std::strcmp(text, "h100")) return TensorCore::H100;
    std::fprintf(stderr, "softcuda: ZOETROPE_TENSOR_CORE=%s is unknown; known are exact, a100, h100; using exact\n",
                 text);
    return TensorCore::Exact;
}

std::atomic<TensorCore>& model_in_use() {
    static std::atomic<TensorCore> model{from_environment()};
    return model;
}

}  // namespace

TensorCore tensor_core() { return model_in_use(); }
void set_tensor_core(TensorCore model) { model_in_use() = model; }

}  // namespace softcuda
