// wgmma.mma_async: the products of a warpgroup, 64 rows in all, 16 of them each warp's own.
//
// A warp's part is what mma.sync.m16n8k16 would compute for each eight columns: the accumulators, A in registers and what is
// gathered from shared memory have that instruction's fragments (matrix/fragment.h), and the sums its order. So the two
// give the same bits. Every warp does its part when it issues the instruction; in checked mode the checkers choose the time.
//
// Operands: A's descriptor or its four registers, B's descriptor, scale-d, and as the type has them scale-a, scale-b,
// trans-a (A in shared memory only), trans-b. The accumulators' places are in the records behind (matrix/wgmma.h).
#include "matrix/wgmma.h"

#include "async/block_async.h"
#include "async/form_names.h"
#include "check/hooks.h"
#include "matrix/fragment.h"
#include "matrix/gather.h"
#include "matrix/tensor_core.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

constexpr int kLaunchFailure = 719;
constexpr int kInvalidInstruction = 715;

enum class Input { Bf16, F16, Tf32, E4m3, E5m2, S8, U8 };
enum class Sum { F32, F16, S32, S32Saturated };

constexpr bool is_half(Input i) { return i == Input::Bf16 || i == Input::F16; }
constexpr bool is_byte(Input i) { return i >= Input::E4m3; }
constexpr bool is_integer(Input i) { return i >= Input::S8; }
constexpr Element element_of(Input i) {
    return i == Input::Bf16 ? Element::Bf16 : i == Input::F16 ? Element::F16 : Element::Tf32;
}

template <class T> MATRIX_INLINE T* accumulator(const Ins* ip, Warp& w, uint32_t k) {
    return static_cast<T*>(__builtin_assume_aligned(w.regs + size_t(wgmma_place(ip, k)) * kUnit, kUnit));
}

// Where piece r of a block and chunk lies.
MATRIX_INLINE auto rows_of(const uint8_t* shared, const MatrixLayout& l, uint32_t block, uint32_t chunk) {
    const uint32_t begin = l.first(block, chunk), row = l.row, mask = swizzle_bytes(l.swizzle) - 16;
    return [=](int r) {
        const uint32_t at = begin + uint32_t(r) * row;
        return shared + (at ^ (at >> 3 & mask));
    };
}

// Two chunks of eight 16-bit steps of k for eight rows of A or columns of B.
MATRIX_INLINE void gather_block(const uint8_t* shared, const MatrixLayout& l, bool mnMajor, uint32_t block,
                                uint32_t* first, uint32_t* second) {
    for (uint32_t c = 0; c < 2; c++) {
        uint32_t* to = c ? second : first;
        const auto row = rows_of(shared, l, block, c);
        if (mnMajor) gather_matrix<true>(row, to);
        else gather_matrix<false>(row, to);
    }
}

// ---- one block of eight columns ----------------------------------------------------------------------------------------

// Eight-bit elements: a[16][32] and b[8][32], by row or column and k.
template <Input I> MATRIX_INLINE float number_of(uint32_t byte) {
    // e5m2 is the upper half of an f16; e4m3 in an f16's places is 2^8 too small, its one NaN apart.
    if (I == Input::E5m2) return half_to_float(byte << 8);
    if ((byte & 0x7f) == 0x7f) return float_of_bits(0x7fffffff);
    return half_to_float((byte & 0x80) << 8 | (byte & 0x7f) << 7) * 256.0f;
}

template <class T, T (*number)(uint32_t)>
MATRIX_INLINE void unpack_bytes(const uint32_t* first, const uint32_t* second, T (*to)[32]) {
    for (int l = 0; l < kLanes; l++)
        for (int e = 0; e < 4; e++) {
            to[l / 4][4 * (l % 4) + e] = number(first[l] >> 8 * e & 0xff);
            to[l / 4][16 + 4 * (l % 4) + e] = number(second[l] >> 8 * e & 0xff);
        }
}

