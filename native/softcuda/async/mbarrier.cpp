#include "async/mbarrier.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "async/block_async.h"
#include "async/waiting.h"
#include "check/hooks.h"
#include "check/peers.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kInvalidInstruction = 715;
constexpr int kLaunchFailed = 719;
constexpr uint32_t kBytes = 8;

// What an instruction does with the object, besides the count it takes.
enum class Arrival { Plain, Drop, NoComplete, DropNoComplete };
enum class Transaction { None, Expect, Complete };

const char kNoObject[] = "no mbarrier is there: it was not initialised, or has been invalidated or overwritten";

// The object of one lane's operand. False after a fault.
bool find(const Ins* ip, Warp& w, int k, int lane, int64_t displacement, Window window, SharedPlace& place,
          Mbarrier& object) {
    const uint64_t address = address_operand(ip, w, k, lane, window) + uint64_t(displacement);
    if (!locate(ip, w, lane, address, window, kBytes, kBytes, place)) return false;
    object = Mbarrier::at(place);
    if (object.valid) return true;
    fault(w, ip, kLaunchFailed, lane, place.offset, kNoObject);
    return false;
}

std::string described(const Mbarrier& m) {
    return "phase " + std::to_string(m.phase & 1) + " has " + std::to_string(m.pending) + " of "
           + std::to_string(m.expected) + " arrivals and " + std::to_string(m.transactions)
           + " bytes of transactions pending";
}

// Barriers of a ring lie side by side: which of how many this one is.
std::string stage_of(const BlockAsync& async, uint32_t offset) {
    const std::vector<uint32_t>& all = async.mbarriers;
    auto here = std::lower_bound(all.begin(), all.end(), offset);
    if (here == all.end() || *here != offset) return "";
    auto first = here, last = here;
    while (first != all.begin() && *(first - 1) + kBytes == *first) --first;
    while (last + 1 != all.end() && *last + kBytes == *(last + 1)) ++last;
    return " (stage " + std::to_string(here - first) + " of " + std::to_string(last - first + 1) + " side by side)";
}

template <Window window> const Ins* init(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        const uint32_t count = reg<uint32_t>(ip, w, 1)[lane];
        SharedPlace place;
        if (!locate(ip, w, lane, address_operand(ip, w, 0, lane, window) + uint64_t(int64_t(ip->imm)), window, kBytes,
                    kBytes, place))
            return nullptr;
        if (count == 0 || count > kMostArrivals)
            return fault(w, ip, kInvalidInstruction, lane, count, "an mbarrier expects 1 to 1048575 arrivals");
        std::vector<uint32_t>& all = async_of(*place.block).mbarriers;
        auto at = std::lower_bound(all.begin(), all.end(), place.offset);
        const bool known = at != all.end() && *at == place.offset;
        if (known && Mbarrier::at(place).valid)
            return fault(w, ip, kLaunchFailed, lane, place.offset,
                         "an mbarrier is initialised again: mbarrier.inval has to come first");
        if (!known) all.insert(at, place.offset);
        async_of(*place.block).used = true;
        Mbarrier fresh;
        fresh.pending = fresh.expected = count;
        fresh.valid = true;
        fresh.store(place);
        check_mbarrier_init(*place.block, place.offset);
        check_mbarrier_made(w, lane, place.offset);
    }
    w.block->events++;
    return ip + 1;
}

template <Window window> const Ins* invalidate(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        SharedPlace place;
        Mbarrier object;
        if (!find(ip, w, 0, __builtin_ctz(lanes), ip->imm, window, place, object)) return nullptr;
        std::vector<uint32_t>& all = async_of(*place.block).mbarriers;
        all.erase(std::remove(all.begin(), all.end(), place.offset), all.end());
        Mbarrier().store(place);
    }
    return ip + 1;
}

