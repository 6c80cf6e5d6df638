// Names of forms put together at run time.
#pragma once
#include <deque>
#include <string>

namespace softcuda {

// A copy of `name` that stays where it is as long as the process runs. Under the lock of the form tables.
inline const char* lasting(const std::string& name) {
    static std::deque<std::string> all;
    all.push_back(name);
    return all.back().c_str();
}

}  // namespace softcuda
