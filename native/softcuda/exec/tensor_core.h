// How tensor cores round: which model of their sums matrix products follow.
#pragma once

namespace softcuda {

// Exact: products enter a float one at a time by fused multiply-add (matrix/fragment.h), the quickest here. A100, H100: blocks
// of products are summed in fixed point with truncation, as measured on those (matrix/tensor_core.cpp).
enum class TensorCore { Exact, A100, H100 };

// A form whose name ends in "!model" takes the place of the plain one unless the model is Exact.
//
// ZOETROPE_TENSOR_CORE (exact, a100, h100), exact by default. Modules loaded later follow what is set here.
TensorCore tensor_core();
void set_tensor_core(TensorCore model);

}  // namespace softcuda
