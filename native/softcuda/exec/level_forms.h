// What each level's files export: all their forms. A level has a namespace of its own (CMake's SOFTCUDA_LEVEL).
#pragma once
#include "exec/code.h"

namespace softcuda {

namespace scalar {
void add_all_forms(FormSink& sink);
}
namespace avx2 {
void add_all_forms(FormSink& sink);
}
namespace avx512 {
void add_all_forms(FormSink& sink);
}
namespace avx512bf16 {
void add_all_forms(FormSink& sink);
}

}  // namespace softcuda
