// What PTX says of its entries: the sizes of their parameters, their static shared memory, and the constants that
// ZOE_GEOMETRY put beside them.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace manifest {

struct PtxParameter {
    long long bytes, align;
};

struct PtxEntry {
    std::vector<PtxParameter> parameters;
    long long shared_bytes = 0;  // static, its own and that of the functions it calls
};

struct Ptx {
    std::string target;  // such as sm_80
    std::map<std::string, PtxEntry> entries;
    std::map<std::string, std::vector<int>> constants;  // arrays of int in constant memory
};

Ptx parse_ptx(const std::string& text, const std::string& file);

}  // namespace manifest