inline int32_t signed_byte(uint32_t byte) { return int8_t(byte); }
inline int32_t unsigned_byte(uint32_t byte) { return int32_t(byte); }
template <Input I> constexpr auto integer_of() { return I == Input::S8 ? signed_byte : unsigned_byte; }

// Sums of products enter one at a time, k rising.
template <class T> MATRIX_INLINE void multiply_rows(const T (*a)[32], const T (*b)[32], T* const* c) {
    alignas(64) T columns[32][8];
    for (int k = 0; k < 32; k++)
        for (int n = 0; n < 8; n++) columns[k][n] = b[n][k];
    for (int row = 0; row < 16; row++) {
        alignas(32) T sum[8];
        T* const* place = c + row / 8 * 2;
        for (int n = 0; n < 8; n++) sum[n] = place[n % 2][row % 8 * 4 + n / 2];
        for (int k = 0; k < 32; k++)
            for (int n = 0; n < 8; n++) sum[n] = T(sum[n] + a[row][k] * columns[k][n]);
        for (int n = 0; n < 8; n++) place[n % 2][row % 8 * 4 + n / 2] = sum[n];
    }
}

template <Sum S>
MATRIX_INLINE void load_sums(const Ins* ip, Warp& w, uint32_t block, bool accumulate, float (*sum)[kLanes]) {
    if (!accumulate) {
        __builtin_memset(sum, 0, 4 * sizeof *sum);
    } else if (S == Sum::F32) {
        for (uint32_t i = 0; i < 4; i++)
            __builtin_memcpy(sum[i], accumulator<float>(ip, w, 4 * block + i), sizeof *sum);
    } else {
        for (uint32_t i = 0; i < 2; i++) {
            const uint32_t* packed = accumulator<uint32_t>(ip, w, 2 * block + i);
            for (int l = 0; l < kLanes; l++) {
                sum[2 * i][l] = half_to_float(packed[l] & 0xffff);
                sum[2 * i + 1][l] = half_to_float(packed[l] >> 16);
            }
        }
    }
}

template <Sum S> MATRIX_INLINE void store_sums(const Ins* ip, Warp& w, uint32_t block, const float (*sum)[kLanes]) {
    if (S == Sum::F32) {
        for (uint32_t i = 0; i < 4; i++)
            __builtin_memcpy(accumulator<float>(ip, w, 4 * block + i), sum[i], sizeof *sum);
    } else {
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t* packed = accumulator<uint32_t>(ip, w, 2 * block + i);
            for (int l = 0; l < kLanes; l++)
                packed[l] = half_from_float(sum[2 * i][l]) | half_from_float(sum[2 * i + 1][l]) << 16;
        }
    }
}

// ---- a warp's part -----------------------------------------------------------------------------------------------------

// Where the immediates stand: behind A, B's descriptor and scale-d.
template <bool registers> constexpr int kFirstImmediate = registers ? 6 : 3;

template <Input I, bool registers> MATRIX_INLINE bool negative(const Ins* ip) {
    return !is_integer(I)
           && (ip->arg[kFirstImmediate<registers>] == 0xffff) != (ip->arg[kFirstImmediate<registers> + 1] == 0xffff);
}
template <Input I, bool registers> MATRIX_INLINE bool mn_major_a(const Ins* ip) {
    return is_half(I) && !registers && ip->arg[kFirstImmediate<registers> + 2];
}
template <Input I, bool registers> MATRIX_INLINE bool mn_major_b(const Ins* ip) {
    return is_half(I) && ip->arg[kFirstImmediate<registers> + (registers ? 2 : 3)];
}

// The warp's rows of A: its four registers of a fragment, negated if the scales say so.
template <Input A, bool registers>
MATRIX_INLINE void gather_a(const Ins* ip, Warp& w, const WgmmaOperands& o, uint32_t (*a)[kLanes]) {
    if (registers) {
        __builtin_memcpy(a, o.a, sizeof o.a);
    } else {
        const uint32_t first = w.index % 4 * 2;
        for (uint32_t half = 0; half < 2; half++)
            gather_block(w.block->shared, o.layoutA, mn_major_a<A, registers>(ip), first + half, a[half], a[2 + half]);
    }
    if (negative<A, registers>(ip)) {
        const uint32_t signs = is_byte(A) ? 0x80808080u : is_half(A) ? 0x80008000u : 0x80000000u;
        for (int r = 0; r < 4; r++)
            for (int l = 0; l < kLanes; l++) a[r][l] ^= signs;
    }
}

