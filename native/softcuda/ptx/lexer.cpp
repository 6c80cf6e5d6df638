#include "ptx/lexer.h"

namespace softcuda {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%'; }
bool is_inner(char c) { return is_letter(c) || is_digit(c) || c == '.'; }

}  // namespace

std::string shown(std::string_view text) {
    std::string result = "'";
    for (char c : text.substr(0, 60)) result += c >= ' ' && c <= '~' ? c : '?';
    return result + (text.size() > 60 ? "...'" : "'");
}

void Lexer::skip_line() {
    while (position_ < source_.size() && source_[position_] != '\n') position_++;
}

void Lexer::skip_space() {
    while (position_ < source_.size()) {
        char c = source_[position_];
        if (c == '\n') {
            line_++;
            position_++;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            position_++;
        } else if (c == '/' && at(position_ + 1, '/')) {
            skip_line();
        } else if (c == '/' && at(position_ + 1, '*')) {
            uint32_t begin = line_;
            for (position_ += 2; !(at(position_, '*') && at(position_ + 1, '/')); position_++) {
                if (position_ >= source_.size()) throw PtxError(begin, "this comment does not end");
                if (source_[position_] == '\n') line_++;
            }
            position_ += 2;
        } else {
            return;
        }
    }
}

// A debug section holds nothing but data between one pair of braces.
void Lexer::skip_section() {
    uint32_t begin = line_;
    bool inside = false;
    for (; position_ < source_.size(); position_++) {
        char c = source_[position_];
        if (c == '\n') line_++;
        if (c == '{') inside = true;
        if (c == '}' && inside) {
            position_++;
            return;
        }
    }
    throw PtxError(begin, "this .section does not end");
}

Token Lexer::scan() {
    for (;;) {
        skip_space();
        Token t;
        t.line = line_;
        if (position_ >= source_.size()) return t;
        size_t begin = position_;
        char c = source_[begin];
        if (c == '\0' && source_.find_first_not_of('\0', begin) == std::string_view::npos)
            return t;  // C string padding
        if (c == '"') {
            size_t end = begin + 1;
            while (end < source_.size() && source_[end] != '"' && source_[end] != '\n') end++;
            if (!at(end, '"')) throw PtxError(line_, "this string does not end on its line");
            t.kind = TokenKind::String;
            t.text = source_.substr(begin + 1, end - begin - 1);
            position_ = end + 1;
            return t;
        }
        if (is_digit(c)) {
            size_t end = begin;
            // An exponent's sign belongs to the number, but 0x1e+4 is a sum.
            bool hexadecimal = c == '0' && begin + 1 < source_.size() && is_letter(source_[begin + 1]);
            while (end < source_.size()
                   && (is_inner(source_[end])
                       || (!hexadecimal && end > begin && (source_[end] == '+' || source_[end] == '-')
                           && (source_[end - 1] == 'e' || source_[end - 1] == 'E'))))
                end++;
            t.kind = TokenKind::Number;
            t.text = source_.substr(begin, end - begin);
            position_ = end;
            return t;
        }
        if (is_letter(c) || c == '.') {
            size_t end = begin + 1;
            while (end < source_.size()) {
                if (c == '.' && source_[end] == '.') break;  // ".reg.b32" are two, opcodes do not begin with a dot
                if (is_inner(source_[end])) end++;
                else if (source_[end] == ':' && at(end + 1, ':') && end + 2 < source_.size()
                         && is_inner(source_[end + 2]))
                    end += 2;
                else break;
            }
            t.kind = TokenKind::Word;
            t.text = source_.substr(begin, end - begin);
            position_ = end;
            if (t.text == ".loc" || t.text == ".file") {
                skip_line();
                continue;
            }
            if (t.text == ".section") {
                skip_section();
                continue;
            }
            return t;
        }
        if (c == '@' && at(begin + 1, '@')) {  // old debug format: @@DWARF ...
            skip_line();
            continue;
        }
        t.kind = TokenKind::Punct;
        t.text = source_.substr(begin, 1);
        position_ = begin + 1;
        return t;
    }
}

Token Lexer::next() {
    Token result = current_;
    current_ = scan();
    return result;
}

}  // namespace softcuda