// Destination: the state before the arrival. Then the address and, if `counted`, the arrivals or the bytes expected.
template <Window window, Arrival arrival, Transaction transaction, bool counted>
const Ins* arrive(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        SharedPlace place;
        Mbarrier object;
        if (!find(ip, w, 1, lane, ip->imm, window, place, object)) return nullptr;
        uint32_t count = 1;
        if (counted && transaction == Transaction::None) count = reg<uint32_t>(ip, w, 2)[lane];
        if (transaction == Transaction::Expect) {
            if (const char* wrong = add_transactions(place, -int64_t(reg<uint32_t>(ip, w, 2)[lane])))
                return fault(w, ip, kLaunchFailed, lane, place.offset, wrong);
            object = Mbarrier::at(place);
        }
        if (count == 0 || count > object.pending) {
            const std::string text =
                "an mbarrier takes no arrival of " + std::to_string(count) + ": " + described(object);
            return fault(w, ip, kLaunchFailed, lane, place.offset, text.c_str());
        }
        const uint64_t before = object.word();
        object.pending -= count;
        if (arrival == Arrival::Drop || arrival == Arrival::DropNoComplete) object.expected -= count;
        const bool completed = object.advance();
        if (completed && (arrival == Arrival::NoComplete || arrival == Arrival::DropNoComplete))
            return fault(w, ip, kLaunchFailed, lane, place.offset,
                         "an arrival with .noComplete completes the mbarrier's phase");
        object.store(place);
        reg<uint64_t>(ip, w, 0)[lane] = before;
        check_mbarrier_arrive(w, *place.block, place.offset);
        if (completed) check_mbarrier_complete(*place.block, place.offset);
    }
    w.block->events++;
    return ip + 1;
}

template <Window window, Transaction transaction> const Ins* transact(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        SharedPlace place;
        Mbarrier object;
        if (!find(ip, w, 0, lane, ip->imm, window, place, object)) return nullptr;
        const int64_t bytes = reg<uint32_t>(ip, w, 1)[lane];
        if (const char* wrong = add_transactions(place, transaction == Transaction::Expect ? -bytes : bytes))
            return fault(w, ip, kLaunchFailed, lane, place.offset, wrong);
    }
    w.block->events++;
    return ip + 1;
}

// Whether the phase that the lane names, by parity or by state, is over.
template <bool parity> bool over(const Ins* ip, Warp& w, int lane, const Mbarrier& object) {
    if (parity) return (object.phase & 1) != (reg<uint32_t>(ip, w, 2)[lane] & 1);
    return object.phase != Mbarrier::of(reg<uint64_t>(ip, w, 2)[lane]).phase;
}

// Whether all 32 lanes have the value of lane 0.
template <class T> bool uniform(const T* values) {
    T differ = 0;
    for (int l = 0; l < kLanes; l++) differ |= values[l] ^ values[0];
    return differ == 0;
}

// The lanes, of those given, that wait for what the first of them waits for: nearly always all of a warp.
template <Window window, bool parity> uint32_t waiting_alike(const Ins* ip, Warp& w, uint32_t lanes) {
    using Address = std::conditional_t<window == Window::Generic, uint64_t, uint32_t>;
    using Phase = std::conditional_t<parity, uint32_t, uint64_t>;
    const bool all = lanes == kAllLanes && uniform(reg<Address>(ip, w, 1)) && uniform(reg<Phase>(ip, w, 2));
    return all ? lanes : lanes & (0u - lanes);
}

template <Window window, bool parity, bool tries> const Ins* wait(const Ins* ip, Warp& w) {
    uint32_t done = 0;
    for (uint32_t lanes = w.active, same = 0; lanes; lanes &= ~same) {
        const int lane = __builtin_ctz(lanes);
        same = waiting_alike<window, parity>(ip, w, lanes);
        SharedPlace place;
        Mbarrier object;
        if (!find(ip, w, 1, lane, ip->imm, window, place, object)) return nullptr;
        if (place.block != w.block)
            return fault(w, ip, kInvalidInstruction, lane, place.offset,
                         "a wait for an mbarrier of another block: waits are local");
        if (parity && reg<uint32_t>(ip, w, 2)[lane] > 1)
            return fault(w, ip, kInvalidInstruction, lane, reg<uint32_t>(ip, w, 2)[lane],
                         "the parity of an mbarrier's phase is 0 or 1");
        if (!over<parity>(ip, w, lane, object)) {
            if (parity && !check_mbarrier_vain(ip, w, lane, place.offset, reg<uint32_t>(ip, w, 2)[lane]))
                return nullptr;
            continue;
        }
        done |= same;
        check_mbarrier_observe(w, place.offset);
    }
    if (tries && !done && suspend(ip, w)) return nullptr;
    if (done) w.block->events++;
    uint32_t& p = predicate(ip, w, 0);
    p = (p & ~w.active) | done;
    return ip + 1;
}

