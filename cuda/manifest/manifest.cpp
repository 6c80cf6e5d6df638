#include "manifest.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace manifest {

namespace {

std::string quoted(const std::string& s) {
    std::string out = "\"";
    for (const char c : s) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

template <class List, class Write> std::string separated(const List& list, Write write) {
    std::string out;
    for (const auto& item : list) out += (out.empty() ? "" : ",") + write(item);
    return out;
}

// The PTX whose code an entry of this architecture runs: the newest for sm90, the one for all devices otherwise.
const Ptx* ptx_of(const std::vector<Ptx>& all, const Kernel& kernel, const std::string& architecture) {
    const Ptx* best = nullptr;
    for (const Ptx& p : all) {
        if (p.entries.count(kernel.name) == 0) continue;
        if (best == nullptr || (architecture == "sm90") == (p.target > best->target)) best = &p;
    }
    return best;
}

std::vector<Parameter> parameters(const Kernel& kernel, const PtxEntry& ptx, const Declarations& declarations) {
    if (kernel.parameters.size() != ptx.parameters.size())
        throw Error(kernel.place + ": " + kernel.name + " has " + std::to_string(kernel.parameters.size())
                    + " parameters, its PTX " + std::to_string(ptx.parameters.size()));
    std::vector<Parameter> out;
    std::set<std::string> names;
    long long offset = 0;
    for (size_t i = 0; i < kernel.parameters.size(); ++i) {
        const Variable& v = kernel.parameters[i];
        const PtxParameter& p = ptx.parameters[i];
        const Layout layout = layout_of(v.type, kernel.scope, declarations, v.place);
        const bool aligned = layout.opaque ? p.align % layout.align == 0 : p.align == layout.align;
        if (layout.bytes != p.bytes || !aligned)
            throw Error(v.place + ": parameter '" + v.name + "' of " + kernel.name + ", a " + layout.type + ", has "
                        + std::to_string(layout.bytes) + " bytes aligned to " + std::to_string(layout.align)
                        + " by its declaration, but " + std::to_string(p.bytes) + " aligned to "
                        + std::to_string(p.align) + " in PTX");
        if (!names.insert(v.name).second)
            throw Error(v.place + ": " + kernel.name + " has two parameters named '" + v.name + "'");
        offset = (offset + p.align - 1) / p.align * p.align;
        out.push_back({v.name, layout.type, offset, p.bytes, p.align, layout.members});
        offset += p.bytes;
    }
    return out;
}

void check(const Traits& traits, const std::string& kernel) {
    static const std::set<std::string> architectures{"simt", "sm80", "sm90"};
    if (architectures.count(traits.architecture) == 0)
        throw Error(traits.place + ": architecture '" + traits.architecture + "' of " + kernel
                    + ", expected simt, sm80 or sm90");
    if (traits.operation.empty()) throw Error(traits.place + ": " + kernel + " belongs to no operation");
}

// Two witnesses for the static shared memory: the declarations in PTX, and what ptxas laid out from the same PTX.
void check(const Entry& entry, const std::string& place) {
    for (const auto& r : entry.resources)
        if (r.second.shared_bytes != entry.shared_bytes)
            throw Error(place + ": " + entry.name + " has " + std::to_string(entry.shared_bytes)
                        + " bytes of static shared memory in PTX, " + std::to_string(r.second.shared_bytes) + " on "
                        + r.first);
}

// What tells an entry from the others of its operation.
std::string choice(const Traits& traits) {
    auto values = traits.values;
    std::sort(values.begin(), values.end());
    std::string out = traits.architecture;
    for (const auto& v : values) out += " " + v.first + "=" + v.second;
    return out;
}

std::string json(const Member& f) {
    return "{\"name\":" + quoted(f.name) + ",\"type\":" + quoted(f.type) + ",\"offset\":" + std::to_string(f.offset)
           + ",\"bytes\":" + std::to_string(f.bytes) + (f.count > 1 ? ",\"count\":" + std::to_string(f.count) : "")
           + "}";
}

std::string json(const Parameter& p) {
    std::string out = "{\"name\":" + quoted(p.name) + ",\"type\":" + quoted(p.type)
                      + ",\"offset\":" + std::to_string(p.offset) + ",\"bytes\":" + std::to_string(p.bytes)
                      + ",\"align\":" + std::to_string(p.align);
    if (!p.fields.empty()) out += ",\"fields\":[" + separated(p.fields, [](const Member& f) { return json(f); }) + "]";
    return out + "}";
}

std::string json(const Resources& r) {
    return "{\"registers\":" + std::to_string(r.registers) + ",\"spillBytes\":" + std::to_string(r.spill_bytes)
           + ",\"localBytes\":" + std::to_string(r.local_bytes)
           + ",\"staticSharedBytes\":" + std::to_string(r.shared_bytes) + "}";
}

std::string json(const Entry& e) {
    std::string out =
        "  {\"name\":" + quoted(e.name) + ",\"operation\":" + quoted(e.traits.operation)
        + ",\"architecture\":" + quoted(e.traits.architecture) + ",\"traits\":{"
        + separated(e.traits.values, [](const auto& v) { return quoted(v.first) + ":" + quoted(v.second); }) + "}";
    if (!e.geometry.empty())
        out += ",\"threads\":" + std::to_string(e.geometry[0]) + ",\"tile\":[" + std::to_string(e.geometry[1]) + ","
               + std::to_string(e.geometry[2]) + "," + std::to_string(e.geometry[3])
               + "],\"stages\":" + std::to_string(e.stages) + ",\"cluster\":" + std::to_string(e.cluster)
               + ",\"dynamicSharedBytes\":" + std::to_string(e.geometry[4]);
    out += ",\"staticSharedBytes\":" + std::to_string(e.shared_bytes);
    out += ",\n   \"parameters\":[" + separated(e.parameters, [](const Parameter& p) { return json(p); }) + "]";
    out += ",\n   \"resources\":{"
           + separated(e.resources, [](const auto& r) { return quoted(r.first) + ":" + json(r.second); }) + "}}";
    return out;
}

}  // namespace

std::vector<Entry> join(const Declarations& declarations, const std::vector<Ptx>& ptx, const ResourceTable& resources) {
    std::vector<Entry> entries;
    std::set<std::string> names;
    for (const Kernel& kernel : declarations.kernels) {
        names.insert(kernel.name);
        const auto traits = declarations.traits.find(kernel.name);
        if (traits == declarations.traits.end())
            throw Error(kernel.place + ": kernel " + kernel.name + " says neither operation nor architecture: put a "
                        "ZOE_GEOMETRY, or a ZOE_ENTRY where it has no geometry, before it");
        check(traits->second, kernel.name);
        const Ptx* code = ptx_of(ptx, kernel, traits->second.architecture);
        if (code == nullptr)
            throw Error(kernel.place + ": kernel " + kernel.name + " is in no PTX; is it extern \"C\"?");

        Entry entry{kernel.name, traits->second, {}, 1, 1, 0, {}, {}};
        const PtxEntry& compiled = code->entries.at(kernel.name);
        entry.parameters = parameters(kernel, compiled, declarations);
        entry.shared_bytes = compiled.shared_bytes;
        const auto geometry = code->constants.find(kernel.name + "_geometry");
        if (geometry != code->constants.end()) {
            if (geometry->second.size() != 5)
                throw Error(kernel.place + ": " + geometry->first + " has not five integers");
            entry.geometry = geometry->second;
        }
        const auto pipeline = code->constants.find(kernel.name + "_pipeline");
        if (pipeline != code->constants.end()) {
            if (pipeline->second.size() != 2)
                throw Error(kernel.place + ": " + pipeline->first + " has not two integers");
            entry.stages = pipeline->second[0], entry.cluster = pipeline->second[1];
        }
        const auto used = resources.find(kernel.name);
        if (used != resources.end()) entry.resources = used->second;
        check(entry, kernel.place);
        entries.push_back(entry);
    }
    for (const auto& t : declarations.traits)
        if (names.count(t.first) == 0)
            throw Error(t.second.place + ": traits of " + t.first + ", which is no kernel of this file");
    for (const Ptx& p : ptx)
        for (const auto& e : p.entries)
            if (names.count(e.first) == 0)
                throw Error(p.target + ": the PTX has a kernel " + e.first + " that the source does not declare");
    return entries;
}

std::string to_json(const std::string& module, const std::vector<Entry>& entries) {
    std::string out = "{\"module\":" + quoted(module) + ",\"entries\":[\n";
    for (size_t i = 0; i < entries.size(); ++i) out += json(entries[i]) + (i + 1 < entries.size() ? ",\n" : "\n");
    return out + "]}\n";
}

std::string to_lines(const std::vector<Entry>& entries) {
    std::string out;
    for (const Entry& e : entries) out += e.name + "\t" + e.traits.operation + "\t" + choice(e.traits) + "\n";
    return out;
}

std::string index_json(const std::vector<std::pair<std::string, std::string>>& lines_of_modules) {
    std::map<std::string, std::vector<std::string>> operations;
    std::map<std::string, std::string> names, choices;
    for (const auto& module : lines_of_modules) {
        std::istringstream in(module.second);
        for (std::string line; std::getline(in, line);) {
            const size_t first = line.find('\t'), second = line.find('\t', first + 1);
            const std::string name = line.substr(0, first), operation = line.substr(first + 1, second - first - 1);
            const auto named = names.emplace(name, module.first);
            if (!named.second)
                throw Error("entry " + name + " is both in " + named.first->second + " and in " + module.first);
            const auto chosen = choices.emplace(line.substr(first + 1), name);
            if (!chosen.second)
                throw Error("entries " + chosen.first->second + " and " + name + " (" + module.first + ") of operation "
                            + operation + " have the same traits, " + line.substr(second + 1)
                            + ": nothing tells which to choose");
            auto& modules = operations[operation];
            if (modules.empty() || modules.back() != module.first) modules.push_back(module.first);
        }
    }
    std::string out = "{\"operations\":{\n";
    for (auto o = operations.begin(); o != operations.end(); ++o)
        out += "  " + quoted(o->first) + ":[" + separated(o->second, quoted) + "]"
               + (std::next(o) == operations.end() ? "\n" : ",\n");
    return out + "},\n\"modules\":[" + separated(lines_of_modules, [](const auto& m) { return quoted(m.first); })
           + "]}\n";
}

}  // namespace manifest
