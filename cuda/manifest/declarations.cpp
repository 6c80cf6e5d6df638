#include "declarations.h"

namespace manifest {

namespace {

class Parser {
public:
    explicit Parser(const Source& source) : tokens_(source.tokens()) {}

    Declarations run() {
        while (!end()) declaration();
        return std::move(out_);
    }

private:
    // ---- walking ---------------------------------------------------------------------------------------------------
    const Token& now() const { return tokens_[at_]; }
    const Token& ahead(size_t by) const { return tokens_[std::min(at_ + by, tokens_.size() - 1)]; }
    bool end() const { return now().kind == Token::kEnd; }
    bool take(const char* what) {
        if (!now().is(what)) return false;
        ++at_;
        return true;
    }
    void expect(const char* what) {
        if (!take(what)) throw Error(now().place() + ": found '" + now().text + "', expected '" + what + "'");
    }
    static bool opens(const Token& t) { return t.is("(") || t.is("{") || t.is("["); }

    // The token after the bracket at `at` and all to its counterpart.
    size_t past_group(size_t at) const {
        const Token& first = tokens_[at];
        int depth = 0;
        do {
            if (tokens_[at].kind == Token::kEnd) throw Error(first.place() + ": '" + first.text + "' is never closed");
            if (opens(tokens_[at])) ++depth;
            if (tokens_[at].is(")") || tokens_[at].is("}") || tokens_[at].is("]")) --depth;
            ++at;
        } while (depth > 0);
        return at;
    }
    void skip_group() { at_ = past_group(at_); }
    void skip_angles() {
        int depth = 0;
        do {
            if (end()) return;
            if (opens(now())) {
                skip_group();
                continue;
            }
            if (now().is("<")) ++depth;
            if (now().is(">")) --depth;
            ++at_;
        } while (depth > 0);
    }
    void skip_statement() {
        while (!end() && !now().is(";")) {
            if (opens(now())) skip_group();
            else ++at_;
        }
        take(";");
    }
    // Attributes of all spellings; true for the one that makes a function a kernel.
    bool skip_attributes() {
        bool global = false;
        for (;;) {
            if (now().is("__attribute__") || now().is("__declspec")) {
                global |= ahead(3).is("global");
                ++at_;
                skip_group();
            } else if (now().is("[") && ahead(1).is("[")) {
                skip_group();
            } else {
                return global;
            }
        }
    }
    // After the parameters of a function: its body, or the semicolon of a mere declaration.
    void skip_body() {
        while (!end() && !now().is("{") && !now().is(";")) {
            if (take(":")) {  // initialisers of a constructor
                do {
                    while (!end() && !opens(now())) ++at_;
                    skip_group();
                } while (take(","));
                continue;
            }
            if (opens(now())) skip_group();
            else ++at_;
        }
        if (now().is("{")) skip_group();
        else take(";");
    }

    // ---- names -----------------------------------------------------------------------------------------------------
    std::string scope() const {
        std::string all;
        for (const std::string& s : scopes_) {
            if (s.empty()) continue;  // an unnamed namespace, extern "C"
            all += all.empty() ? s : "::" + s;
        }
        return all;
    }
    std::string full(const std::string& name) const {
        const std::string s = scope();
        return s.empty() ? name : s + "::" + name;
    }

    // ---- declarations ----------------------------------------------------------------------------------------------
    void declaration() {
        if (take(";")) return;
        if (now().is("}")) {
            if (scopes_.empty()) throw Error(now().place() + ": '}' without its '{'");
            scopes_.pop_back();
            ++at_;
            return;
        }
        if (now().is("inline") && ahead(1).is("namespace")) ++at_;
        if (now().is("namespace")) return open_namespace();
        if (now().is("extern") && ahead(1).kind == Token::kString) {
            at_ += 2;
            if (take("{")) scopes_.push_back("");
            return;
        }
        if (take("template")) {
            skip_angles();
            const bool type = now().is("struct") || now().is("class") || now().is("union") || now().is("using");
            if (type) skip_statement();
            else function_or_variable();
            return;
        }
        if (now().is("using")) return using_declaration();
        if ((now().is("struct") || now().is("class") || now().is("union")) && defines_type()) {
            parse_struct();
            return;
        }
        if (now().is("enum") || now().is("static_assert") || now().is("typedef") || now().is("asm"))
            return skip_statement();
        function_or_variable();
    }

    void open_namespace() {
        expect("namespace");
        std::string name;
        while (!end() && !now().is("{") && !now().is("=")) name += now().text, ++at_;
        if (now().is("=")) return skip_statement();
        expect("{");
        scopes_.push_back(name);
    }