const Ins* pending_count(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        reg<uint32_t>(ip, w, 0)[lane] = Mbarrier::of(reg<uint64_t>(ip, w, 1)[lane]).pending;
    }
    return ip + 1;
}

// An arrival when all earlier cp.async of the lane are complete. They are: in fast mode a copy lands at once, and in checked
// mode the last moment for it is now. Without
// .noinc the arrival is one more than the phase expects, so that only .noinc counts.
template <Window window, bool noinc> const Ins* arrive_on_copies(const Ins* ip, Warp& w) {
    if (!check_async_wait(ip, w, 0, true)) return nullptr;
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        SharedPlace place;
        Mbarrier object;
        if (!find(ip, w, 0, lane, ip->imm, window, place, object)) return nullptr;
        check_mbarrier_arrive(w, *place.block, place.offset);
        if (!noinc) continue;
        if (object.pending == 0) {
            const std::string text = "an mbarrier takes no arrival of 1: " + described(object);
            return fault(w, ip, kLaunchFailed, lane, place.offset, text.c_str());
        }
        object.pending--;
        if (object.advance()) check_mbarrier_complete(*place.block, place.offset);
        object.store(place);
    }
    w.block->events++;
    return ip + 1;
}

}  // namespace

Mbarrier Mbarrier::of(uint64_t word) {
    Mbarrier m;
    m.pending = word & kMostArrivals;
    m.expected = word >> 20 & kMostArrivals;
    m.transactions = int32_t(uint32_t(word >> 40 & 0x1fffff) << 11) >> 11;
    m.phase = word >> 61 & 3;
    m.valid = word >> 63;
    return m;
}

Mbarrier Mbarrier::at(const SharedPlace& place) {
    uint64_t word;
    std::memcpy(&word, place.at(), sizeof word);
    return of(word);
}

uint64_t Mbarrier::word() const {
    return pending | uint64_t(expected) << 20 | uint64_t(uint32_t(transactions) & 0x1fffff) << 40
           | uint64_t(phase) << 61 | uint64_t(valid) << 63;
}

void Mbarrier::store(const SharedPlace& place) const {
    const uint64_t bits = word();
    std::memcpy(place.at(), &bits, sizeof bits);
}

bool Mbarrier::advance() {
    if (pending || transactions) return false;
    pending = expected;
    phase = (phase + 1) & 3;
    return true;
}

const char* add_transactions(const SharedPlace& place, int64_t landed) {
    Mbarrier object = Mbarrier::at(place);
    if (!object.valid) return kNoObject;
    const int64_t sum = object.transactions - landed;
    if (sum > kMostTransactions || sum < -kMostTransactions)
        return "more than 1048575 bytes of transactions on one mbarrier";
    object.transactions = int32_t(sum);
    if (landed > 0 && object.advance()) check_mbarrier_complete(*place.block, place.offset);
    object.store(place);
    place.block->events++;
    return nullptr;
}

