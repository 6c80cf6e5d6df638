// Writes the manifests of compiled kernels.
//
//   zoetrope-manifest module NAME ROOT PREPROCESSED PTXAS_LOG LINES JSON PTX...
//                                                    of one .cu file
//   zoetrope-manifest index JSON FOLDER NAME...      of all, from FOLDER/NAME.lines that the first wrote
#include <cstring>
#include <fstream>
#include <iostream>

#include "manifest.h"

namespace {

using namespace manifest;

void write(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) throw Error(path + " cannot be written");
}

void module(char** args, int count) {
    const std::string name = args[0], lines = args[4], json = args[5];
    const Source source(read_file(args[2]), args[1]);
    std::vector<Ptx> ptx;
    for (int i = 6; i < count; ++i) ptx.push_back(parse_ptx(read_file(args[i]), args[i]));
    const std::vector<Entry> entries = join(parse(source), ptx, parse_resources(read_file(args[3]), name));
    write(json, to_json(name, entries));
    write(lines, to_lines(entries));
}

void index(char** args, int count) {
    std::vector<std::pair<std::string, std::string>> modules;
    for (int i = 2; i < count; ++i)
        modules.emplace_back(args[i], read_file(std::string(args[1]) + "/" + args[i] + ".lines"));
    write(args[0], index_json(modules));
}

}  // namespace

int main(int count, char** args) {
    try {
        if (count >= 9 && std::strcmp(args[1], "module") == 0) module(args + 2, count - 2);
        else if (count >= 4 && std::strcmp(args[1], "index") == 0) index(args + 2, count - 2);
        else throw manifest::Error("usage: zoetrope-manifest module|index ..., see main.cpp");
        return 0;
    } catch (const std::exception& e) {
        std::cerr << "manifest: " << e.what() << "\n";
        return 1;
    }
}
