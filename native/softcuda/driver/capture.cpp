#include "driver/capture.h"

#include <algorithm>
#include <set>

#include "driver/call.h"

namespace softcuda::driver {

namespace {

// All captures in progress, and their number for the path that must be fast when there are none.
std::vector<std::shared_ptr<Capture>>& captures() {
    static auto* const all = new std::vector<std::shared_ptr<Capture>>;
    return *all;
}
std::atomic<int> captureCount{0};

thread_local CUstreamCaptureMode threadMode = CU_STREAM_CAPTURE_MODE_GLOBAL;

bool capturing(const Stream* stream) { return stream && stream->capture; }

void end(const std::shared_ptr<Capture>& capture) {
    for (const auto& stream : capture->streams) {
        stream->capture = nullptr;
        stream->frontier.clear();
    }
    auto& all = captures();
    all.erase(std::find(all.begin(), all.end(), capture));
    --captureCount;
    capture->streams.clear();  // an event may keep the capture, but nothing else
}

void join(const std::shared_ptr<Capture>& capture, const std::shared_ptr<Stream>& stream) {
    stream->capture = capture;
    capture->streams.push_back(stream);
}

// Every node that `from` depends on, itself included.
std::set<const GraphNode*> ancestors(const std::vector<std::shared_ptr<GraphNode>>& from) {
    std::set<const GraphNode*> seen;
    std::vector<const GraphNode*> open;
    for (const auto& node : from) open.push_back(node.get());
    while (!open.empty()) {
        const GraphNode* node = open.back();
        open.pop_back();
        if (!seen.insert(node).second) continue;
        for (const auto& dependency : node->dependencies) open.push_back(dependency.node.get());
    }
    return seen;
}

bool joined(const Capture& capture) {
    const auto reached = ancestors(capture.streams.front()->frontier);
    for (const auto& stream : capture.streams)
        for (const auto& node : stream->frontier)
            if (!reached.count(node.get())) return false;
    return true;
}

// A synchronous call, or work on the legacy stream, would wait for every capturing stream that synchronises with it.
bool legacy_conflict(const Context& context) {
    bool conflict = false;
    for (const auto& capture : captures()) {
        if (capture->context.get() != &context) continue;
        for (const auto& stream : capture->streams) {
            if (stream->flags & 1) continue;
            capture->invalid = conflict = true;
        }
    }
    return conflict;
}

}  // namespace

std::mutex& capture_mutex() {
    static auto* const mutex = new std::mutex;
    return *mutex;
}

CUresult resolve_stream(Context& context, CUstream handle, std::shared_ptr<Stream>& stream) {
    if (!handle || handle == CU_STREAM_LEGACY || handle == CU_STREAM_PER_THREAD) return CUDA_SUCCESS;
    stream = find<Stream>(handle);
    return stream && stream->context.get() == &context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

namespace {

// Waiting for all of the nodes; a kernel that may begin early waits so for kernels only.
std::vector<Dependency> after(const std::vector<std::shared_ptr<GraphNode>>& nodes, bool programmatic) {
    std::vector<Dependency> dependencies;
    for (const auto& node : nodes) {
        const bool early = programmatic && node->type == CU_GRAPH_NODE_TYPE_KERNEL;
        dependencies.push_back({node, early ? kProgrammatic : CUgraphEdgeData{}});
    }
    return dependencies;
}

// Runs `run`, or while the stream captures adds the node that `add(graph, frontier)` makes.
template <class Run, class Add>
CUresult run_or_capture(const std::shared_ptr<Context>& context, CUstream handle, Run&& run, Add&& add) {
    std::shared_ptr<Stream> stream;
    if (CUresult error = resolve_stream(*context, handle, stream)) return error;
    if (captureCount.load(std::memory_order_acquire) != 0) {
        std::lock_guard<std::mutex> lock(capture_mutex());
        if (capturing(stream.get())) {
            Capture& capture = *stream->capture;
            if (capture.invalid) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
            stream->frontier = {add(capture.graph, stream->frontier)};
            return CUDA_SUCCESS;
        }
        if (!stream && handle != CU_STREAM_PER_THREAD && legacy_conflict(*context))
            return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    return run();
}

}  // namespace

CUresult submit(const std::shared_ptr<Context>& context, CUstream handle, Work work) {
    return run_or_capture(
        context, handle, [&] { return run_work(*context, work); },
        [&](const std::shared_ptr<Graph>& graph, const std::vector<std::shared_ptr<GraphNode>>& frontier) {
            const auto* kernel = std::get_if<KernelWork>(&work);
            auto dependencies = after(frontier, kernel && kernel->programmatic);
            return add_node(graph, std::move(work), std::move(dependencies));
        });
}

CUresult submit_graph(const std::shared_ptr<Context>& context, CUstream handle, GraphExec& exec) {
    return run_or_capture(
        context, handle, [&] { return run_graph(exec); },
        [&](const std::shared_ptr<Graph>& graph, const std::vector<std::shared_ptr<GraphNode>>& frontier) {
            auto node = add_node(graph, EmptyWork(), after(frontier, false));
            node->type = CU_GRAPH_NODE_TYPE_GRAPH;
            node->child = clone_graph(*exec.graph);
            return node;
        });
}

CUresult unsafe_during_capture() {
    if (captureCount.load(std::memory_order_acquire) == 0 || threadMode == CU_STREAM_CAPTURE_MODE_RELAXED)
        return CUDA_SUCCESS;
    std::lock_guard<std::mutex> lock(capture_mutex());
    bool forbidden = false;
    for (const auto& capture : captures()) {
        const bool own = capture->thread == std::this_thread::get_id();
        const bool respects =
            own ? capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED
                : capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL && threadMode == CU_STREAM_CAPTURE_MODE_GLOBAL;
        if (respects) capture->invalid = forbidden = true;
    }
    return forbidden ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

CUresult check_synchronous(const std::shared_ptr<Context>& context) {
    if (captureCount.load(std::memory_order_acquire) == 0) return CUDA_SUCCESS;
    {
        std::lock_guard<std::mutex> lock(capture_mutex());
        if (legacy_conflict(*context)) return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    return unsafe_during_capture();
}

CUresult not_while_capturing(Stream* stream) {
    if (captureCount.load(std::memory_order_acquire) == 0) return CUDA_SUCCESS;
    std::lock_guard<std::mutex> lock(capture_mutex());
    if (!capturing(stream)) return CUDA_SUCCESS;
    stream->capture->invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

void abandon_captures(Context& context) {
    std::lock_guard<std::mutex> lock(capture_mutex());
    const auto all = captures();
    for (const auto& capture : all)
        if (capture->context.get() == &context) end(capture);
}

void abandon_captures(const std::shared_ptr<Stream>& stream) {
    std::lock_guard<std::mutex> lock(capture_mutex());
    const auto capture = stream->capture;
    if (!capture) return;
    capture->invalid = true;
    if (capture->origin == stream->handle) end(capture);
}

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL || mode > CU_STREAM_CAPTURE_MODE_RELAXED)
            return CUDA_ERROR_INVALID_VALUE;
        if (!stream) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        auto capture = std::make_shared<Capture>();
        capture->graph = make_graph(context);
        capture->context = context;
        capture->mode = CUstreamCaptureMode(mode);
        capture->thread = std::this_thread::get_id();
        capture->origin = stream->handle;
        std::lock_guard<std::mutex> lock(capture_mutex());
        if (stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
        captures().push_back(capture);
        ++captureCount;
        join(capture, stream);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamBeginCapture(CUstream handle) {
    return cuStreamBeginCapture_v2(handle, CU_STREAM_CAPTURE_MODE_GLOBAL);
}

SOFTCUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* out) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = nullptr;
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        std::lock_guard<std::mutex> lock(capture_mutex());
        if (!capturing(stream.get())) return CUDA_ERROR_ILLEGAL_STATE;
        const auto capture = stream->capture;
        if (capture->origin != stream->handle) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
        if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != std::this_thread::get_id())
            return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
        const CUresult result = capture->invalid    ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
                                : !joined(*capture) ? CUDA_ERROR_STREAM_CAPTURE_UNJOINED
                                                    : CUDA_SUCCESS;
        end(capture);
        const std::shared_ptr<Graph> graph = std::move(capture->graph);
        if (result != CUDA_SUCCESS) return result;
        publish(graph);
        {
            std::lock_guard<std::mutex> contextLock(context->mutex);
            context->graphs.insert(graph->handle);
        }
        *out = reinterpret_cast<CUgraph>(graph->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuStreamIsCapturing(CUstream handle, int* status) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!status) return CUDA_ERROR_INVALID_VALUE;
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        std::lock_guard<std::mutex> lock(capture_mutex());
        *status = !capturing(stream.get())   ? CU_STREAM_CAPTURE_STATUS_NONE
                  : stream->capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                             : CU_STREAM_CAPTURE_STATUS_ACTIVE;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuThreadExchangeStreamCaptureMode(int* mode) {
    return call([&]() -> CUresult {
        if (!mode || *mode < CU_STREAM_CAPTURE_MODE_GLOBAL || *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
            return CUDA_ERROR_INVALID_VALUE;
        const int previous = threadMode;
        threadMode = CUstreamCaptureMode(*mode);
        *mode = previous;
        return CUDA_SUCCESS;
    });
}

// ---- events, which carry a capture from stream to stream -----------------------------------------------------------------

SOFTCUDA_API CUresult cuEventRecordWithFlags(CUevent eventHandle, CUstream handle, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (flags > 1) return CUDA_ERROR_INVALID_VALUE;
        auto event = find<Event>(eventHandle);
        if (!event || event->context != context) return CUDA_ERROR_INVALID_HANDLE;
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        if (captureCount.load(std::memory_order_acquire) != 0) {
            std::lock_guard<std::mutex> lock(capture_mutex());
            if (capturing(stream.get()) && flags == 0) {
                if (stream->capture->invalid) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
                event->capture = stream->capture;
                event->frontier = stream->frontier;
                return CUDA_SUCCESS;
            }
        }
        {
            std::lock_guard<std::mutex> lock(capture_mutex());
            event->capture = nullptr;
            event->frontier.clear();
        }
        return submit(context, handle, RecordWork{event});
    });
}

SOFTCUDA_API CUresult cuEventRecord(CUevent event, CUstream stream) { return cuEventRecordWithFlags(event, stream, 0); }

SOFTCUDA_API CUresult cuStreamWaitEvent(CUstream handle, CUevent eventHandle, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (flags > 1) return CUDA_ERROR_INVALID_VALUE;
        auto event = find<Event>(eventHandle);
        if (!event) return CUDA_ERROR_INVALID_HANDLE;
        std::shared_ptr<Stream> stream;
        if (CUresult error = resolve_stream(*context, handle, stream)) return error;
        if (captureCount.load(std::memory_order_acquire) == 0) return CUDA_SUCCESS;
        {
            std::lock_guard<std::mutex> lock(capture_mutex());
            auto& all = captures();
            const bool live = event->capture && std::find(all.begin(), all.end(), event->capture) != all.end();
            if (flags == 0) {
                if (!live) {
                    if (!capturing(stream.get())) return CUDA_SUCCESS;
                    stream->capture->invalid = true;
                    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
                }
                if (!stream) {
                    event->capture->invalid = true;
                    return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
                }
                if (event->capture->invalid) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
                if (!stream->capture) join(event->capture, stream);
                if (stream->capture != event->capture) {
                    stream->capture->invalid = event->capture->invalid = true;
                    return CUDA_ERROR_STREAM_CAPTURE_MERGE;
                }
                for (const auto& node : event->frontier)
                    if (std::find(stream->frontier.begin(), stream->frontier.end(), node) == stream->frontier.end())
                        stream->frontier.push_back(node);
                return CUDA_SUCCESS;
            }
        }
        return submit(context, handle, WaitWork{event});
    });
}