std::string describe_mbarrier_wait(const Warp& w) {
    const Ins* ip = w.resume;
    Warp& warp = const_cast<Warp&>(w);  // reg() asks for one; nothing is written
    const std::string name = w.block->launch->code->names[size_t(ip - w.block->launch->code->ins.data())];
    const int lane = __builtin_ctz(w.active);
    const bool generic = name.find(".shared") == std::string::npos;
    const uint32_t offset = uint32_t(address_operand(ip, warp, 1, lane, generic ? Window::Generic : Window::Cta)
                                     + uint64_t(int64_t(ip->imm)));
    const Mbarrier object = Mbarrier::at({w.block, offset});
    std::string text = ", mbarrier at shared address " + std::to_string(offset) + stage_of(async_of(*w.block), offset);
    if (name.find(".parity") != std::string::npos)
        text += ", for the end of parity " + std::to_string(reg<uint32_t>(ip, warp, 2)[lane] & 1);
    return text + ": " + described(object);
}

void add_mbarrier_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
#define MBARRIER(TEXT, WINDOW)                                                                                         \
    both("mbarrier.init" TEXT ".b64", "=mw", init<WINDOW>);                                                            \
    both("mbarrier.inval" TEXT ".b64", "=m", invalidate<WINDOW>);                                                      \
    both("mbarrier.arrive.noComplete" TEXT ".b64", "d=mw",                                                             \
         arrive<WINDOW, Arrival::NoComplete, Transaction::None, true>);                                                \
    both("mbarrier.arrive_drop.noComplete" TEXT ".b64", "d=mw",                                                        \
         arrive<WINDOW, Arrival::DropNoComplete, Transaction::None, true>);                                            \
    both("mbarrier.test_wait" TEXT ".b64", "p=md", wait<WINDOW, false, false>);                                        \
    both("mbarrier.test_wait.parity" TEXT ".b64", "p=mw", wait<WINDOW, true, false>);                                  \
    both("mbarrier.try_wait" TEXT ".b64", "p=md", wait<WINDOW, false, true>);                                          \
    both("mbarrier.try_wait" TEXT ".b64", "p=mdw", wait<WINDOW, false, true>);                                         \
    both("mbarrier.try_wait.parity" TEXT ".b64", "p=mw", wait<WINDOW, true, true>);                                    \
    both("mbarrier.try_wait.parity" TEXT ".b64", "p=mww", wait<WINDOW, true, true>);                                   \
    both("cp.async.mbarrier.arrive" TEXT ".b64", "=m", arrive_on_copies<WINDOW, false>);                               \
    both("cp.async.mbarrier.arrive.noinc" TEXT ".b64", "=m", arrive_on_copies<WINDOW, true>);
#define MBARRIER_REMOTE(TEXT, WINDOW)                                                                                  \
    both("mbarrier.arrive" TEXT ".b64", "d=m", arrive<WINDOW, Arrival::Plain, Transaction::None, false>);              \
    both("mbarrier.arrive" TEXT ".b64", "d=mw", arrive<WINDOW, Arrival::Plain, Transaction::None, true>);              \
    both("mbarrier.arrive_drop" TEXT ".b64", "d=m", arrive<WINDOW, Arrival::Drop, Transaction::None, false>);          \
    both("mbarrier.arrive_drop" TEXT ".b64", "d=mw", arrive<WINDOW, Arrival::Drop, Transaction::None, true>);          \
    both("mbarrier.arrive.expect_tx" TEXT ".b64", "d=mw", arrive<WINDOW, Arrival::Plain, Transaction::Expect, true>);  \
    both("mbarrier.arrive_drop.expect_tx" TEXT ".b64", "d=mw",                                                         \
         arrive<WINDOW, Arrival::Drop, Transaction::Expect, true>);                                                    \
    both("mbarrier.expect_tx" TEXT ".b64", "=mw", transact<WINDOW, Transaction::Expect>);                              \
    both("mbarrier.complete_tx" TEXT ".b64", "=mw", transact<WINDOW, Transaction::Complete>);
    MBARRIER(".shared", Window::Cta)
    MBARRIER("", Window::Generic)
    MBARRIER_REMOTE(".shared", Window::Cta)
    MBARRIER_REMOTE(".shared::cluster", Window::Cluster)
    MBARRIER_REMOTE("", Window::Generic)
    both("mbarrier.pending_count.b64", "w=d", pending_count);
}

}  // namespace softcuda
