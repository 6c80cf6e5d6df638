// What the graph calls share: from handles to graphs, nodes and their work, under the graph's lock.
#pragma once
#include "driver/call.h"
#include "driver/capture.h"
#include "driver/graph.h"

namespace softcuda::driver {

using Nodes = std::vector<std::shared_ptr<GraphNode>>;

inline CUgraphNode handle_of(const GraphNode& node) { return reinterpret_cast<CUgraphNode>(node.handle); }

// The nodes of the graph that the handles name. CUDA_ERROR_INVALID_VALUE when one is no node of it.
CUresult collect(const Graph& graph, const CUgraphNode* handles, size_t count, Nodes& nodes);

// Whether a node of type `to` can wait so for one of type `from`. CUDA_ERROR_NOT_SUPPORTED where the device cannot.
CUresult check_edge(const CUgraphEdgeData& data, CUgraphNodeType from, CUgraphNodeType to);

// The work that a node's parameters ask for.
CUresult work_of(Context& context, const CUDA_KERNEL_NODE_PARAMS* params, KernelWork& work);
CUresult work_of(Context& context, const CUDA_MEMCPY3D* params, CopyWork& work);
CUresult work_of(Context& context, const CUDA_MEMSET_NODE_PARAMS* params, FillWork& work);
CUresult work_of(Context& context, const CUDA_HOST_NODE_PARAMS* params, HostWork& work);

// The same for the work of an event's handle: RecordWork or WaitWork.
template <class W> CUresult work_of(Context&, CUevent event, W& work) {
    auto found = find<Event>(event);
    if (!found) return CUDA_ERROR_INVALID_HANDLE;
    work.event = std::move(found);
    return CUDA_SUCCESS;
}

// Puts the work that the parameters ask for in the place of `work`, which stays as it is on an error.
template <class W, class Params> CUresult replace(Context& context, const Params& params, W& work) {
    W changed = work;
    if (CUresult error = work_of(context, params, changed)) return error;
    work = std::move(changed);
    return CUDA_SUCCESS;
}

template <class Body> CUresult with_graph(CUgraph handle, Body&& body) {
    return call([&]() -> CUresult {
        auto graph = find<Graph>(handle);
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(graph->mutex);
        return body(graph);
    });
}

template <class Body> CUresult with_node(CUgraphNode handle, Body&& body) {
    return call([&]() -> CUresult {
        auto node = find<GraphNode>(handle);
        auto graph = node ? node->graph.lock() : nullptr;
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(graph->mutex);
        return body(*graph, node);
    });
}

// Calls `body` with the node and its work of the kind wanted.
template <class W, class Body> CUresult with_work(CUgraphNode handle, Body&& body) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto node = find<GraphNode>(handle);
        auto graph = node ? node->graph.lock() : nullptr;
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(graph->mutex);
        W* work = std::get_if<W>(&node->work);
        return work ? body(*context, *node, *work) : CUDA_ERROR_INVALID_VALUE;
    });
}

}  // namespace softcuda::driver
