// st.async and red.async: words written to, or combined into, another block's shared memory, whose mbarrier is told of the
// bytes. Performed when they are issued.
#include <cstring>
#include <string>

#include "async/form_names.h"
#include "async/mbarrier.h"
#include "async/reduce.h"
#include "check/hooks.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kInvalidInstruction = 715;
constexpr int kLaunchFailed = 719;

// Operands: [place], `count` values, [mbarrier]. Bytes land in the place with the mbarrier's block told; false after a fault.
template <class T, int count, class Put> bool put_words(const Ins* ip, Warp& w, Put put) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        constexpr uint32_t bytes = sizeof(T) * count;
        SharedPlace place, barrier;
        const uint32_t address = reg<uint32_t>(ip, w, 0)[lane] + uint32_t(ip->imm);
        if (!locate(ip, w, lane, address, Window::Cluster, bytes, bytes, place)) return false;
        if (!locate(ip, w, lane, reg<uint32_t>(ip, w, 1 + count)[lane], Window::Cluster, 8, 8, barrier)) return false;
        if (barrier.block != place.block) {
            fault(w, ip, kInvalidInstruction, lane, barrier.offset,
                  "the mbarrier of an asynchronous store lies in another block than its destination");
            return false;
        }
        T values[count];
        for (int k = 0; k < count; k++) values[k] = reg<T>(ip, w, 1 + k)[lane];
        if (!check_async_store(ip, w, *place.block, lane, place.offset, bytes)) return false;
        put(place.at(), values);
        check_mbarrier_arrive(w, *barrier.block, barrier.offset);
        if (const char* wrong = add_transactions(barrier, bytes)) {
            fault(w, ip, kLaunchFailed, lane, barrier.offset, wrong);
            return false;
        }
    }
    return true;
}

template <class T, int count> const Ins* store(const Ins* ip, Warp& w) {
    return put_words<T, count>(ip, w, [](uint8_t* to, const T* values) { std::memcpy(to, values, sizeof(T) * count); })
               ? ip + 1
               : nullptr;
}

template <class T, Reduction operation, Number number> const Ins* combine(const Ins* ip, Warp& w) {
    return put_words<T, 1>(ip, w,
                           [](uint8_t* to, const T* values) {
                               reduce(operation, number, to, reinterpret_cast<const uint8_t*>(values), sizeof(T));
                           })
               ? ip + 1
               : nullptr;
}

}  // namespace

void add_store_async_forms(FormSink& sink) {
    auto both = [&](const std::string& name, const char* signature, Handler h) {
        sink.add({lasting(name), signature, h, h, nullptr});
    };
    const std::string st = "st.async.mbarrier::complete_tx::bytes", red = "red.async.mbarrier::complete_tx::bytes";
    both(st + ".b32", "=mwm", store<uint32_t, 1>);
    both(st + ".v2.b32", "=mwwm", store<uint32_t, 2>);
    both(st + ".v4.b32", "=mwwwwm", store<uint32_t, 4>);
    both(st + ".b64", "=mdm", store<uint64_t, 1>);
    both(st + ".v2.b64", "=mddm", store<uint64_t, 2>);
    both(red + ".add.u32", "=mwm", combine<uint32_t, Reduction::Add, Number::U32>);
    both(red + ".add.s32", "=mwm", combine<uint32_t, Reduction::Add, Number::S32>);
    both(red + ".add.u64", "=mdm", combine<uint64_t, Reduction::Add, Number::U64>);
    both(red + ".min.u32", "=mwm", combine<uint32_t, Reduction::Min, Number::U32>);
    both(red + ".min.s32", "=mwm", combine<uint32_t, Reduction::Min, Number::S32>);
    both(red + ".max.u32", "=mwm", combine<uint32_t, Reduction::Max, Number::U32>);
    both(red + ".max.s32", "=mwm", combine<uint32_t, Reduction::Max, Number::S32>);
    both(red + ".inc.u32", "=mwm", combine<uint32_t, Reduction::Inc, Number::U32>);
    both(red + ".dec.u32", "=mwm", combine<uint32_t, Reduction::Dec, Number::U32>);
    both(red + ".and.b32", "=mwm", combine<uint32_t, Reduction::And, Number::B32>);
    both(red + ".or.b32", "=mwm", combine<uint32_t, Reduction::Or, Number::B32>);
    both(red + ".xor.b32", "=mwm", combine<uint32_t, Reduction::Xor, Number::B32>);
}

}  // namespace softcuda
