// Streams: names for sequences of work. Work runs when it is submitted, so a stream is always idle between calls.
#include "driver/call.h"
#include "driver/capture.h"

namespace softcuda::driver {

namespace {

std::atomic<uint64_t> nextStreamId{2};  // 1 is the legacy stream's

template <class Body> CUresult with_stream(CUstream handle, Body&& body) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        return body(context, stream.get());
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || flags > 1) return CUDA_ERROR_INVALID_VALUE;
        auto stream = std::make_shared<Stream>();
        stream->context = context;
        stream->flags = flags;
        stream->priority = priority > 0 ? 0 : priority < -5 ? -5 : priority;
        stream->id = nextStreamId++;
        publish(stream);
        std::lock_guard<std::mutex> lock(context->mutex);
        context->streams.insert(stream->handle);
        *out = reinterpret_cast<CUstream>(stream->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamCreate(CUstream* out, unsigned flags) {
    return cuStreamCreateWithPriority(out, flags, 0);
}

SOFTCUDA_API CUresult cuStreamDestroy_v2(CUstream handle) {
    return call([&]() -> CUresult {
        auto stream = retire<Stream>(handle);
        if (!stream) return CUDA_ERROR_INVALID_HANDLE;
        abandon_captures(stream);
        std::lock_guard<std::mutex> lock(stream->context->mutex);
        stream->context->streams.erase(stream->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamQuery(CUstream handle) {
    return with_stream(handle, [](const auto& context, Stream* stream) -> CUresult {
        return stream ? not_while_capturing(stream) : check_synchronous(context);
    });
}

SOFTCUDA_API CUresult cuStreamSynchronize(CUstream handle) {
    return with_stream(handle, [](const auto& context, Stream* stream) -> CUresult {
        return stream ? not_while_capturing(stream) : check_synchronous(context);
    });
}

SOFTCUDA_API CUresult cuStreamGetPriority(CUstream handle, int* priority) {
    return with_stream(handle, [&](const auto&, Stream* stream) -> CUresult {
        if (!priority) return CUDA_ERROR_INVALID_VALUE;
        *priority = stream ? stream->priority : 0;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamGetFlags(CUstream handle, unsigned* flags) {
    return with_stream(handle, [&](const auto&, Stream* stream) -> CUresult {
        if (!flags) return CUDA_ERROR_INVALID_VALUE;
        *flags = stream ? stream->flags : 0;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamGetId(CUstream handle, unsigned long long* id) {
    return with_stream(handle, [&](const auto&, Stream* stream) -> CUresult {
        if (!id) return CUDA_ERROR_INVALID_VALUE;
        *id = stream ? stream->id : 1;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamGetCtx(CUstream handle, CUcontext* out) {
    return with_stream(handle, [&](const std::shared_ptr<Context>& context, Stream*) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUcontext>(context->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void* data, unsigned flags) {
    return with_stream(handle, [&](const std::shared_ptr<Context>& context, Stream* stream) -> CUresult {
        if (!callback || flags != 0) return CUDA_ERROR_INVALID_VALUE;
        if (CUresult error = not_while_capturing(stream)) return error;
        const std::shared_ptr<Context> keep = context;  // the callback may change what is current
        HostWork work;
        work.callback = callback;
        work.stream = handle;
        work.data = data;
        return submit(keep, handle, work);
    });
}

SOFTCUDA_API CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!function) return CUDA_ERROR_INVALID_VALUE;
        const std::shared_ptr<Context> keep = context;
        HostWork work;
        work.function = function;
        work.data = data;
        return submit(keep, handle, work);
    });
}

// ---- events --------------------------------------------------------------------------------------------------------------
// cuEventRecord and cuStreamWaitEvent are in capture.cpp.

SOFTCUDA_API CUresult cuEventCreate(CUevent* out, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || flags > 3) return flags & 4 ? CUDA_ERROR_NOT_SUPPORTED : CUDA_ERROR_INVALID_VALUE;
        auto event = std::make_shared<Event>();
        event->context = context;
        event->flags = flags;
        publish(event);
        std::lock_guard<std::mutex> lock(context->mutex);
        context->events.insert(event->handle);
        *out = reinterpret_cast<CUevent>(event->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuEventDestroy_v2(CUevent handle) {
    return call([&]() -> CUresult {
        auto event = retire<Event>(handle);
        if (!event) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(event->context->mutex);
        event->context->events.erase(event->handle);
        return CUDA_SUCCESS;
    });
}

// An event that was never recorded counts as complete; work runs at its submission, so a recorded one is complete as well.
SOFTCUDA_API CUresult cuEventQuery(CUevent handle) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        auto event = find<Event>(handle);
        if (!event) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(capture_mutex());
        return event->capture ? CUDA_ERROR_CAPTURED_EVENT : CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuEventSynchronize(CUevent handle) { return cuEventQuery(handle); }

SOFTCUDA_API CUresult cuEventElapsedTime(float* milliseconds, CUevent startHandle, CUevent endHandle) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!milliseconds) return CUDA_ERROR_INVALID_VALUE;
        auto start = find<Event>(startHandle), end = find<Event>(endHandle);
        if (!start || !end || ((start->flags | end->flags) & 2)) return CUDA_ERROR_INVALID_HANDLE;
        std::chrono::steady_clock::time_point times[2];
        const std::shared_ptr<Event> both[2] = {start, end};
        for (int i = 0; i < 2; ++i) {
            std::lock_guard<std::mutex> lock(both[i]->mutex);
            if (!both[i]->recorded) return CUDA_ERROR_INVALID_HANDLE;
            times[i] = both[i]->time;
        }
        *milliseconds = std::chrono::duration<float, std::milli>(times[1] - times[0]).count();
        return CUDA_SUCCESS;
    });
}
