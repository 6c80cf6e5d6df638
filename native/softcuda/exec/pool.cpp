#include "exec/pool.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <thread>

#include "vm.h"

namespace softcuda {

int worker_count() {
    static const int count = [] {
        cpu_set_t set;
        int cpus =
            sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : int(std::thread::hardware_concurrency());
        if (cpus < 1) cpus = 1;
        const char* text = std::getenv("ZOETROPE_THREADS");
        if (!text || !*text) return cpus;
        char* end = nullptr;
        long n = std::strtol(text, &end, 10);
        if (*end || n < 1 || n > 1024) {
            std::fprintf(stderr, "softcuda: ZOETROPE_THREADS=%s is not a number from 1 to 1024; using %d\n", text,
                         cpus);
            return cpus;
        }
        return int(n);
    }();
    return count;
}

// Never destroyed: at the end of the process threads may still be in it.
Pool& Pool::instance() {
    static Pool* pool = new Pool();
    return *pool;
}

Pool::Pool() : size_(worker_count()) {}

void Pool::start_threads() {
    if (started_) return;
    started_ = true;
    // The threads belong to a host program that may direct signals to its own.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; i < size_; i++) std::thread([this, i] { worker(i); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Pool::worker(int index) {
    unsigned seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
        wakeUp_.wait(lock, [&] { return generation_ != seen; });
        seen = generation_;
        if (!work_) continue;  // the job ended before this thread woke
        const std::function<void(int)>* work = work_;
        busy_++;
        lock.unlock();
        (*work)(index);
        lock.lock();
        if (--busy_ == 0) idle_.notify_all();
    }
}

Pool::Job::Job(Pool& pool, std::function<void(int)> work) : pool_(pool), turn_(pool.turn_), work_(std::move(work)) {}

void Pool::Job::wake() {
    if (awake_ || pool_.size_ < 2) return;
    awake_ = true;
    {
        std::lock_guard<std::mutex> lock(pool_.mutex_);
        pool_.start_threads();
        pool_.work_ = &work_;
        pool_.generation_++;
    }
    pool_.wakeUp_.notify_all();
}

void Pool::Job::finish() {
    if (!awake_) return;
    std::unique_lock<std::mutex> lock(pool_.mutex_);
    pool_.work_ = nullptr;  // who has not come by now is not needed any more
    pool_.idle_.wait(lock, [&] { return pool_.busy_ == 0; });
    awake_ = false;
}

}  // namespace softcuda
