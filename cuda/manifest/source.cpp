#include "source.h"

#include <cctype>
#include <fstream>
#include <sstream>

namespace manifest {

namespace {

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// A marker is `# 12 "file" flags`: what follows comes from line 12 of file.
bool line_marker(const std::string& line, std::string& file, int& number) {
    if (line.size() < 4 || line[0] != '#') return false;
    const size_t digit = line.find_first_not_of(" \t", line.compare(0, 5, "#line") == 0 ? 5 : 1);
    const size_t open = line.find('"'), close = line.rfind('"');
    if (digit == std::string::npos || !std::isdigit(static_cast<unsigned char>(line[digit])) || open == close)
        return false;
    number = std::stoi(line.substr(digit));
    file = line.substr(open + 1, close - open - 1);
    return true;
}

}  // namespace

Source::Source(const std::string& preprocessed, const std::string& root) {
    std::istringstream in(preprocessed);
    files_.push_back("the preprocessed file");
    bool own = root.empty();
    int number = 1;
    for (std::string line; std::getline(in, line);) {
        std::string file;
        if (line_marker(line, file, number)) {
            own = file.compare(0, root.size(), root) == 0;
            if (files_.back() != file) files_.push_back(file);
            continue;
        }
        if (own && line.compare(0, 1, "#") != 0) scan_line(line, &files_.back(), number);
        ++number;
    }
    tokens_.push_back({Token::kEnd, "the end of the file", &files_.back(), number});
}

void Source::scan_line(const std::string& line, const std::string* file, int number) {
    for (size_t at = 0; at < line.size();) {
        const char c = line[at];
        size_t end = at + 1;
        if (std::isspace(static_cast<unsigned char>(c))) {
            at = end;
            continue;
        }
        Token::Kind kind = Token::kPunctuation;
        if (starts_name(c)) {
            kind = Token::kName;
            while (end < line.size() && in_name(line[end])) ++end;
        } else if (std::isdigit(static_cast<unsigned char>(c))) {
            kind = Token::kNumber;
            while (end < line.size() && (in_name(line[end]) || line[end] == '.' || line[end] == '\'')) ++end;
        } else if (c == '"' || c == '\'') {
            kind = Token::kString;
            while (end < line.size() && line[end] != c) end += line[end] == '\\' ? 2 : 1;
            if (end >= line.size()) throw Error(*file + ":" + std::to_string(number) + ": a string without an end");
            tokens_.push_back({kind, line.substr(at + 1, end - at - 1), file, number});
            at = end + 1;
            continue;
        } else if (line.compare(at, 2, "::") == 0) {
            end = at + 2;
        }
        tokens_.push_back({kind, line.substr(at, end - at), file, number});
        at = end;
    }
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(path + " cannot be read");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace manifest
