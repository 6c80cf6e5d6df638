#include "check/options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace softcuda {

namespace {

CheckOptions read_environment() {
    CheckOptions options;
    std::string error;
    const char* text = std::getenv("ZOETROPE_CHECK");
    if (!parse_check_options(text == nullptr ? "" : text, options, error)) {
        std::fprintf(stderr, "softcuda: ZOETROPE_CHECK: %s; all checks are on\n", error.c_str());
        options.memory = options.race = options.init = options.sync = true;
    }
    if (const char* seed = std::getenv("ZOETROPE_SEED")) options.seed = std::strtoull(seed, nullptr, 0);
    return options;
}

CheckOptions& options_in_force() {
    static CheckOptions options = read_environment();
    return options;
}

}  // namespace

bool parse_check_options(const char* text, CheckOptions& options, std::string& error) {
    CheckOptions parsed = options;
    parsed.memory = parsed.race = parsed.init = parsed.sync = false;
    while (*text != '\0') {
        size_t length = std::strcspn(text, ",");
        std::string word(text, length);
        if (word == "memory") parsed.memory = true;
        else if (word == "race") parsed.race = true;
        else if (word == "init") parsed.init = true;
        else if (word == "sync") parsed.sync = true;
        else if (word == "all") parsed.memory = parsed.race = parsed.init = parsed.sync = true;
        else if (!word.empty()) {
            error = "unknown check '" + word + "', expected memory, race, init, sync or all, separated by commas";
            return false;
        }
        text += length;
        if (*text == ',') ++text;
    }
    options = parsed;
    return true;
}

const CheckOptions& check_options() { return options_in_force(); }
void set_check_options(const CheckOptions& options) { options_in_force() = options; }

}  // namespace softcuda
