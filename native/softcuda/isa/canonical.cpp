#include "isa/canonical.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace softcuda {

namespace {

using Words = std::vector<std::string_view>;

Words split(std::string_view text) {
    Words words;
    for (;;) {
        size_t dot = text.find('.');
        words.push_back(text.substr(0, dot));
        if (dot == std::string_view::npos) return words;
        text.remove_prefix(dot + 1);
    }
}

std::string join(const Words& words) {
    std::string text;
    for (std::string_view word : words) {
        if (!text.empty()) text += '.';
        text += word;
    }
    return text;
}

bool among(std::string_view word, std::initializer_list<std::string_view> set) {
    return std::find(set.begin(), set.end(), word) != set.end();
}

bool begins(std::string_view word, std::string_view head) { return word.substr(0, head.size()) == head; }

// Orderings, scopes and cache operators. The machine runs every access in program order on coherent memory, and makes
// every atomic operation sequentially consistent, so that each of them asks for less than it gets. L2::cache_hint is not
// among them: it takes a further operand.
bool is_access_modifier(std::string_view word) {
    return among(word, {"weak", "strong", "relaxed", "acquire", "release", "acq_rel", "volatile", "mmio",
                        "nc",   "cta",    "cluster", "gpu",     "sys",     "ca",      "cg",       "cs",
                        "lu",   "cv",     "wb",      "wt",      "unified", "coherent"})
           || begins(word, "L1::") || begins(word, "level::")
           || among(word, {"L2::64B", "L2::128B", "L2::256B", "L2::evict_last", "L2::evict_normal", "L2::evict_first"});
}

// The constant bank lives in device memory; the qualified forms of shared and param name the space that the plain ones
// mean by default.
std::string_view space(std::string_view word) {
    if (word == "const") return "global";
    if (word == "shared::cta") return "shared";
    if (word == "param::entry" || word == "param::func") return "param";
    return word;
}

std::string_view width_type(std::string_view type) {
    if (among(type, {"u8", "s8", "b8"})) return "b8";
    if (among(type, {"u16", "s16", "f16", "bf16", "b16"})) return "b16";
    if (among(type, {"u32", "s32", "f32", "f16x2", "bf16x2", "b32"})) return "b32";
    if (among(type, {"u64", "s64", "f64", "b64"})) return "b64";
    return type;
}

// ld keeps the sign of types that may be extended into a wider register.
std::string_view load_type(std::string_view type) {
    return among(type, {"s8", "s16", "s32"}) ? type : width_type(type);
}

std::string access(const Words& words) {
    Words kept{words[0] == "ldu" ? std::string_view("ld") : words[0]};
    for (size_t i = 1; i < words.size(); ++i) {
        if (is_access_modifier(words[i])) continue;
        kept.push_back(i + 1 < words.size() ? space(words[i]) : words[i]);
    }
    kept.back() = kept[0] == "ld" ? load_type(kept.back()) : width_type(kept.back());
    return join(kept);
}

// Two's complement makes signed and unsigned addition one operation, and the bitwise ones care for the width alone.
std::string atomic(const Words& words) {
    Words kept{words[0]};
    std::string_view operation;
    for (size_t i = 1; i < words.size(); ++i) {
        if (is_access_modifier(words[i])) continue;
        if (among(words[i], {"add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"}))
            operation = words[i];
        kept.push_back(space(words[i]));
    }
    std::string_view& type = kept.back();
    if (among(operation, {"and", "or", "xor", "exch", "cas"})) type = width_type(type);
    else if (operation == "add" && type == "s32") type = "u32";
    else if (operation == "add" && type == "s64") type = "u64";
    return join(kept);
}

// bar.sync, barrier.sync.aligned and barrier.cta.sync are one operation where every lane of a warp is counted.
std::string barrier(const Words& words) {
    if (words.size() > 1 && words[1] == "warp") return join(words);
    // Arrivals release and waits acquire unless they say otherwise.
    if (words.size() > 1 && words[1] == "cluster") {
        Words kept;
        for (std::string_view word : words)
            if (!among(word, {"aligned", "release", "acquire"})) kept.push_back(word);
        return join(kept);
    }
    Words kept{"bar"};
    for (size_t i = 1; i < words.size(); ++i)
        if (!among(words[i], {"cta", "aligned"})) kept.push_back(words[i]);
    return join(kept);
}

std::string without_modifiers(const Words& words) {
    Words kept{words[0]};
    for (size_t i = 1; i < words.size(); ++i)
        if (!is_access_modifier(words[i])) kept.push_back(space(words[i]));
    return join(kept);
}

std::string spaces_only(const Words& words) {
    Words kept = words;
    for (std::string_view& word : kept) word = space(word);
    return join(kept);
}

// Bulk copies name the block's shared memory and the cluster's alike: an address of the one is one of the other. Tiles are
// what a tensor's copy is unless it says im2col.
std::string bulk(const Words& words) {
    Words kept{words[0]};
    for (size_t i = 1; i < words.size(); ++i) {
        if (is_access_modifier(words[i]) || words[i] == "tile") continue;
        kept.push_back(words[i] == "shared::cluster" ? std::string_view("shared") : space(words[i]));
    }
    return join(kept);
}

// st.async and red.async go to the cluster's shared memory, named or not.
std::string asynchronous_store(const Words& words) {
    Words kept{words[0]};
    for (size_t i = 1; i < words.size(); ++i)
        if (!is_access_modifier(words[i]) && words[i] != "shared::cluster") kept.push_back(words[i]);
    if (words[0] == "st") kept.back() = width_type(kept.back());
    return join(kept);
}

}  // namespace

std::string canonical_form(std::string_view opcode) {
    Words words = split(opcode);
    std::string_view op = words[0];
    if (words.size() == 1) return std::string(opcode);
    if (among(op, {"st", "red"}) && words[1] == "async") return asynchronous_store(words);
    if (among(op, {"ld", "ldu", "st"})) return access(words);
    if (among(op, {"atom", "red"})) return atomic(words);
    if (among(op, {"bar", "barrier"})) return barrier(words);
    if (among(op, {"mov", "selp"})) {
        words.back() = width_type(words.back());
        return join(words);
    }
    if (op == "membar" || (op == "fence" && words[1] != "proxy" && words[1] != "mbarrier_init")) return "membar";
    if ((op == "prefetch" || op == "prefetchu") && words[1] != "tensormap") return "prefetch";
    if (among(op, {"cvta", "ldmatrix", "stmatrix"})) return spaces_only(words);
    if (op == "isspacep") {
        words[1] = words[1] == "const" ? words[1] : space(words[1]);
        return join(words);
    }
    if (op == "cp" && words.size() > 3 && (words[2] == "bulk" || words[3] == "bulk")) return bulk(words);
    if (op == "mbarrier" || (op == "cp" && words[1] == "async" && words.size() > 3)) return without_modifiers(words);
    return std::string(opcode);
}

}  // namespace softcuda
