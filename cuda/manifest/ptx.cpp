#include "ptx.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "source.h"

namespace manifest {

namespace {

using Words = std::vector<std::string>;

// The words of a statement: names with their dots, dollars and percents, numbers, single punctuation.
Words split(const std::string& text) {
    Words words;
    auto part = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '$' || c == '%';
    };
    for (size_t i = 0; i < text.size();) {
        size_t end = i + 1;
        if (part(text[i])) {
            while (end < text.size() && part(text[end])) ++end;
            words.push_back(text.substr(i, end - i));
        } else if (!std::isspace(static_cast<unsigned char>(text[i]))) {
            words.push_back(text.substr(i, 1));
        }
        i = end;
    }
    return words;
}

std::string without_comments(const std::string& text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "//") == 0) {
            while (i < text.size() && text[i] != '\n') ++i;
        } else if (text.compare(i, 2, "/*") == 0) {
            i = std::min(text.find("*/", i), text.size());
            if (i < text.size()) ++i;
            continue;
        }
        if (i < text.size()) out += text[i];
    }
    return out;
}

long long type_bytes(const std::string& type) {
    const size_t digit = type.find_first_of("0123456789");
    return digit == std::string::npos ? 0 : std::stoll(type.substr(digit)) / 8;
}

// `.align 4 .b8 name[20]` and `.u32 name`: a variable of any state space.
struct Declared {
    std::string name;
    long long element = 0, bytes = 0, align = 0;
};

Declared declared(const Words& words, size_t begin, size_t end) {
    Declared d;
    for (size_t i = begin; i < end && words[i] != "="; ++i) {
        const std::string& w = words[i];
        if (w == ".align") {
            d.align = std::stoll(words[++i]);
        } else if (w == ".ptr") {  // `.u64 .ptr .global .align 1 name`: the alignment of what it points to
            while (i + 1 < end && words[i + 1][0] == '.') {
                ++i;
                if (words[i] == ".align") ++i;
            }
        } else if (w == "[") {
            d.bytes *= words[i + 1] == "]" ? 0 : std::stoll(words[i + 1]);
            while (words[i] != "]") ++i;
        } else if (w[0] == '.' && w.size() > 1 && std::string("busf").find(w[1]) != std::string::npos
                   && type_bytes(w) > 0) {
            d.element = d.bytes = type_bytes(w);
        } else if (w[0] != '.' && w != ",") {
            d.name = w;
        }
    }
    if (d.align == 0) d.align = d.element;
    return d;
}

std::vector<int> values(const Words& words, const Declared& d) {
    std::vector<int> out(static_cast<size_t>(d.bytes) / 4, 0);
    const auto open = std::find(words.begin(), words.end(), "{");
    if (d.bytes % 4 != 0 || open == words.end()) return out;
    std::vector<long long> listed;
    for (auto w = open + 1; w != words.end() && *w != "}"; ++w) {
        const bool minus = *w == "-";
        if (minus) ++w;
        if (*w == ",") continue;
        if (!std::isdigit(static_cast<unsigned char>((*w)[0]))) return out;  // addresses: no geometry
        listed.push_back(minus ? -std::stoll(*w) : std::stoll(*w));
    }
    for (size_t i = 0; i < listed.size(); ++i) {
        const size_t at = i * static_cast<size_t>(d.element), word = at / 4;
        if (word >= out.size()) break;
        const unsigned bits =
            d.element == 1 ? (static_cast<unsigned>(listed[i]) & 255u) << at % 4 * 8 : static_cast<unsigned>(listed[i]);
        out[word] = static_cast<int>(static_cast<unsigned>(out[word]) | bits);
    }
    return out;
}

struct Body {
    std::set<std::string> names;  // all words in it: what it may call or touch
    std::vector<Declared> shared;
};

class Reader {
public:
    Reader(const std::string& text, const std::string& file) : text_(without_comments(text)), file_(file) {}

