// Sizes and alignments of the types that a kernel may take, by the rules of the CUDA ABI.
#pragma once
#include <string>
#include <vector>

#include "declarations.h"

namespace manifest {

struct Member {
    std::string name, type;
    long long offset, bytes, count;
};

struct Layout {
    std::string type;  // as the manifest spells it
    long long bytes, align;
    std::vector<Member> members;  // of a struct
    bool opaque = false;          // of the toolkit, which may align it to a multiple of `align`
};

// Of a type as spelled in `scope`. `place` goes into the error for a type that is not known.
Layout layout_of(const Words& type, const std::string& scope, const Declarations& declarations,
                 const std::string& place);

}  // namespace manifest
