// The threads that run blocks.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace softcuda {

// Threads are started on first need and live until the process ends. One job at a time: run() holds the pool.
class Pool {
public:
    static Pool& instance();
    int size() const { return size_; }  // threads of a job, the caller included

    // A job under way. The caller works too; wake() brings the others in, any time; finish() waits for them.
    class Job {
    public:
        Job(Pool& pool, std::function<void(int worker)> work);  // waits until the pool is free
        ~Job() { finish(); }
        void wake();
        void finish();

    private:
        Pool& pool_;
        std::unique_lock<std::mutex> turn_;
        std::function<void(int)> work_;
        bool awake_ = false;
    };

private:
    Pool();
    void start_threads();
    void worker(int index);

    int size_;
    std::mutex turn_;  // held by the job under way
    std::mutex mutex_;
    std::condition_variable wakeUp_, idle_;
    const std::function<void(int)>* work_ = nullptr;
    unsigned generation_ = 0;
    int busy_ = 0;
    bool started_ = false;
};

}  // namespace softcuda