    void using_declaration() {
        const Token& first = now();
        expect("using");
        if (now().is("namespace")) return skip_statement();
        Words words;
        std::string name;
        if (ahead(1).is("=")) {
            name = now().text;
            at_ += 2;
        }
        while (!end() && !now().is(";")) words.push_back(now().text), ++at_;
        take(";");
        if (words.empty()) throw Error(first.place() + ": 'using' of nothing");
        if (name.empty()) name = words.back();
        out_.aliases.emplace(full(name), words);
    }

    bool defines_type() const {
        for (size_t i = at_ + 1; i < tokens_.size(); ++i) {
            if (tokens_[i].is("alignas") || tokens_[i].is("__attribute__")) {
                i = past_group(i + 1) - 1;
                continue;
            }
            if (tokens_[i].is("{")) return true;
            if (tokens_[i].is(";") || tokens_[i].is("(") || tokens_[i].is("=")) return false;
        }
        return false;
    }

    void function_or_variable() {
        const std::string place = now().place();
        bool global = false, value = false;
        while (!end()) {
            global |= skip_attributes();
            if (now().is("operator")) {
                ++at_;
                while (!end() && !now().is("(")) ++at_;
                if (now().is("(") && ahead(1).is(")")) at_ += 2;
                continue;
            }
            if (take(";")) return;
            if (now().is("=")) value = true;
            if (entry_traits()) return;
            if (now().is("<") && !value) {
                skip_angles();
                continue;
            }
            if (now().is("(") && !value) {
                if (global) return kernel(place);
                skip_group();
                return skip_body();
            }
            if (opens(now())) skip_group();
            else ++at_;
        }
    }

