#include "exec/profile.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "exec/kernel_code.h"

namespace softcuda {
namespace {

int64_t thread_nanoseconds() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

std::string extent(const std::tuple<uint32_t, uint32_t, uint32_t>& e) {
    return std::to_string(std::get<0>(e)) + "x" + std::to_string(std::get<1>(e)) + "x" + std::to_string(std::get<2>(e));
}

const char* file_name() {
    const char* text = std::getenv("ZOETROPE_PROFILE");
    return text && *text ? text : nullptr;
}

void write_profile() {
    std::FILE* file = std::fopen(file_name(), "w");
    const std::string table = Profile::instance()->table();
    const bool written = file && std::fwrite(table.data(), 1, table.size(), file) == table.size();
    if ((file && std::fclose(file) != 0) || !written)
        std::fprintf(stderr, "softcuda: ZOETROPE_PROFILE: %s cannot be written\n", file_name());
}

}  // namespace

void Profile::add(const Launch& launch, int64_t cpuNanoseconds, int64_t wallNanoseconds) {
    Key key{launch.code->name,
            {launch.grid[0], launch.grid[1], launch.grid[2]},
            {launch.block[0], launch.block[1], launch.block[2]},
            launch.code->staticShared + launch.dynamicShared};
    std::lock_guard<std::mutex> lock(mutex_);
    Cost& cost = costs_[std::move(key)];
    cost.launches++;
    cost.cpu += cpuNanoseconds;
    cost.wall += wallNanoseconds;
}

std::string Profile::table() const {
    std::lock_guard<std::mutex> lock(mutex_);
    std::vector<const std::pair<const Key, Cost>*> rows;
    for (const auto& row : costs_) rows.push_back(&row);
    std::stable_sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->second.cpu > b->second.cpu; });
    std::string text = "kernel\tlaunches\tgrid\tblock\tshared_bytes\tcpu_ms\twall_ms\n";
    for (const auto* row : rows) {
        const auto& [key, cost] = *row;
        char line[96];
        std::snprintf(line, sizeof line, "\t%" PRIu32 "\t%.3f\t%.3f\n", key.sharedBytes, double(cost.cpu) / 1e6,
                      double(cost.wall) / 1e6);
        text += key.kernel + "\t" + std::to_string(cost.launches) + "\t" + extent(key.grid) + "\t" + extent(key.block)
                + line;
    }
    return text;
}

// Never destroyed: at the end of the process threads may still launch.
Profile* Profile::instance() {
    static Profile* const profile = [] {
        if (!file_name()) return static_cast<Profile*>(nullptr);
        std::atexit(write_profile);
        return new Profile();
    }();
    return profile;
}

LaunchMeter::~LaunchMeter() {
    if (profile_ == nullptr) return;
    const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_);
    profile_->add(launch_, cpu_.load(), wall.count());
}

LaunchMeter::Share::Share(LaunchMeter& meter) : meter_(meter) {
    if (meter_.profile_ != nullptr) begin_ = thread_nanoseconds();
}

LaunchMeter::Share::~Share() {
    if (meter_.profile_ != nullptr) meter_.cpu_ += thread_nanoseconds() - begin_;
}

}  // namespace softcuda
