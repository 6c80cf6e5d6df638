// Joins what a .cu file declares with what the compiler made of it, checks the one against the other, and writes both
// as JSON for the host side to bind and to choose by.
#pragma once
#include <string>
#include <vector>

#include "declarations.h"
#include "ptx.h"
#include "resources.h"
#include "types.h"

namespace manifest {

struct Parameter {
    std::string name, type;
    long long offset, bytes, align;
    std::vector<Member> fields;  // of a struct, its bases and members flattened
};

struct Entry {
    std::string name;
    Traits traits;
    std::vector<int> geometry;  // threads, tile m, n, k, dynamic shared bytes; empty: none
    int stages, cluster;
    long long shared_bytes;
    std::vector<Parameter> parameters;
    std::map<std::string, Resources> resources;
};

// Throws Error where source and PTX do not fit together.
std::vector<Entry> join(const Declarations& declarations, const std::vector<Ptx>& ptx, const ResourceTable& resources);

std::string to_json(const std::string& module, const std::vector<Entry>& entries);

// What a module has, for the index: a line for each entry of operation, tab, what chooses it.
std::string to_lines(const std::vector<Entry>& entries);

// The modules of each operation. Throws Error where two entries cannot be told apart.
std::string index_json(const std::vector<std::pair<std::string, std::string>>& lines_of_modules);

}  // namespace manifest