#if defined(__AVX512BF16__)

// A block of B, packed for multiply_pairs.
MATRIX_INLINE void pack_block(const uint8_t* shared, const MatrixLayout& l, bool mnMajor, uint32_t block,
                              uint32_t (*to)[kLanes]) {
    for (uint32_t c = 0; c < 2; c++) {
        const auto row = rows_of(shared, l, block, c);
        __m512i b0, b1;
        if (mnMajor) gather_matrix<true>(row, b0, b1);
        else gather_matrix<false>(row, b0, b1);
        pack_fragment(b0, b1, to[c]);
    }
}

// N blocks at a time share the shuffles of A.
template <int N>
MATRIX_INLINE void multiply_blocks(const Ins* ip, Warp& w, bool accumulate, const uint32_t (*a)[kLanes],
                                   const uint32_t (*b)[2][kLanes], uint32_t first) {
    alignas(64) static const float zeros[kLanes] = {};
    Accumulator sums[N];
    float* d[N][4];
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t r = 0; r < 4; r++) d[i][r] = accumulator<float>(ip, w, 4 * (first + i) + r);
        const float* none[4] = {zeros, zeros, zeros, zeros};
        sums[i].load(accumulate ? d[i] : none);
    }
    for (int c = 0; c < 2; c++) {
        const uint32_t* columns[N];
        for (int i = 0; i < N; i++) columns[i] = b[i][c];
        multiply_pairs<true, N>(sums, a[2 * c], a[2 * c + 1], columns);
    }
    for (uint32_t i = 0; i < N; i++) sums[i].store(d[i]);
}

// In checked mode, where a product is computed late and mistakes shall show, every warp reads B for itself.
MATRIX_INLINE void multiply_bf16(const Ins* ip, Warp& w, const WgmmaOperands& o, const uint32_t (*a)[kLanes],
                                 bool mnMajorB, uint32_t blocks) {
    using Packed = uint32_t[2][kLanes];
    alignas(64) Packed own[32];
    Packed* b = own;
    bool present = false;
    if (w.block->checker == nullptr) {
        BlockAsync& async = async_of(*w.block);
        async.used = true;
        b = reinterpret_cast<Packed*>(
            async.wgmmaPacks.next(ip, w, o.descriptorB, blocks * uint32_t(sizeof(Packed) / sizeof(uint32_t)), present));
    }
    for (uint32_t j = 0; !present && j < blocks; j++) pack_block(w.block->shared, o.layoutB, mnMajorB, j, b[j]);
    uint32_t j = 0;
    for (; j + 2 <= blocks; j += 2) multiply_blocks<2>(ip, w, o.accumulate, a, b + j, j);
    if (j < blocks) multiply_blocks<1>(ip, w, o.accumulate, a, b + j, j);
}

#endif

