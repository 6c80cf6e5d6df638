// Splits PTX text into tokens. The text may hold arbitrary bytes and must outlive the tokens.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace softcuda {

// What is wrong with the module, and in which line of its text.
struct PtxError : std::runtime_error {
    PtxError(uint32_t line, const std::string& what) : std::runtime_error(what), line(line) {}
    uint32_t line;
};

enum class TokenKind : uint8_t { End, Word, Number, String, Punct };

struct Token {
    TokenKind kind = TokenKind::End;
    std::string_view text;  // of a string: without the quotes
    uint32_t line = 1;

    bool is(char punct) const { return kind == TokenKind::Punct && text[0] == punct; }
    bool is(std::string_view word) const { return kind == TokenKind::Word && text == word; }
};

// Words are names, directives, opcodes with all their modifiers and special registers, each as one token
// ("ld.shared::cta.v2.f32", ".maxntid", "%tid.x"). Comments, line markers (.file, .loc) and debug sections are skipped.
class Lexer {
public:
    explicit Lexer(std::string_view source) : source_(source) { next(); }
    const Token& peek() const { return current_; }
    Token next();  // the current token; advances

private:
    void skip_space();
    void skip_line();
    void skip_section();
    bool at(size_t i, char c) const { return i < source_.size() && source_[i] == c; }
    Token scan();

    std::string_view source_;
    size_t position_ = 0;
    uint32_t line_ = 1;
    Token current_;
};

// Text of a token for an error message, shortened and with unprintable bytes replaced.
std::string shown(std::string_view text);
inline std::string shown(const Token& t) { return t.kind == TokenKind::End ? "the end of the text" : shown(t.text); }

}  // namespace softcuda
