// The memory instructions as checked mode runs them: the same sources as each level's, compiled once with the checkers'
// hooks in them. Their names end in "!checked" (exec/code.h).
#pragma once
#include "exec/code.h"

namespace softcuda {

void add_checked_forms(FormSink& sink);

}  // namespace softcuda