template <Input A, Input B, Sum S, bool registers> void product(const Ins* ip, Warp& w, const WgmmaOperands& o) {
    const uint8_t* shared = w.block->shared;
    alignas(64) uint32_t a[4][kLanes];
    gather_a<A, registers>(ip, w, o, a);
    const bool mnMajorB = mn_major_b<A, registers>(ip);
    const uint32_t blocks = ip->aux / (S == Sum::F16 ? 2 : 4);
    if constexpr (is_integer(A)) {
        int32_t rows[16][32];
        unpack_bytes<int32_t, integer_of<A>()>(a[0], a[2], rows);
        unpack_bytes<int32_t, integer_of<A>()>(a[1], a[3], rows + 8);
        for (uint32_t j = 0; j < blocks; j++) {
            alignas(64) uint32_t b[2][kLanes];
            int32_t columns[8][32];
            uint32_t sums[4][kLanes] = {}, *c[4];
            gather_block(shared, o.layoutB, false, j, b[0], b[1]);
            unpack_bytes<int32_t, integer_of<B>()>(b[0], b[1], columns);
            int32_t* dot[4];
            for (uint32_t i = 0; i < 4; i++) {
                c[i] = accumulator<uint32_t>(ip, w, 4 * j + i);
                dot[i] = reinterpret_cast<int32_t*>(sums[i]);
            }
            multiply_rows<int32_t>(rows, columns, dot);
            for (uint32_t i = 0; i < 4; i++)
                for (int l = 0; l < kLanes; l++) {
                    const int64_t sum = int64_t(o.accumulate ? int32_t(c[i][l]) : 0) + dot[i][l];
                    c[i][l] = S == Sum::S32Saturated ? uint32_t(sum > INT32_MAX   ? INT32_MAX
                                                                : sum < INT32_MIN ? INT32_MIN
                                                                                  : sum)
                                                     : uint32_t(sum);
                }
        }
    } else if constexpr (is_byte(A)) {
        float rows[16][32];
        unpack_bytes<float, number_of<A>>(a[0], a[2], rows);
        unpack_bytes<float, number_of<A>>(a[1], a[3], rows + 8);
        for (uint32_t j = 0; j < blocks; j++) {
            alignas(64) uint32_t b[2][kLanes];
            alignas(64) float sum[4][kLanes];
            float columns[8][32], *c[4] = {sum[0], sum[1], sum[2], sum[3]};
            gather_block(shared, o.layoutB, false, j, b[0], b[1]);
            unpack_bytes<float, number_of<B>>(b[0], b[1], columns);
            load_sums<S>(ip, w, j, o.accumulate, sum);
            multiply_rows<float>(rows, columns, c);
            store_sums<S>(ip, w, j, sum);
        }
    } else {
#if defined(__AVX512BF16__)
        if constexpr (A == Input::Bf16) {
            multiply_bf16(ip, w, o, a, mnMajorB, blocks);
            return;
        }
#endif
        const uint32_t* rows[4] = {a[0], a[1], a[2], a[3]};
        for (uint32_t j = 0; j < blocks; j++) {
            alignas(64) uint32_t b[2][kLanes];
            alignas(64) float sum[4][kLanes];
            const uint32_t* columns[2] = {b[0], b[1]};
            float* c[4] = {sum[0], sum[1], sum[2], sum[3]};
            gather_block(shared, o.layoutB, mnMajorB, j, b[0], b[1]);
            load_sums<S>(ip, w, j, o.accumulate, sum);
            multiply<element_of(A), 2>(rows, columns, c);
            store_sums<S>(ip, w, j, sum);
        }
    }
}

// The same with the sums of a tensor core (exec/tensor_core.h).
template <Input I> void unpack_elements(const uint32_t* first, const uint32_t* second, float (*to)[32]) {
    if constexpr (is_byte(I)) {
        unpack_bytes<float, number_of<I>>(first, second, to);
    } else {
        constexpr int H = is_half(I) ? 2 : 1;
        for (int c = 0; c < 2; c++)
            for (int l = 0; l < kLanes; l++)
                for (int h = 0; h < H; h++) {
                    const uint32_t word = (c ? second : first)[l], half = word >> 16 * h & 0xffff;
                    to[l / 4][(4 * c + l % 4) * H + h] =
                        I == Input::F16 ? half_to_float(half)
                                        : float_of_bits(I == Input::Bf16 ? half << 16 : word & 0xffffe000);
                }
    }
}

