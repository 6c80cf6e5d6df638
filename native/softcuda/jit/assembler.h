// Writes the few x86-64 instructions that compiled chains consist of (jit/chain.cpp): AVX-512 on zmm registers, 32-bit
// mask registers, and what enters and leaves a function. Encodings: Intel SDM volume 2, sections 2.3 (VEX) and 2.7 (EVEX).
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

namespace softcuda {

// Opcode map (1: 0F, 2: 0F38, 3: 0F3A), mandatory prefix (0: none, 1: 66, 2: F3), W, opcode byte.
struct VectorOp {
    uint8_t map, prefix, w, opcode;
};

enum Base : uint8_t { kRax = 0, kRcx = 1, kRdx = 2 };  // of memory operands

class Assembler {
public:
    const std::vector<uint8_t>& bytes() const { return bytes_; }

    // op reg{mask}, first, second: a vector operation on whole zmm registers. `first` is 0 where there is none.
    void vector(VectorOp op, int reg, int first, int second, int mask = 0) {
        evex(op, reg, first, second >> 3 & 1, second >> 4, mask, false);
        byte(uint8_t(0xc0 | (reg & 7) << 3 | (second & 7)));
    }
    void vector(VectorOp op, int reg, int first, int second, int mask, uint8_t immediate) {
        vector(op, reg, first, second, mask);
        byte(immediate);
    }
    // The same with the second operand in memory; `broadcast`: one 32-bit element for all.
    void memory(VectorOp op, int reg, int first, Base base, int32_t displacement, bool broadcast = false,
                int mask = 0) {
        evex(op, reg, first, 0, 0, mask, broadcast);
        address(reg, base, displacement);
    }
    // op kd, ka, kb on mask registers (VEX); `wide` is VEX.L.
    void mask(VectorOp op, int d, int a, int b, bool wide) {
        vex(op, a, wide);
        byte(uint8_t(0xc0 | d << 3 | b));
    }
    void mask(VectorOp op, int d, int b, uint8_t immediate) {
        mask(op, d, 0, b, false);
        byte(immediate);
    }
    void mask_memory(VectorOp op, int k, Base base, int32_t displacement) {
        vex(op, 0, false);
        address(k, base, displacement);
    }

    void raw(std::initializer_list<uint8_t> code) { bytes_.insert(bytes_.end(), code); }
    void word(uint32_t v) { append(&v, sizeof v); }
    void quad(uint64_t v) { append(&v, sizeof v); }

private:
    void byte(uint8_t b) { bytes_.push_back(b); }
    void append(const void* p, size_t n) {
        size_t at = bytes_.size();
        bytes_.resize(at + n);
        std::memcpy(bytes_.data() + at, p, n);
    }
    // Register numbers and vvvv are stored inverted.
    void evex(VectorOp op, int reg, int first, int rm3, int rm4, int mask, bool broadcast) {
        byte(0x62);
        byte(uint8_t((~reg >> 3 & 1) << 7 | (~rm4 & 1) << 6 | (~rm3 & 1) << 5 | (~reg >> 4 & 1) << 4 | op.map));
        byte(uint8_t(op.w << 7 | (~first & 15) << 3 | 4 | op.prefix));
        byte(uint8_t(0x40 | broadcast << 4 | (~first >> 4 & 1) << 3 | mask));
        byte(op.opcode);
    }
    void vex(VectorOp op, int first, bool wide) {
        byte(0xc4);
        byte(uint8_t(0xe0 | op.map));
        byte(uint8_t(op.w << 7 | (~first & 15) << 3 | wide << 2 | op.prefix));
        byte(op.opcode);
    }
    void address(int reg, Base base, int32_t displacement) {
        byte(uint8_t(0x80 | (reg & 7) << 3 | base));
        append(&displacement, sizeof displacement);
    }

    std::vector<uint8_t> bytes_;
};

}  // namespace softcuda
