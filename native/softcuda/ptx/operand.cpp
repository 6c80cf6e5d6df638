// Parsing of operands.
#include "ptx/parser.h"
#include "ptx/special.h"

namespace softcuda {

// %r12 may be declared by itself or belong to a range %r<20>. Inner scopes hide outer ones.
bool Parser::lookup(std::string_view name, Entity& found) const {
    size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
    for (size_t i = scopes_.size(); i-- > 0;) {
        const auto& names = scopes_[i].names;
        auto exact = names.find(name);
        if (exact != names.end() && exact->second.kind != Entity::Range) {
            found = exact->second;
            return true;
        }
        // The prefix itself may end in digits: try every split, the shortest prefix first.
        for (size_t split = digits; split < name.size() && split > 0 && name.size() - split <= 7; split++) {
            if (name[split] == '0' && split + 1 < name.size()) continue;
            auto range = names.find(name.substr(0, split));
            if (range == names.end() || range->second.kind != Entity::Range) continue;
            uint32_t number = 0;
            for (char c : name.substr(split)) number = number * 10 + uint32_t(c - '0');
            if (number >= range->second.count) continue;
            found.kind = Entity::Register;
            found.index = range->second.index + number;
            return true;
        }
    }
    return false;
}

void Parser::parse_operands(Statement& s) {
    if (lexer_.peek().is(';')) return;
    do {
        s.operands.push_back(parse_operand(s, 0));
        if (accept('|')) s.operands.push_back(parse_operand(s, 1));  // d|p: two destinations
    } while (accept(','));
}

Operand Parser::parse_operand(Statement& s, int depth) {
    Token t = lexer_.peek();
    if (t.kind == TokenKind::Number) return parse_number(false);
    if (t.kind == TokenKind::Word) {
        lexer_.next();
        return parse_name(t);
    }
    if (accept('-')) return parse_number(true);
    if (accept('!')) {
        Token name = expect_word("a predicate register");
        Operand o = parse_name(name);
        if (o.kind != OperandKind::Register) fail(name, "expected a predicate register, found " + shown(name));
        o.negated = true;
        return o;
    }
    if (accept('[')) return parse_address(s);
    if ((t.is('{') || t.is('(')) && depth == 0) {
        lexer_.next();
        Operand o;
        o.kind = t.is('{') ? OperandKind::Vector : OperandKind::List;
        char end = t.is('{') ? '}' : ')';
        if (accept(end)) return o;
        do o.items.push_back(parse_operand(s, depth + 1));
        while (accept(','));
        expect(end, "behind the list");
        if (o.items.size() > 256) fail(t, "too many elements");
        return o;
    }
    fail(t, "expected an operand of " + shown(s.opcode) + ", found " + shown(t));
}

Operand Parser::parse_name(const Token& t) {
    Operand o;
    o.text = t.text;
    Entity e;
    if (t.text == "_") {
        o.kind = OperandKind::Sink;
    } else if (lookup(t.text, e)) {
        o.kind = e.kind == Entity::Register ? OperandKind::Register : OperandKind::Symbol;
        o.index = e.index;
        o.storage = e.storage;
        if (o.kind == OperandKind::Symbol) o.value = parse_displacement();
    } else if (const SpecialInfo* special = find_special(t.text)) {
        o.kind = OperandKind::Special;
        o.index = uint32_t(special->id);
    } else if (t.text[0] == '%') {
        fail(t, "unknown register " + shown(t));
    } else {
        o.kind = OperandKind::Label;
    }
    return o;
}

Operand Parser::parse_number(bool negative) {
    Token t = lexer_.next();
    Literal value;
    if (t.kind != TokenKind::Number || !parse_literal(t.text, value)) fail(t, "expected a number, found " + shown(t));
    if (negative) value = negate(value);
    Operand o;
    o.kind = value.kind == Literal::Integer   ? OperandKind::Integer
             : value.kind == Literal::Float32 ? OperandKind::Float32
                                              : OperandKind::Float64;
    o.value = int64_t(value.bits);
    if (o.kind == OperandKind::Integer) o.value = int64_t(uint64_t(o.value) + uint64_t(parse_displacement()));
    return o;
}

// Any number of + n and - n.
int64_t Parser::parse_displacement() {
    int64_t sum = 0;
    while (lexer_.peek().is('+') || lexer_.peek().is('-')) {
        bool negative = lexer_.next().is('-');
        if (accept('-')) negative = !negative;
        Token t = lexer_.next();
        Literal value;
        if (t.kind != TokenKind::Number || !parse_literal(t.text, value) || value.kind != Literal::Integer)
            fail(t, "expected an offset, found " + shown(t));
        sum = int64_t(negative ? uint64_t(sum) - value.bits : uint64_t(sum) + value.bits);
    }
    return sum;
}

// [base], [base + n], [n], and for tensor operations [base, {coordinates}].
Operand Parser::parse_address(Statement& s) {
    Operand o;
    o.kind = OperandKind::Address;
    Token t = lexer_.peek();
    Operand base;
    if (t.kind == TokenKind::Number || t.is('-')) {
        base = parse_number(accept('-'));
        if (base.kind != OperandKind::Integer) fail(t, "expected an address, found " + shown(t));
    } else {
        base = parse_name(expect_word("an address"));
        if (base.kind != OperandKind::Register && base.kind != OperandKind::Symbol)
            fail(t, "expected an address, found " + shown(t));
    }
    o.value = base.kind == OperandKind::Symbol ? base.value : parse_displacement();
    if (base.kind == OperandKind::Symbol) base.value = 0;
    o.items.push_back(std::move(base));
    while (accept(',')) {
        Operand more = parse_operand(s, 0);
        if (more.kind == OperandKind::Vector) o.items.insert(o.items.end(), more.items.begin(), more.items.end());
        else o.items.push_back(std::move(more));
        if (o.items.size() > 64) fail(t, "too many coordinates");
    }
    expect(']', "behind the address");
    return o;
}

}  // namespace softcuda