template <Input A, Input B, Sum S, bool registers> void modelled(const Ins* ip, Warp& w, const WgmmaOperands& o) {
    alignas(64) uint32_t a[4][kLanes], b[2][kLanes];
    float rows[16][32], columns[8][32], sum[4][kLanes];
    gather_a<A, registers>(ip, w, o, a);
    unpack_elements<A>(a[0], a[2], rows);
    unpack_elements<A>(a[1], a[3], rows + 8);
    constexpr int bits = is_byte(A) ? 8 : is_half(A) ? 16 : 32;
    constexpr int least = A == Input::F16 || A == Input::E5m2 ? -14 : A == Input::E4m3 ? -6 : -126;
    const BlockSum shape = block_sum(tensor_core(), bits);
    for (uint32_t j = 0; j < ip->aux / (S == Sum::F16 ? 2 : 4); j++) {
        gather_block(w.block->shared, o.layoutB, mn_major_b<A, registers>(ip), j, b[0], b[1]);
        unpack_elements<B>(b[0], b[1], columns);
        load_sums<S>(ip, w, j, o.accumulate, sum);
        for (int i = 0; i < 4; i++)
            for (int l = 0; l < kLanes; l++)
                sum[i][l] =
                    summed(shape, rows[l / 4 + i / 2 * 8], columns[2 * (l % 4) + i % 2], 256 / bits, sum[i][l], least);
        store_sums<S>(ip, w, j, sum);
    }
}

// Whether all pieces of `blocks` blocks from `first` on lie in shared memory.
bool inside(const MatrixLayout& l, uint32_t first, uint32_t blocks, uint32_t size) {
    // In rising order of everything, up to the pattern of 128 bytes within which a swizzle moves pieces.
    const uint32_t last = first + blocks - 1, atoms = last >> l.atomShift, within = (1u << l.atomShift) - 1;
    const uint64_t end =
        uint64_t(l.start) + uint64_t(atoms) * l.atom + uint64_t(within) * l.block + l.chunk + 7 * l.row + 16;
    if ((end + 127) / 128 * 128 <= size) return true;
    for (uint32_t b = first; b <= last; b++)
        for (uint32_t c = 0; c < 2; c++)
            for (uint32_t r = 0; r < 8; r++)
                if (l.piece(b, c, r) > size || size - l.piece(b, c, r) < 16) return false;
    return true;
}

template <Input A, Input B, Sum S, bool registers, WgmmaProduct compute> const Ins* issue(const Ins* ip, Warp& w) {
    Block& block = *w.block;
    if (compute != product<A, B, S, registers> && is_byte(A) && tensor_core() == TensorCore::A100)
        return fault(w, ip, kInvalidInstruction, -1, 0,
                     "ZOETROPE_TENSOR_CORE=a100: its tensor cores have no 8-bit floating-point numbers");
    if (w.active != kAllLanes || w.live != kAllLanes)
        return fault(w, ip, kLaunchFailure, -1, w.active, "divergent wgmma: .aligned needs all lanes of the warp");
    if (w.index / 4 * 4 + 4 > block.warps)
        return fault(w, ip, kLaunchFailure, -1, block.warps,
                     "wgmma by a warp that does not belong to a whole warpgroup of four");
    constexpr int kB = registers ? 4 : 1;
    const uint32_t blocks = ip->aux / (S == Sum::F16 ? 2 : 4), size = block.sharedBytes;
    WgmmaOperands o;
    const char* wrong = nullptr;
    const uint64_t b = reg<uint64_t>(ip, w, kB)[0];
    if (!matrix_layout(b, mn_major_b<A, registers>(ip), o.layoutB, wrong))
        return fault(w, ip, kInvalidInstruction, -1, b, wrong);
    if (!inside(o.layoutB, 0, blocks, size))
        return fault(w, ip, kIllegalAddress, -1, o.layoutB.start,
                     "matrix B of a wgmma reaches outside the block's shared memory");
    if (registers) {
        for (int i = 0; i < 4; i++) __builtin_memcpy(o.a[i], reg<uint32_t>(ip, w, i), sizeof o.a[i]);
    } else {
        const uint64_t a = o.descriptorA = reg<uint64_t>(ip, w, 0)[0];
        if (!matrix_layout(a, mn_major_a<A, registers>(ip), o.layoutA, wrong))
            return fault(w, ip, kInvalidInstruction, -1, a, wrong);
        if (!inside(o.layoutA, w.index % 4 * 2, 2, size))
            return fault(w, ip, kIllegalAddress, -1, o.layoutA.start,
                         "matrix A of a wgmma reaches outside the block's shared memory");
    }
    o.descriptorB = b;
    o.registers = registers;
    o.accumulate = predicate(ip, w, kB + 1) & 1;
    if (__builtin_expect(block.checker != nullptr, 0)) {
        if (!check_wgmma(ip, w, o, blocks, compute)) return nullptr;
    } else {
        compute(ip, w, o);
    }
    return ip + 1 + wgmma_records(ip->aux);
}

