// The parser's own state; parse_module (module.h) is the way in.
#pragma once
#include <unordered_map>

#include "ptx/lexer.h"
#include "ptx/literal.h"
#include "ptx/module.h"

namespace softcuda {

// What a name means in a scope.
struct Entity {
    enum Kind : uint8_t { Register, Range, Storage } kind = Register;
    uint32_t index = 0;  // register, or first of a range
    uint32_t count = 0;  // of a range: %r<count>
    const softcuda::Storage* storage = nullptr;
};

// One pair of braces. Labels are resolved when it closes, because branches may lead forward.
struct Scope {
    struct Pending {
        uint32_t statement, operand, line;
        bool inTable;
    };
    std::unordered_map<std::string_view, Entity> names;
    std::unordered_map<std::string_view, uint32_t> labels;  // statement number
    std::unordered_map<std::string_view, uint32_t> tables;  // branch table
    std::vector<Pending> pending;
};

class Parser {
public:
    explicit Parser(std::string_view source) : lexer_(source) {}
    PtxModule parse();

private:
    // module level (parser.cpp)
    void parse_version();
    void parse_target();
    void parse_top();
    Type expect_type();
    Storage* parse_variable(Space space, bool isExtern);  // behind the space word, up to before , or ;
    void parse_variables(Space space, bool isExtern);     // a whole declaration with its ;
    void parse_initialiser(Storage& variable, Type type, uint64_t& offset, int depth);
    void parse_element(Storage& variable, Type type, uint64_t offset);

    // functions (function.cpp)
    void parse_function(bool isEntry);
    void parse_parameters(Function& f, std::vector<const Storage*>& list);
    void parse_performance(Function& f);
    void parse_body(Function& f);
    void parse_registers(Function& f);
    void parse_local_directive(Function& f);
    void parse_branch_table(Function& f, std::string_view label);
    void parse_statement(Function& f);
    void open_scope();
    void close_scope(Function& f);

    // operands (operand.cpp)
    void parse_operands(Statement& s);
    Operand parse_operand(Statement& s, int depth);
    Operand parse_name(const Token& t);
    Operand parse_number(bool negative);
    Operand parse_address(Statement& s);
    int64_t parse_displacement();
    bool lookup(std::string_view name, Entity& found) const;

    // helpers
    void declare(const Token& at, std::string_view name, const Entity& entity);
    Token expect_word(const char* what);
    void expect(char punct, const char* where);
    bool accept(char punct);
    uint64_t expect_integer(const char* what, uint64_t maximum);
    [[noreturn]] void fail(const Token& at, const std::string& what) { throw PtxError(at.line, what); }
    Storage* new_storage(const Token& name, Space space);

    Lexer lexer_;
    PtxModule module_;
    std::vector<Scope> scopes_;  // [0]: the module
};

}  // namespace softcuda
