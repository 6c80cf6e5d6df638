// What `ptxas -v` reports of each entry and architecture.
#pragma once
#include <map>
#include <string>

namespace manifest {

struct Resources {
    long long registers = 0, spill_bytes = 0, local_bytes = 0, shared_bytes = 0, barriers = 0;
};

using ResourceTable = std::map<std::string, std::map<std::string, Resources>>;  // entry, architecture

// Fails on a register spill, and on what ptxas says in warnings C75xx (wgmma serialised, setmaxnreg ignored): both are
// faults of speed that no test on a CPU would show.
ResourceTable parse_resources(const std::string& log, const std::string& file);

}  // namespace manifest
