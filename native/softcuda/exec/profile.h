// What launches cost: ZOETROPE_PROFILE=FILE writes, when the process ends, one line for each kernel and shape of launch,
// the dearest first. See native/README.md for the columns.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "exec/code.h"
#include "exec/time_limit.h"

namespace softcuda {

// Costs added up by kernel and shape. Safe to use from several threads.
class Profile {
public:
    void add(const Launch& launch, int64_t cpuNanoseconds, int64_t wallNanoseconds);
    // Tab-separated, with a heading.
    std::string table() const;
    // Null unless ZOETROPE_PROFILE names a file.
    static Profile* instance();

private:
    using Extent = std::tuple<uint32_t, uint32_t, uint32_t>;
    struct Key {
        std::string kernel;
        Extent grid, block;
        uint32_t sharedBytes;
        bool operator<(const Key& o) const {
            return std::tie(kernel, grid, block, sharedBytes) < std::tie(o.kernel, o.grid, o.block, o.sharedBytes);
        }
    };
    struct Cost {
        uint64_t launches = 0;
        int64_t cpu = 0, wall = 0;  // nanoseconds
    };

    mutable std::mutex mutex_;
    std::map<Key, Cost> costs_;
};

// Times one launch from its construction to its destruction, if there is a profile; otherwise does nothing.
class LaunchMeter {
public:
    LaunchMeter(const Launch& launch, Profile* profile) : launch_(launch), profile_(profile) {
        if (profile_ != nullptr) begin_ = Clock::now();
    }
    ~LaunchMeter();
    LaunchMeter(const LaunchMeter&) = delete;
    LaunchMeter& operator=(const LaunchMeter&) = delete;

    // The processor time of one thread at work on the launch, while it lives. A meter outlives its shares.
    class Share {
    public:
        explicit Share(LaunchMeter& meter);
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

    private:
        LaunchMeter& meter_;
        int64_t begin_ = 0;
    };

private:
    const Launch& launch_;
    Profile* profile_;
    Clock::time_point begin_;
    std::atomic<int64_t> cpu_{0};
};

}  // namespace softcuda
