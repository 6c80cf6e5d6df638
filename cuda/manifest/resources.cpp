#include "resources.h"

#include <regex>
#include <sstream>

#include "source.h"

namespace manifest {

ResourceTable parse_resources(const std::string& log, const std::string& file) {
    static const std::regex compiling("Compiling entry function '([^']*)' for '([^']*)'");
    static const std::regex stack(
        "([0-9]+) bytes stack frame, ([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads");
    static const std::regex used("Used ([0-9]+) registers");
    static const std::regex barriers("used ([0-9]+) barriers"), shared("([0-9]+) bytes smem");
    static const std::regex ignored("\\(?C75[0-9][0-9]\\)?");

    ResourceTable table;
    Resources* now = nullptr;
    std::string entry, architecture;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);) {
        std::smatch m;
        if (std::regex_search(line, ignored)) throw Error(file + ": " + line);
        if (std::regex_search(line, m, compiling)) {
            entry = m[1], architecture = m[2];
            now = &table[entry][architecture];
        } else if (line.find("Function properties for ") != std::string::npos) {
            const std::string of = line.substr(line.find("Function properties for ") + 24);
            if (of.compare(0, entry.size(), entry) != 0) now = nullptr;  // of a function that an entry calls
        } else if (now == nullptr) {
            continue;
        } else if (std::regex_search(line, m, stack)) {
            now->local_bytes = std::stoll(m[1]);
            now->spill_bytes = std::stoll(m[2]) + std::stoll(m[3]);
            if (now->spill_bytes != 0)
                throw Error(file + ": kernel " + entry + " spills " + m[2].str() + " bytes of registers on "
                            + architecture);
        } else if (std::regex_search(line, m, used)) {
            now->registers = std::stoll(m[1]);
            if (std::regex_search(line, m, barriers)) now->barriers = std::stoll(m[1]);
            if (std::regex_search(line, m, shared)) now->shared_bytes = std::stoll(m[1]);
        }
    }
    return table;
}

}  // namespace manifest