    // constexpr zoe::Entry <kernel>_entry{"operation", "architecture", "key=value key=value"}
    bool entry_traits() {
        if (!now().is("Entry") || ahead(1).kind != Token::kName || !ahead(2).is("{")) return false;
        const std::string suffix = "_entry", name = ahead(1).text;
        Traits traits;
        traits.place = now().place();
        if (name.size() <= suffix.size() || name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
            throw Error(traits.place + ": '" + name + "' declares an entry, expected <kernel>_entry");
        at_ += 3;
        std::vector<std::string> strings(1);
        for (; !end() && !now().is("}"); ++at_) {
            if (now().is(",")) strings.emplace_back();
            else if (now().kind == Token::kString) strings.back() += now().text;
            else throw Error(now().place() + ": '" + now().text + "' in the traits of " + name + ", expected a string");
        }
        expect("}");
        if (strings.size() != 3)
            throw Error(traits.place + ": " + name + " has " + std::to_string(strings.size())
                        + " strings, expected operation, architecture and traits");
        traits.operation = strings[0];
        traits.architecture = strings[1];
        split_traits(strings[2], name, traits);
        const std::string of = name.substr(0, name.size() - suffix.size());
        if (!out_.traits.emplace(of, traits).second)
            throw Error(traits.place + ": the traits of " + of + " are given twice");
        return true;
    }

    static void split_traits(const std::string& text, const std::string& name, Traits& traits) {
        std::set<std::string> seen;
        for (size_t begin = 0; begin < text.size();) {
            const size_t stop = std::min(text.find(' ', begin), text.size());
            const std::string pair = text.substr(begin, stop - begin);
            begin = stop + 1;
            if (pair.empty()) continue;
            const size_t equals = pair.find('=');
            if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
                throw Error(traits.place + ": trait '" + pair + "' of " + name + ", expected key=value");
            if (!seen.insert(pair.substr(0, equals)).second)
                throw Error(traits.place + ": trait '" + pair.substr(0, equals) + "' of " + name + " is given twice");
            traits.values.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
        }
    }

    void kernel(const std::string& place) {
        Kernel kernel;
        kernel.name = tokens_[at_ - 1].text;
        kernel.place = place;
        kernel.scope = scope();
        expect("(");
        while (!end() && !now().is(")")) {
            kernel.parameters.push_back(parameter(kernel.name, kernel.parameters.size()));
            if (!now().is(")")) expect(",");
        }
        expect(")");
        out_.kernels.push_back(kernel);
        skip_body();
    }

    static bool only_type(const std::string& word) {
        static const std::set<std::string> words{"const",  "volatile", "unsigned", "signed", "long",
                                                 "short",  "int",      "char",     "bool",   "float",
                                                 "double", "void",     "*",        "&",      "::"};
        return words.count(word) != 0;
    }

    Variable parameter(const std::string& kernel, size_t index) {
        Variable v;
        v.place = now().place();
        for (;;) {
            skip_attributes();
            if (end() || now().is(",") || now().is(")")) break;
            if (now().is("<"))
                throw Error(v.place + ": a template as type of parameter " + std::to_string(index) + " of " + kernel
                            + " is not understood");
            if (!now().is("__restrict__") && !now().is("__restrict")) v.type.push_back(now().text);
            ++at_;
        }
        const bool named = v.type.size() >= 2 && !only_type(v.type.back()) && v.type[v.type.size() - 2] != "::"
                           && !(v.type.size() == 2 && (v.type[0] == "const" || v.type[0] == "volatile"));
        if (!named)
            throw Error(v.place + ": parameter " + std::to_string(index) + " of " + kernel
                        + " has no name; the manifest binds parameters by their names");
        v.name = v.type.back();
        v.type.pop_back();
        return v;
    }

    // ---- structs ---------------------------------------------------------------------------------------------------
    void parse_struct() {
        Struct s;
        s.place = now().place();
        s.scope = scope();
        if (now().is("union")) s.obstacle = "it is a union";
        ++at_;
        if (now().is("alignas")) {
            s.obstacle = "it has an alignment of its own";
            ++at_;
            skip_group();
        }
        skip_attributes();
        std::string name;
        if (now().kind == Token::kName && !now().is("final")) name = now().text, ++at_;
        take("final");
        if (now().is("<")) return skip_statement();  // a specialisation
        if (take(":")) bases(s);
        s.name = full(name);
        scopes_.push_back(name);
        expect("{");
        while (!end() && !now().is("}")) member(s);
        expect("}");
        scopes_.pop_back();
        if (!now().is(";") && scopes_.size() > 0 && s.obstacle.empty()) s.obstacle = "it is declared with a variable";
        skip_statement();
        if (!name.empty()) out_.structs.emplace(s.name, s);
    }

    void bases(Struct& s) {
        Words words;
        for (; !end() && !now().is("{"); ++at_) {
            if (now().is("public") || now().is("private") || now().is("protected")) continue;
            if (now().is("virtual") || now().is("<")) s.obstacle = "its base is virtual or a template";
            if (now().is(",")) {
                s.bases.push_back(words);
                words.clear();
            } else {
                words.push_back(now().text);
            }
        }
        s.bases.push_back(words);
    }

    void member(Struct& s) {
        skip_attributes();
        if (take(";")) return;
        if ((now().is("public") || now().is("private") || now().is("protected")) && ahead(1).is(":")) {
            at_ += 2;
            return;
        }
        if (take("template")) {
            skip_angles();
            return skip_member_function();
        }
        if (now().is("using") || now().is("typedef") || now().is("friend") || now().is("static_assert")
            || now().is("enum"))
            return skip_statement();
        if ((now().is("struct") || now().is("class") || now().is("union")) && defines_type()) {
            if (ahead(1).is("{")) s.obstacle = "it has a member without a name";
            return parse_struct();
        }
        if (now().is("static")) return skip_member_function();
        if (now().is("alignas")) {
            s.obstacle = "a member has an alignment of its own";
            ++at_;
            skip_group();
        }
        if (member_function()) return skip_member_function();
        fields(s);
    }

    bool member_function() const {
        for (size_t i = at_; i < tokens_.size(); ++i) {
            if (tokens_[i].is("__attribute__")) {  // its parentheses are not parameters
                i = past_group(i + 1) - 1;
                continue;
            }
            if (tokens_[i].is("(") || tokens_[i].is("operator")) return true;
            if (tokens_[i].is(";") || tokens_[i].is("=") || tokens_[i].is("{")) return false;
        }
        return false;
    }

    // A function or static member, which takes no room in the struct.
    void skip_member_function() { function_or_variable(); }

    void fields(Struct& s) {
        Words type;
        while (!end() && !now().is(";")) {
            skip_attributes();
            const bool name = now().kind == Token::kName
                              && (ahead(1).is(",") || ahead(1).is(";") || ahead(1).is("[") || ahead(1).is("=")
                                  || ahead(1).is(":") || ahead(1).is("{"));
            if (!name) {
                if (now().is("<")) s.obstacle = "a member's type is a template";
                if (!now().is("__restrict__")) type.push_back(now().text);
                ++at_;
                continue;
            }
            Variable field;
            field.type = type;
            field.name = now().text;
            field.place = now().place();
            ++at_;
            while (now().is("[")) {
                if (ahead(1).kind == Token::kNumber && ahead(2).is("]")) field.count *= std::stoll(ahead(1).text);
                else s.obstacle = "the length of '" + field.name + "' is not a plain number";
                skip_group();
            }
            if (now().is(":")) s.obstacle = "'" + field.name + "' is a bit field";
            while (!end() && !now().is(",") && !now().is(";")) {
                if (opens(now())) skip_group();
                else ++at_;
            }
            s.fields.push_back(field);
            if (take(","))
                while (!type.empty() && type.back() == "*") type.pop_back();
        }
        take(";");
    }

    const std::vector<Token>& tokens_;
    size_t at_ = 0;
    std::vector<std::string> scopes_;
    Declarations out_;
};

}  // namespace

Declarations parse(const Source& source) { return Parser(source).run(); }

}  // namespace manifest