class Adder {
public:
    explicit Adder(FormSink& sink) : sink_(sink) {}

    template <Input A, Input B, Sum S> void add(const std::string& types, int k) {
        for (int n = 8; n <= 256; n += is_integer(A) && n >= 32 ? 16 : 8) {
            const std::string name =
                "wgmma.mma_async.sync.aligned.m64n" + std::to_string(n) + "k" + std::to_string(k) + "." + types;
            const std::string sums(size_t(S == Sum::F16 ? n / 4 : n / 2), 'w'), scales = is_integer(A) ? "" : "ii";
            one(name, sums + "=ddp" + scales + (is_half(A) ? "ii" : ""),
                issue<A, B, S, false, product<A, B, S, false>>);
            one(name, sums + "=wwwwdp" + scales + (is_half(A) ? "i" : ""),
                issue<A, B, S, true, product<A, B, S, true>>);
            if constexpr (!is_integer(A)) {
                one(name + "!model", sums + "=ddpii" + (is_half(A) ? "ii" : ""),
                    issue<A, B, S, false, modelled<A, B, S, false>>);
                one(name + "!model", sums + "=wwwwdpii" + (is_half(A) ? "i" : ""),
                    issue<A, B, S, true, modelled<A, B, S, true>>);
            }
        }
    }

private:
    void one(const std::string& name, const std::string& signature, Handler h) {
        sink_.add({lasting(name), lasting(signature), h, h, nullptr});
    }
    FormSink& sink_;
};

}  // namespace

void add_wgmma_forms(FormSink& sink) {
    Adder forms(sink);
    forms.add<Input::Bf16, Input::Bf16, Sum::F32>("f32.bf16.bf16", 16);
    forms.add<Input::F16, Input::F16, Sum::F32>("f32.f16.f16", 16);
    forms.add<Input::F16, Input::F16, Sum::F16>("f16.f16.f16", 16);
    forms.add<Input::Tf32, Input::Tf32, Sum::F32>("f32.tf32.tf32", 8);
#define EIGHT_BITS(A, A_TEXT, B, B_TEXT)                                                                               \
    forms.add<Input::A, Input::B, Sum::F32>("f32." A_TEXT "." B_TEXT, 32);                                             \
    forms.add<Input::A, Input::B, Sum::F16>("f16." A_TEXT "." B_TEXT, 32);
    EIGHT_BITS(E4m3, "e4m3", E4m3, "e4m3")
    EIGHT_BITS(E4m3, "e4m3", E5m2, "e5m2")
    EIGHT_BITS(E5m2, "e5m2", E4m3, "e4m3")
    EIGHT_BITS(E5m2, "e5m2", E5m2, "e5m2")
#define INTEGERS(A, A_TEXT, B, B_TEXT)                                                                                 \
    forms.add<Input::A, Input::B, Sum::S32>("s32." A_TEXT "." B_TEXT, 32);                                             \
    forms.add<Input::A, Input::B, Sum::S32Saturated>("s32." A_TEXT "." B_TEXT ".satfinite", 32);
    INTEGERS(S8, "s8", S8, "s8")
    INTEGERS(S8, "s8", U8, "u8")
    INTEGERS(U8, "u8", S8, "s8")
    INTEGERS(U8, "u8", U8, "u8")
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
