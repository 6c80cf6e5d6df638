// A PTX module as parsed: names resolved, nothing placed yet.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ptx/types.h"

namespace softcuda {

enum class Space : uint8_t { Global, Const, Shared, Local, Param };

// A value of an initialiser that is an address, known once the variables are placed.
struct Relocation {
    uint32_t offset;  // where in the variable
    uint8_t bytes;    // width of the element
    uint8_t shift;    // the address is shifted right by this first: mask operators pick single bytes
    std::string_view symbol;
    int64_t addend;
    uint32_t line;
};

// A variable with an address. Sizes are bytes.
struct Storage {
    std::string_view name;
    Space space = Space::Global;
    uint32_t alignment = 1;
    uint64_t bytes = 0;
    bool isExtern = false;  // .extern .shared: the dynamic part of shared memory
    bool entryParameter = false;
    uint32_t line = 0;
    std::vector<uint8_t> data;  // initialiser, at most `bytes` long; the rest is zero
    std::vector<Relocation> relocations;
};

struct Register {
    std::string_view name;  // for messages; numbered registers carry the prefix alone
    Type type;
};

enum class OperandKind : uint8_t {
    Register,  // index
    Integer,   // value
    Float32,   // value: the bits
    Float64,   // value: the bits
    Special,   // index: SpecialRegister
    Symbol,    // storage + value
    Address,   // base in items[0] (Register, Integer or Symbol), displacement in value, coordinates behind it
    Vector,    // items
    List,      // items: arguments of a call
    Sink,      // _
    Label,     // text until the end of its scope, then index: statement number
    Function,  // text
};

struct Operand {
    OperandKind kind = OperandKind::Integer;
    bool negated = false;  // !p
    uint32_t index = 0;
    int64_t value = 0;
    const Storage* storage = nullptr;
    std::string_view text;
    std::vector<Operand> items;
};

struct Statement {
    std::string_view opcode;
    uint32_t line = 0;
    int32_t guard = -1;  // register, -1: none
    bool guardNegated = false;
    std::vector<Operand> operands;  // `p|q` gives two
};

struct BranchTable {
    std::vector<uint32_t> targets;  // statement numbers
    std::vector<std::string_view> names;
};

struct Function {
    std::string_view name;
    uint32_t line = 0;
    bool isEntry = false;
    bool hasBody = false;
    std::vector<const Storage*> parameters;
    std::vector<const Storage*> results;
    std::vector<Register> registers;
    std::vector<Statement> body;
    std::vector<BranchTable> tables;
    uint32_t maxThreads[3] = {0, 0, 0};
    uint32_t requiredThreads[3] = {0, 0, 0};
    uint32_t requiredCluster[3] = {0, 0, 0};
    uint32_t minBlocks = 0;
    uint32_t maxRegisters = 0;
};

struct PtxModule {
    uint32_t version = 0;                                  // 90 for 9.0
    uint32_t target = 0;                                   // 80 for sm_80
    std::vector<std::unique_ptr<Storage>> storages;        // all variables and parameters, of every scope
    std::map<std::string_view, const Storage*> variables;  // module scope: .global, .const, .shared
    std::vector<std::unique_ptr<Function>> functions;
    std::map<std::string_view, Function*> functionByName;
};

// Throws PtxError. Names are views of `source`, which must outlive the module.
PtxModule parse_module(std::string_view source);

}  // namespace softcuda
