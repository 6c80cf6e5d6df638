// Parsing of .entry and .func: headers, declarations, statements, scopes and labels.
#include "ptx/parser.h"

namespace softcuda {
namespace {

constexpr uint32_t kMaxRegisters = 1 << 20;  // of one function
constexpr size_t kMaxScopes = 200;

}  // namespace

void Parser::open_scope() {
    if (scopes_.size() == kMaxScopes) fail(lexer_.peek(), "braces nest too deeply");
    scopes_.emplace_back();
}

// Branches find labels of their own scope and of those around it. What is not found here is left to the scope outside.
void Parser::close_scope(Function& f) {
    Scope closing = std::move(scopes_.back());
    scopes_.pop_back();
    for (const Scope::Pending& p : closing.pending) {
        std::string_view name =
            p.inTable ? f.tables[p.statement].names[p.operand] : f.body[p.statement].operands[p.operand].text;
        auto label = closing.labels.find(name);
        auto table = closing.tables.find(name);
        if (label != closing.labels.end()) {
            if (p.inTable) f.tables[p.statement].targets[p.operand] = label->second;
            else f.body[p.statement].operands[p.operand].index = label->second;
        } else if (table != closing.tables.end() && !p.inTable) {
            f.body[p.statement].operands[p.operand].index = table->second;
            f.body[p.statement].operands[p.operand].value = 1;
        } else if (scopes_.size() > 1) {
            scopes_.back().pending.push_back(p);
        } else {
            throw PtxError(p.line, "unknown label or name " + shown(name));
        }
    }
}

void Parser::parse_parameters(Function& f, std::vector<const Storage*>& list) {
    expect('(', "before parameters");
    if (accept(')')) return;
    do {
        Token t = expect_word(".param");
        if (!t.is(".param")) fail(t, "expected .param, found " + shown(t));
        Storage* s = parse_variable(Space::Param, false);
        s->entryParameter = f.isEntry;
        if (s->bytes > 1 << 16) fail(t, "parameter " + shown(s->name) + " is too large");
        if (list.size() == 4096) fail(t, "too many parameters");
        Entity e;
        e.kind = Entity::Storage;
        e.storage = s;
        declare(t, s->name, e);
        list.push_back(s);
    } while (accept(','));
    expect(')', "behind parameters");
}

void Parser::parse_performance(Function& f) {
    auto triple = [&](uint32_t* out) {
        for (int i = 0; i < 3; i++) out[i] = 1;
        int i = 0;
        do out[i++] = uint32_t(expect_integer("an extent", 1 << 20));
        while (i < 3 && accept(','));
    };
    for (;;) {
        Token t = lexer_.peek();
        if (t.is(".maxntid")) {
            lexer_.next();
            triple(f.maxThreads);
        } else if (t.is(".reqntid")) {
            lexer_.next();
            triple(f.requiredThreads);
        } else if (t.is(".reqnctapercluster")) {
            lexer_.next();
            triple(f.requiredCluster);
        } else if (t.is(".minnctapersm")) {
            lexer_.next();
            f.minBlocks = uint32_t(expect_integer("a count", 1 << 20));
        } else if (t.is(".maxnreg")) {
            lexer_.next();
            f.maxRegisters = uint32_t(expect_integer("a count", 255));
        } else if (t.is(".maxnctapersm") || t.is(".maxclusterrank")) {
            lexer_.next();
            expect_integer("a count", 1 << 20);
        } else if (t.is(".explicitcluster") || t.is(".noreturn")) {
            lexer_.next();
        } else if (t.is(".pragma")) {
            lexer_.next();
            while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
            expect(';', "behind .pragma");
        } else {
            return;
        }
    }
}

void Parser::parse_function(bool isEntry) {
    auto f = std::make_unique<Function>();
    f->isEntry = isEntry;
    f->line = lexer_.peek().line;
    open_scope();  // parameters live in the function's outermost scope
    if (!isEntry && lexer_.peek().is('(')) parse_parameters(*f, f->results);
    Token name = expect_word("a function's name");
    f->name = name.text;
    if (lexer_.peek().is('(')) parse_parameters(*f, f->parameters);
    parse_performance(*f);
    if (!accept(';')) {
        expect('{', "at the beginning of the function's body");
        f->hasBody = true;
        parse_body(*f);
    }
    close_scope(*f);
    Function*& known = module_.functionByName[f->name];
    if (known && known->hasBody && f->hasBody) fail(name, shown(name) + " is defined twice");
    if (!known || !known->hasBody) known = f.get();
    module_.functions.push_back(std::move(f));
}

// Iterative over nested braces, so that no input can exhaust the stack.
void Parser::parse_body(Function& f) {
    size_t outermost = scopes_.size();
    for (;;) {
        Token t = lexer_.peek();
        if (t.kind == TokenKind::End) fail(t, "function " + shown(f.name) + " does not end");
        if (accept('{')) {
            open_scope();
        } else if (accept('}')) {
            if (scopes_.size() == outermost) return;
            close_scope(f);
        } else if (accept(';')) {
            continue;
        } else if (t.kind == TokenKind::Word && t.text[0] == '.') {
            parse_local_directive(f);
        } else {
            parse_statement(f);
        }
    }
}

void Parser::parse_local_directive(Function& f) {
    Token t = lexer_.next();
    if (t.is(".reg")) return parse_registers(f);
    if (t.is(".local")) return parse_variables(Space::Local, false);
    if (t.is(".shared")) return parse_variables(Space::Shared, false);
    if (t.is(".global")) return parse_variables(Space::Global, false);
    if (t.is(".const")) return parse_variables(Space::Const, false);
    if (t.is(".param")) return parse_variables(Space::Param, false);
    if (t.is(".extern")) {
        Token space = expect_word("a state space");
        if (!space.is(".shared")) fail(space, "only .extern .shared is possible in a function, found " + shown(space));
        return parse_variables(Space::Shared, true);
    }
    if (t.is(".pragma")) {
        while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
        return expect(';', "behind .pragma");
    }
    fail(t, "unknown or misplaced directive " + shown(t));
}

void Parser::parse_registers(Function& f) {
    Token at = lexer_.peek();
    if (at.is(".v2") || at.is(".v4")) fail(at, "vector registers are not supported");
    Type type = expect_type();
    do {
        Token name = expect_word("a register's name");
        Entity e;
        e.index = uint32_t(f.registers.size());
        uint64_t count = 1;
        if (accept('<')) {
            count = expect_integer("a number of registers", kMaxRegisters);
            expect('>', "behind the number of registers");
            e.kind = Entity::Range;
            e.count = uint32_t(count);
        }
        if (f.registers.size() + count > kMaxRegisters)
            fail(name, "more than " + std::to_string(kMaxRegisters) + " registers");
        f.registers.insert(f.registers.end(), size_t(count), Register{name.text, type});
        declare(name, name.text, e);
    } while (accept(','));
    expect(';', "behind the registers");
}

void Parser::parse_branch_table(Function& f, std::string_view label) {
    Token t = lexer_.next();  // .branchtargets
    BranchTable table;
    do {
        Token name = expect_word("a label");
        scopes_.back().pending.push_back({uint32_t(f.tables.size()), uint32_t(table.names.size()), name.line, true});
        table.names.push_back(name.text);
    } while (accept(','));
    expect(';', "behind the branch targets");
    table.targets.resize(table.names.size());
    if (!scopes_.back().tables.emplace(label, uint32_t(f.tables.size())).second)
        fail(t, shown(label) + " is declared twice");
    f.tables.push_back(std::move(table));
}

void Parser::parse_statement(Function& f) {
    Statement s;
    Token t = lexer_.next();
    if (t.is('@')) {
        s.guardNegated = accept('!');
        Token name = expect_word("a predicate register");
        Entity e;
        if (!lookup(name.text, e) || e.kind != Entity::Register) fail(name, "unknown predicate " + shown(name));
        if (f.registers[e.index].type.kind != TypeKind::Predicate) fail(name, shown(name) + " is not a predicate");
        s.guard = int32_t(e.index);
        t = lexer_.next();
    }
    if (t.kind != TokenKind::Word) fail(t, "expected an instruction, found " + shown(t));
    if (s.guard < 0 && accept(':')) {
        if (lexer_.peek().is(".branchtargets")) return parse_branch_table(f, t.text);
        if (lexer_.peek().is(".callprototype") || lexer_.peek().is(".calltargets"))
            fail(lexer_.peek(), "indirect calls are not supported");
        if (!scopes_.back().labels.emplace(t.text, uint32_t(f.body.size())).second)
            fail(t, "label " + shown(t) + " is declared twice");
        return;
    }
    s.opcode = t.text;
    s.line = t.line;
    parse_operands(s);
    expect(';', "behind the instruction");
    // Names nobody declared can only be labels further on or functions.
    bool isCall = s.opcode.substr(0, 4) == "call";
    for (size_t i = 0; i < s.operands.size(); i++) {
        Operand& o = s.operands[i];
        if (o.kind != OperandKind::Label) continue;
        if (isCall) o.kind = OperandKind::Function;
        else scopes_.back().pending.push_back({uint32_t(f.body.size()), uint32_t(i), s.line, false});
    }
    f.body.push_back(std::move(s));
}

}  // namespace softcuda
