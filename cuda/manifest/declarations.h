// What a preprocessed .cu file declares: its kernels with their parameters, the traits of each (entry.cuh), and the
// structs that may be passed by value.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "source.h"

namespace manifest {

using Words = std::vector<std::string>;  // the spelling of a type, word by word

struct Variable {
    Words type;  // without attributes and restrict; ends with "*" where it is a pointer
    std::string name;
    long long count = 1;  // of an array
    std::string place;
};

struct Struct {
    std::string name;  // with its namespaces
    std::vector<Words> bases;
    std::vector<Variable> fields;
    std::string obstacle;  // why its layout is not understood; empty: it is
    std::string scope;
    std::string place;
};

struct Kernel {
    std::string name;
    std::vector<Variable> parameters;
    std::string scope;
    std::string place;
};

// ZOE_ENTRY: what chooses a kernel among those of its operation.
struct Traits {
    std::string operation, architecture;
    std::vector<std::pair<std::string, std::string>> values;
    std::string place;
};

struct Declarations {
    std::map<std::string, Struct> structs;  // by full name
    std::map<std::string, Words> aliases;   // full name to what it stands for
    std::vector<Kernel> kernels;            // in the order of the file
    std::map<std::string, Traits> traits;   // by kernel
};

Declarations parse(const Source& source);

}  // namespace manifest
