// The instruction sources of the levels once more, at the base level and with SOFTCUDA_CHECKED: see mem/access.h.
#include "check/forms.h"

#define SOFTCUDA_LEVEL checked
#define SOFTCUDA_CHECKED 1
#include "isa/warp.cpp"
#undef SAME
#include "matrix/ldmatrix.cpp"
#include "mem/address_forms.cpp"
#include "mem/atom_forms.cpp"
#include "mem/cp_async_forms.cpp"
#undef SAME
#include "mem/ld_forms.cpp"
#include "mem/st_forms.cpp"

namespace softcuda {

void add_checked_forms(FormSink& sink) {
    checked::add_cp_async_forms(sink);
    checked::add_warp_forms(sink);
    checked::add_ldmatrix_forms(sink);
    checked::add_address_forms(sink);
    checked::add_atom_forms(sink);
    checked::add_ld_forms(sink);
    checked::add_st_forms(sink);
}

}  // namespace softcuda
