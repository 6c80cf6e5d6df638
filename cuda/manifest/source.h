// The tokens of a preprocessed .cu file, those alone that come from the project's own files: the line markers of the
// preprocessor tell them from the toolkit's headers.
#pragma once
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace manifest {

// What stops a build: one line that says where, what was found and what was expected.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Token {
    enum Kind { kName, kNumber, kString, kPunctuation, kEnd };
    Kind kind;
    std::string text;  // of a string: what stands between the quotes
    const std::string* file;
    int line;

    bool is(const char* what) const { return kind != kString && text == what; }
    std::string place() const { return *file + ":" + std::to_string(line); }
};

class Source {
public:
    // `root`: the folder of the project's own files, or "" for all.
    Source(const std::string& preprocessed, const std::string& root);

    const std::vector<Token>& tokens() const { return tokens_; }  // the last is kEnd

private:
    void scan_line(const std::string& line, const std::string* file, int number);

    std::deque<std::string> files_;  // tokens point into it
    std::vector<Token> tokens_;
};

std::string read_file(const std::string& path);

}  // namespace manifest