    Ptx run() {
        for (size_t at = 0; at < text_.size();) at = statement(at);
        if (out_.target.empty()) throw Error(file_ + ": no .target, this is not PTX");
        for (auto& entry : out_.entries) entry.second.shared_bytes = shared_bytes(entry.first);
        return out_;
    }

private:
    // From one ';' or body to the next, at module scope.
    size_t statement(size_t at) {
        at = text_.find_first_not_of(" \t\r\n", at);
        if (at == std::string::npos) return text_.size();
        for (const char* directive : {".version", ".target", ".address_size"}) {
            if (text_.compare(at, std::string(directive).size(), directive) != 0) continue;
            const size_t line = std::min(text_.find('\n', at), text_.size());
            const Words words = split(text_.substr(at, line - at));
            if (words[0] == ".target") out_.target = words.at(1);
            return line;
        }
        const size_t semicolon = text_.find(';', at), brace = text_.find('{', at), equals = text_.find('=', at);
        if (brace == std::string::npos || semicolon < brace || equals < brace) {
            const size_t stop = std::min(semicolon, text_.size());
            variable(split(text_.substr(at, stop - at)));
            return stop + 1;
        }
        size_t stop = brace;
        int depth = 0;
        do {
            if (stop >= text_.size()) throw Error(file_ + ": a body is never closed");
            if (text_[stop] == '{') ++depth;
            if (text_[stop] == '}') --depth;
            ++stop;
        } while (depth > 0);
        function(split(text_.substr(at, brace - at)), text_.substr(brace, stop - brace));
        return stop;
    }

    void variable(const Words& words) {
        const auto space = std::find_if(words.begin(), words.end(),
                                        [](const std::string& w) { return w == ".const" || w == ".shared"; });
        if (space == words.end()) return;
        const Declared d = declared(words, static_cast<size_t>(space - words.begin()) + 1, words.size());
        if (*space == ".const") out_.constants[d.name] = values(words, d);
        else module_shared_[d.name] = d;
    }

    void function(const Words& head, const std::string& text) {
        const auto entry = std::find(head.begin(), head.end(), ".entry");
        auto name = entry != head.end() ? entry + 1 : std::find(head.begin(), head.end(), ".func") + 1;
        if (name >= head.end()) return;
        if (*name == "(") name = std::find(name, head.end(), ")") + 1;  // the value of a function
        if (entry != head.end()) parameters(head, static_cast<size_t>(name - head.begin()) + 1, out_.entries[*name]);
        Body& body = bodies_[*name];
        std::istringstream statements(text);
        for (std::string s; std::getline(statements, s, ';');) {
            const Words words = split(s);
            const auto space = std::find(words.begin(), words.end(), ".shared");
            if (space != words.end())
                body.shared.push_back(declared(words, static_cast<size_t>(space - words.begin()) + 1, words.size()));
            else body.names.insert(words.begin(), words.end());
        }
    }

    static void parameters(const Words& head, size_t open, PtxEntry& entry) {
        if (open >= head.size() || head[open] != "(") return;
        for (size_t begin = open + 1; begin < head.size() && head[begin] != ")";) {
            size_t end = begin;
            while (head[end] != "," && head[end] != ")") ++end;
            if (head[begin] == ".param") {
                const Declared d = declared(head, begin + 1, end);
                entry.parameters.push_back({d.bytes, d.align});
            }
            begin = head[end] == "," ? end + 1 : end;
        }
    }

    long long shared_bytes(const std::string& entry) const {
        std::set<std::string> reached{entry};
        std::vector<std::string> open{entry};
        std::map<std::string, Declared> variables;
        while (!open.empty()) {
            const Body& body = bodies_.at(open.back());
            open.pop_back();
            for (const Declared& d : body.shared) variables[d.name] = d;
            for (const std::string& name : body.names) {
                if (module_shared_.count(name) != 0) variables[name] = module_shared_.at(name);
                if (bodies_.count(name) != 0 && reached.insert(name).second) open.push_back(name);
            }
        }
        std::vector<Declared> in_order;
        for (const auto& v : variables) in_order.push_back(v.second);
        std::sort(in_order.begin(), in_order.end(),
                  [](const Declared& a, const Declared& b) { return a.align > b.align; });
        long long bytes = 0;
        for (const Declared& d : in_order) bytes = (bytes + d.align - 1) / d.align * d.align + d.bytes;
        return bytes;
    }

    const std::string text_, file_;
    Ptx out_;
    std::map<std::string, Body> bodies_;
    std::map<std::string, Declared> module_shared_;
};

}  // namespace

Ptx parse_ptx(const std::string& text, const std::string& file) { return Reader(text, file).run(); }

}  // namespace manifest
