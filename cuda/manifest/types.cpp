#include "types.h"

#include <algorithm>

namespace manifest {

namespace {

struct Scalar {
    const char* name;  // canonical: what differs between machines (long) has one spelling here
    long long bytes;
};

const std::map<std::string, Scalar>& scalars() {
    static const std::map<std::string, Scalar> table{
        {"bool", {"bool", 1}},
        {"char", {"char", 1}},
        {"signed char", {"char", 1}},
        {"int8_t", {"char", 1}},
        {"unsigned char", {"unsigned char", 1}},
        {"uint8_t", {"unsigned char", 1}},
        {"short", {"short", 2}},
        {"int16_t", {"short", 2}},
        {"unsigned short", {"unsigned short", 2}},
        {"uint16_t", {"unsigned short", 2}},
        {"int", {"int", 4}},
        {"signed", {"int", 4}},
        {"signed int", {"int", 4}},
        {"int32_t", {"int", 4}},
        {"unsigned", {"unsigned int", 4}},
        {"unsigned int", {"unsigned int", 4}},
        {"uint32_t", {"unsigned int", 4}},
        {"long", {"long long", 8}},
        {"long int", {"long long", 8}},
        {"long long", {"long long", 8}},
        {"long long int", {"long long", 8}},
        {"int64_t", {"long long", 8}},
        {"unsigned long", {"unsigned long long", 8}},
        {"unsigned long long", {"unsigned long long", 8}},
        {"uint64_t", {"unsigned long long", 8}},
        {"size_t", {"unsigned long long", 8}},
        {"float", {"float", 4}},
        {"double", {"double", 8}},
        {"__nv_bfloat16", {"bf16", 2}},
        {"__half", {"f16", 2}},
        {"void", {"void", 0}},
    };
    return table;
}

// Structs of the toolkit that pass as they are: their members are the driver's business. The alignment is the least that
// the driver asks for: the header of toolkit 13 declares twice as much.
const std::map<std::string, std::pair<long long, long long>>& opaque() {
    static const std::map<std::string, std::pair<long long, long long>> table{{"CUtensorMap", {128, 64}}};
    return table;
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& w : words) text += (text.empty() || w == "::" || text.back() == ':' ? "" : " ") + w;
    return text;
}

// `name` as seen from `scope`: from the innermost namespace outwards.
template <class Table>
const typename Table::mapped_type* find(const Table& table, std::string scope, const std::string& name) {
    for (;;) {
        const auto found = table.find(scope.empty() ? name : scope + "::" + name);
        if (found != table.end()) return &found->second;
        if (scope.empty()) return nullptr;
        const size_t cut = scope.rfind("::");
        scope = cut == std::string::npos ? "" : scope.substr(0, cut);
    }
}

long long up(long long value, long long align) { return (value + align - 1) / align * align; }

class Resolver {
public:
    Resolver(const Declarations& declarations, const std::string& place) : declarations_(declarations), place_(place) {}

    Layout of(Words type, const std::string& scope, int depth = 0) const {
        if (depth > 16) throw Error(place_ + ": type '" + joined(type) + "' refers to itself");
        bool constant = false;
        std::string stars;
        const bool pointer = std::find(type.begin(), type.end(), "*") != type.end();
        while (pointer && !type.empty()
               && (type.back() == "*" || (type.back() == "const" && type.size() > 1 && type[type.size() - 2] == "*"))) {
            if (type.back() == "*") stars += "*";
            type.pop_back();
        }
        Words plain;
        for (const std::string& w : type) {
            if (w == "const") constant = true;
            else if (w != "volatile" && w != "struct") plain.push_back(w);
        }
        const std::string name = joined(plain);
        if (!stars.empty()) return {(constant ? "const " : "") + pointee(name, plain, scope, depth) + stars, 8, 8, {}};
        return value(name, scope, depth);
    }

private:
    std::string pointee(const std::string& name, const Words& words, const std::string& scope, int depth) const {
        const auto scalar = scalars().find(name);
        if (scalar != scalars().end()) return scalar->second.name;
        if (const Words* alias = find(declarations_.aliases, scope, name))
            if (*alias != words) return of_pointee(*alias, scope, depth + 1);
        if (const Struct* s = find(declarations_.structs, scope, name)) return s->name;
        return name;
    }
    std::string of_pointee(const Words& words, const std::string& scope, int depth) const {
        if (depth > 16) return joined(words);
        return pointee(joined(words), words, scope, depth);
    }

    Layout value(const std::string& name, const std::string& scope, int depth) const {
        const auto scalar = scalars().find(name);
        if (scalar != scalars().end() && scalar->second.bytes > 0)
            return {scalar->second.name, scalar->second.bytes, scalar->second.bytes, {}};
        const auto known = opaque().find(name);
        if (known != opaque().end()) return {name, known->second.first, known->second.second, {}, true};
        if (const Struct* s = find(declarations_.structs, scope, name)) return of(*s, depth);
        if (const Words* alias = find(declarations_.aliases, scope, name))
            if (joined(*alias) != name) return of(*alias, scope, depth + 1);
        throw Error(place_ + ": type '" + name
                    + "' is not known: expected a pointer, a number or a struct of this project");
    }

    Layout of(const Struct& s, int depth) const {
        if (!s.obstacle.empty())
            throw Error(s.place + ": the layout of struct " + s.name
                        + ", which a kernel takes, is not understood: " + s.obstacle);
        Layout out{s.name, 0, 1, {}};
        for (const Words& base : s.bases) place(out, of(base, s.scope, depth + 1), "", 1);
        for (const Variable& f : s.fields) {
            const Resolver inner(declarations_, f.place);
            place(out, inner.of(f.type, s.name, depth + 1), f.name, f.count);
        }
        out.bytes = std::max(up(out.bytes, out.align), 1ll);
        return out;
    }

    // Appends a member, or the members of a base where `name` is empty.
    static void place(Layout& to, const Layout& member, const std::string& name, long long count) {
        const long long at = up(to.bytes, member.align);
        if (member.members.empty() && !name.empty())
            to.members.push_back({name, member.type, at, member.bytes * count, count});
        for (long long i = 0; i < count; ++i)
            for (const Member& m : member.members) {
                const std::string prefix =
                    name.empty() ? "" : name + (count > 1 ? "[" + std::to_string(i) + "]" : "") + ".";
                to.members.push_back({prefix + m.name, m.type, at + i * member.bytes + m.offset, m.bytes, m.count});
            }
        to.bytes = at + member.bytes * count;
        to.align = std::max(to.align, member.align);
    }

    const Declarations& declarations_;
    const std::string place_;
};

}  // namespace

Layout layout_of(const Words& type, const std::string& scope, const Declarations& declarations,
                 const std::string& place) {
    return Resolver(declarations, place).of(type, scope);
}

}  // namespace manifest
