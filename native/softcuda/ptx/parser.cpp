#include "ptx/parser.h"

#include <cstring>

namespace softcuda {

PtxModule parse_module(std::string_view source) { return Parser(source).parse(); }

// ---- helpers -----------------------------------------------------------------------------------------------------------

bool Parser::accept(char punct) {
    if (!lexer_.peek().is(punct)) return false;
    lexer_.next();
    return true;
}

void Parser::expect(char punct, const char* where) {
    if (!accept(punct))
        fail(lexer_.peek(), std::string("expected '") + punct + "' " + where + ", found " + shown(lexer_.peek()));
}

Token Parser::expect_word(const char* what) {
    Token t = lexer_.next();
    if (t.kind != TokenKind::Word) fail(t, std::string("expected ") + what + ", found " + shown(t));
    return t;
}

uint64_t Parser::expect_integer(const char* what, uint64_t maximum) {
    Token t = lexer_.next();
    Literal value;
    if (t.kind != TokenKind::Number || !parse_literal(t.text, value) || value.kind != Literal::Integer)
        fail(t, std::string("expected ") + what + ", found " + shown(t));
    if (value.bits > maximum)
        fail(t, std::string(what) + " " + std::string(t.text.substr(0, 30)) + " is above " + std::to_string(maximum));
    return value.bits;
}

void Parser::declare(const Token& at, std::string_view name, const Entity& entity) {
    if (!scopes_.back().names.emplace(name, entity).second) fail(at, shown(name) + " is declared twice in this scope");
}

Storage* Parser::new_storage(const Token& name, Space space) {
    module_.storages.push_back(std::make_unique<Storage>());
    Storage* s = module_.storages.back().get();
    s->name = name.text;
    s->space = space;
    s->line = name.line;
    return s;
}

// ---- module ------------------------------------------------------------------------------------------------------------

PtxModule Parser::parse() {
    scopes_.emplace_back();
    parse_version();
    parse_target();
    while (lexer_.peek().kind != TokenKind::End) parse_top();
    return std::move(module_);
}

void Parser::parse_version() {
    Token t = lexer_.next();
    if (!t.is(".version")) fail(t, "a PTX module begins with .version, found " + shown(t));
    Token n = lexer_.next();
    size_t dot = n.text.find('.');
    Literal major, minor;
    if (n.kind != TokenKind::Number || dot == std::string_view::npos || !parse_literal(n.text.substr(0, dot), major)
        || !parse_literal(n.text.substr(dot + 1), minor) || major.kind != Literal::Integer
        || minor.kind != Literal::Integer || major.bits > 99 || minor.bits > 9)
        fail(n, "expected a version such as 9.0, found " + shown(n));
    module_.version = uint32_t(major.bits * 10 + minor.bits);
}

void Parser::parse_target() {
    Token t = lexer_.next();
    if (!t.is(".target")) fail(t, "expected .target behind .version, found " + shown(t));
    do {
        Token name = expect_word("a target");
        if (name.text.substr(0, 3) == "sm_") {
            std::string_view digits = name.text.substr(3);
            while (!digits.empty() && (digits.back() == 'a' || digits.back() == 'f')) digits.remove_suffix(1);
            Literal value;
            if (!parse_literal(digits, value) || value.kind != Literal::Integer || value.bits > 999)
                fail(name, "expected a target such as sm_80, found " + shown(name));
            module_.target = uint32_t(value.bits);
        } else if (name.text != "debug" && name.text != "texmode_unified" && name.text != "texmode_independent") {
            fail(name, "unknown target " + shown(name));
        }
    } while (accept(','));
    if (!module_.target) fail(t, ".target names no sm_ architecture");
    if (lexer_.peek().is(".address_size")) {
        Token at = lexer_.next();
        if (expect_integer("an address size", 64) != 64) fail(at, "only .address_size 64 is supported");
    }
}

void Parser::parse_top() {
    bool isExtern = false;
    for (;;) {
        Token t = lexer_.next();
        if (t.is(".visible") || t.is(".weak") || t.is(".common")) continue;
        if (t.is(".extern")) {
            isExtern = true;
            continue;
        }
        if (t.is(".entry")) return parse_function(true);
        if (t.is(".func")) return parse_function(false);
        if (t.is(".global")) return parse_variables(Space::Global, isExtern);
        if (t.is(".const")) return parse_variables(Space::Const, isExtern);
        if (t.is(".shared")) return parse_variables(Space::Shared, isExtern);
        if (t.is(".pragma")) {
            while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
            return expect(';', "behind .pragma");
        }
        if (t.is(';')) return;
        fail(t, "unknown or misplaced " + shown(t) + " at module level");
    }
}

Type Parser::expect_type() {
    Token t = expect_word("a type");
    Type type;
    if (t.text[0] != '.' || !parse_type(t.text.substr(1), type))
        fail(t, "expected a type such as .b32, found " + shown(t));
    return type;
}

// [.align N] .type name[4][5] [= initialiser]; also the vector types .v2 and .v4.
Storage* Parser::parse_variable(Space space, bool isExtern) {
    uint64_t alignment = 0, vector = 1;
    Type type;
    for (;;) {
        Token t = lexer_.peek();
        if (t.is(".align")) {
            lexer_.next();
            alignment = expect_integer("an alignment", 1 << 16);
            if (alignment == 0 || (alignment & (alignment - 1)))
                fail(t, "alignment " + std::to_string(alignment) + " is not a power of two");
        } else if (t.is(".v2") || t.is(".v4")) {
            lexer_.next();
            vector = t.is(".v2") ? 2 : 4;
        } else if (t.is(".attribute")) {
            lexer_.next();
            expect('(', "behind .attribute");
            Token a = expect_word("an attribute");
            if (!a.is(".managed")) fail(a, "unsupported attribute " + shown(a));
            expect(')', "behind the attribute");
        } else if (t.is(".ptr")) {  // about what a parameter points to: no effect here
            lexer_.next();
            if (lexer_.peek().is(".global") || lexer_.peek().is(".const") || lexer_.peek().is(".shared")
                || lexer_.peek().is(".local"))
                lexer_.next();
            if (lexer_.peek().is(".align")) {
                lexer_.next();
                expect_integer("an alignment", 1 << 16);
            }
        } else if (type.bits == 0) {
            type = expect_type();
            if (type.kind == TypeKind::Predicate) fail(t, "predicates have no address");
        } else {
            break;
        }
    }
    Token name = expect_word("a variable's name");
    Storage* s = new_storage(name, space);
    s->isExtern = isExtern;
    uint64_t element = type.bytes() * vector;
    s->alignment = uint32_t(alignment ? alignment : element);
    s->bytes = element;
    bool open = false;
    for (int dimensions = 0; accept('['); dimensions++) {
        if (dimensions == 8) fail(name, "more than 8 dimensions");
        if (accept(']')) {
            open = true;
            continue;
        }
        uint64_t n = expect_integer("an array size", uint64_t(1) << 40);
        if (__builtin_mul_overflow(s->bytes, n, &s->bytes) || s->bytes > (uint64_t(1) << 40))
            fail(name, shown(name) + " is too large");
        expect(']', "behind the array size");
    }
    if (lexer_.peek().is('=')) {
        Token at = lexer_.next();
        if (space != Space::Global && space != Space::Const)
            fail(at, "only .global and .const variables have initial values");
        if (open) s->bytes = uint64_t(1) << 31;
        uint64_t offset = 0;
        parse_initialiser(*s, type, offset, 0);
        if (open) s->bytes = offset;
    } else if (open && !(isExtern && space == Space::Shared)) {
        if (!isExtern) fail(name, shown(name) + " has no size");
    } else if (open) {
        s->bytes = 0;
    }
    return s;
}

void Parser::parse_variables(Space space, bool isExtern) {
    Token at = lexer_.peek();
    Storage* s = parse_variable(space, isExtern);
    if (isExtern && space != Space::Shared)
        fail(at, "the external variable " + shown(s->name) + " is not defined: there is no linker here");
    Entity e;
    e.kind = Entity::Storage;
    e.storage = s;
    declare(at, s->name, e);
    if (scopes_.size() == 1) module_.variables.emplace(s->name, s);
    expect(';', "behind the variable");
}

void Parser::parse_initialiser(Storage& variable, Type type, uint64_t& offset, int depth) {
    if (accept('{')) {
        if (depth == 8) fail(lexer_.peek(), "initialisers nest too deeply");
        if (accept('}')) return;
        do parse_initialiser(variable, type, offset, depth + 1);
        while (accept(','));
        return expect('}', "at the end of the initialiser");
    }
    if (offset + type.bytes() > variable.bytes)
        fail(lexer_.peek(), shown(variable.name) + " has more initial values than elements");
    parse_element(variable, type, offset);
    offset += type.bytes();
}

void Parser::parse_element(Storage& variable, Type type, uint64_t offset) {
    Token t = lexer_.peek();
    uint64_t bits = 0;
    Relocation r{uint32_t(offset), uint8_t(type.bytes()), 0, {}, 0, t.line};
    bool closing = false;
    if (t.kind == TokenKind::Number || t.is('-')) {
        bool negative = accept('-');
        Token n = lexer_.next();
        Literal value;
        if (n.kind != TokenKind::Number || !parse_literal(n.text, value))
            fail(n, "expected a number, found " + shown(n));
        if (negative) value = negate(value);
        if (!negative && value.kind == Literal::Integer && accept('(')) {  // 0xFF00(symbol): these bits of its address
            int shift = value.bits ? __builtin_ctzll(value.bits) : 64;
            if (shift > 56 || shift % 8 || value.bits >> shift != 0xff)
                fail(n, "expected one byte of ones as mask, found " + shown(n));
            r.shift = uint8_t(shift);
            closing = true;
        } else if (!literal_bits(value, type.kind == TypeKind::Float, type.bits, bits)) {
            fail(n, shown(n) + " is no value of the variable's type");
        }
    }
    if (t.kind == TokenKind::Word || closing) {
        bool generic = lexer_.peek().is("generic");
        if (generic) {
            lexer_.next();
            expect('(', "behind generic");
        }
        Token name = expect_word("a variable's name");
        r.symbol = name.text;
        if (generic) expect(')', "behind generic(symbol");
        while (lexer_.peek().is('+') || lexer_.peek().is('-')) {
            bool negative = lexer_.next().is('-');
            int64_t n = int64_t(expect_integer("an offset", uint64_t(1) << 40));
            r.addend += negative ? -n : n;
            if (r.addend > (int64_t(1) << 41) || r.addend < -(int64_t(1) << 41)) fail(name, "offset out of range");
        }
        if (closing) expect(')', "behind mask(symbol");
        else if (type.bits != 64) fail(name, "an address needs a 64-bit element");
        variable.relocations.push_back(r);
    } else if (t.kind != TokenKind::Number && !t.is('-')) {
        fail(t, "expected an initial value, found " + shown(t));
    }
    if (variable.data.size() < offset + type.bytes()) variable.data.resize(offset + type.bytes());
    std::memcpy(variable.data.data() + offset, &bits, type.bytes());
}

}  // namespace softcuda
