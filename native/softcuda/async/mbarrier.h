// The mbarrier object: eight bytes of shared memory that count arrivals and bytes of asynchronous copies.
//
// A phase is complete when no arrival and no transaction is pending; at once the next phase begins, with as many arrivals
// pending as are expected. PTX keeps the object's layout to itself; here, from bit 0: pending arrivals (20 bits), expected
// arrivals (20), transactions (21, two's complement), phase (2), and a one that tells an object from a number.
#pragma once
#include <cstdint>
#include <string>

#include "async/shared_address.h"
#include "exec/code.h"

namespace softcuda {

constexpr uint32_t kMostArrivals = (1u << 20) - 1;
constexpr int32_t kMostTransactions = (1 << 20) - 1;  // bytes, either way from zero

struct Mbarrier {
    uint32_t pending = 0, expected = 0;
    int32_t transactions = 0;
    uint32_t phase = 0;  // modulo 4
    bool valid = false;

    static Mbarrier of(uint64_t word);
    static Mbarrier at(const SharedPlace& place);
    uint64_t word() const;
    void store(const SharedPlace& place) const;

    // Ends the phase if nothing is pending; true when it did.
    bool advance();
};

// Bytes of an asynchronous copy have arrived (negative: are expected). Null, or what is wrong with that.
const char* add_transactions(const SharedPlace& place, int64_t landed);

// What the mbarrier wait at Warp::resume waits for.
std::string describe_mbarrier_wait(const Warp& w);

}  // namespace softcuda
