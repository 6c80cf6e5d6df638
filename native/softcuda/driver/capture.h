// Stream capture: while a stream captures, work submitted to it becomes a node of a graph instead of running.
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "driver/graph.h"
#include "driver/objects.h"
#include "driver/work.h"

namespace softcuda::driver {

struct Capture {
    std::shared_ptr<Graph> graph;
    std::shared_ptr<Context> context;
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
    std::thread::id thread;
    uint64_t origin = 0;  // handle of the stream it was begun on
    bool invalid = false;
    std::vector<std::shared_ptr<Stream>> streams;  // all that take part, the origin first
};

// Guards every capture and the capture fields of streams and events.
std::mutex& capture_mutex();

// The stream that `handle` names; `stream` stays null for the default streams. CUDA_ERROR_INVALID_HANDLE when it is none, or
// belongs to another context.
CUresult resolve_stream(Context& context, CUstream handle, std::shared_ptr<Stream>& stream);

// Runs the work, or adds it to the graph that the stream captures.
CUresult submit(const std::shared_ptr<Context>& context, CUstream stream, Work work);

// Runs the graph, or adds it as a child to the graph that the stream captures.
CUresult submit_graph(const std::shared_ptr<Context>& context, CUstream stream, GraphExec& exec);

// For calls that may wait or allocate: refused, and every capture that forbids them invalidated, when a capture that this
// thread must respect is in progress.
CUresult unsafe_during_capture();

// For synchronous calls, which act on the legacy stream.
CUresult check_synchronous(const std::shared_ptr<Context>& context);

// For calls that wait for, or ask after, this stream's work: refused while it captures.
CUresult not_while_capturing(Stream* stream);

// Ends the captures in a context that is being destroyed.
void abandon_captures(Context& context);

// Takes a stream that is being destroyed out of its capture, which becomes invalid.
void abandon_captures(const std::shared_ptr<Stream>& stream);

}  // namespace softcuda::driver
