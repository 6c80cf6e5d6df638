// Graphs as wholes, and how their nodes hang together: making, copying and destroying graphs, asking for nodes and edges.
#include <algorithm>
#include <cstring>

#include "driver/device.h"
#include "driver/graph_access.h"

namespace softcuda::driver {

CUresult collect(const Graph& graph, const CUgraphNode* handles, size_t count, Nodes& nodes) {
    if (count && !handles) return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < count; ++i) {
        auto node = find<GraphNode>(handles[i]);
        if (!node || node->graph.lock().get() != &graph) return CUDA_ERROR_INVALID_VALUE;
        nodes.push_back(std::move(node));
    }
    return CUDA_SUCCESS;
}

CUresult check_edge(const CUgraphEdgeData& data, CUgraphNodeType from, CUgraphNodeType to) {
    const bool reserved =
        std::any_of(data.reserved, data.reserved + sizeof data.reserved, [](auto x) { return x != 0; });
    if (data.to_port != 0 || reserved) return CUDA_ERROR_INVALID_VALUE;
    if (data.type == CU_GRAPH_DEPENDENCY_TYPE_DEFAULT)
        return data.from_port == CU_GRAPH_KERNEL_NODE_PORT_DEFAULT ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    const bool port = data.from_port == CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC
                      || data.from_port == CU_GRAPH_KERNEL_NODE_PORT_LAUNCH_ORDER;
    if (data.type != CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC || !port || from != CU_GRAPH_NODE_TYPE_KERNEL
        || to != CU_GRAPH_NODE_TYPE_KERNEL)
        return CUDA_ERROR_INVALID_VALUE;
    return device_model().major < 9 ? CUDA_ERROR_NOT_SUPPORTED : CUDA_SUCCESS;
}

namespace {

bool same(const CUgraphEdgeData& a, const CUgraphEdgeData& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
bool plain(const CUgraphEdgeData& data) { return same(data, CUgraphEdgeData{}); }

// Gives the graph a handle and its context the charge of it.
CUresult publish_graph(const std::shared_ptr<Context>& context, const std::shared_ptr<Graph>& graph, CUgraph* out) {
    publish(graph);
    std::lock_guard<std::mutex> lock(context->mutex);
    context->graphs.insert(graph->handle);
    *out = reinterpret_cast<CUgraph>(graph->handle);
    return CUDA_SUCCESS;
}

// Writes up to *count handles (all of the rest are null) and stores how many there are.
CUresult list(const std::vector<const GraphNode*>& nodes, CUgraphNode* out, size_t* count) {
    if (!count) return CUDA_ERROR_INVALID_VALUE;
    if (out)
        for (size_t i = 0; i < *count; ++i) out[i] = i < nodes.size() ? handle_of(*nodes[i]) : nullptr;
    if (!out || *count > nodes.size()) *count = nodes.size();
    return CUDA_SUCCESS;
}

// Two nodes have one edge at most for each way of waiting.
CUresult edit_edges(CUgraph handle, const CUgraphNode* from, const CUgraphNode* to, const CUgraphEdgeData* data,
                    size_t count, bool adding) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        Nodes sources, targets;
        if (CUresult error = collect(*graph, from, count, sources)) return error;
        if (CUresult error = collect(*graph, to, count, targets)) return error;
        for (size_t i = 0; i < count; ++i) {
            const Dependency edge = {sources[i], data ? data[i] : CUgraphEdgeData{}};
            if (CUresult error = check_edge(edge.data, sources[i]->type, targets[i]->type)) return error;
            auto& edges = targets[i]->dependencies;
            const auto at = std::find_if(edges.begin(), edges.end(), [&](const Dependency& other) {
                return other.node == edge.node && same(other.data, edge.data);
            });
            if (adding == (at != edges.end()) || sources[i] == targets[i]) return CUDA_ERROR_INVALID_VALUE;
            if (adding) edges.push_back(edge);
            else edges.erase(at);
        }
        return CUDA_SUCCESS;
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuGraphCreate(CUgraph* out, unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || flags != 0) return CUDA_ERROR_INVALID_VALUE;
        return publish_graph(context, make_graph(context), out);
    });
}

SOFTCUDA_API CUresult cuGraphDestroy(CUgraph handle) {
    return call([&]() -> CUresult {
        auto graph = retire<Graph>(handle);
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        {
            std::lock_guard<std::mutex> lock(graph->context->mutex);
            graph->context->graphs.erase(graph->handle);
        }
        std::lock_guard<std::mutex> lock(graph->mutex);
        graph->clear();
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphClone(CUgraph* out, CUgraph handle) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto graph = find<Graph>(handle);
        if (!out || !graph) return out ? CUDA_ERROR_INVALID_HANDLE : CUDA_ERROR_INVALID_VALUE;
        return publish_graph(context, clone_graph(*graph), out);
    });
}

SOFTCUDA_API CUresult cuGraphDestroyNode(CUgraphNode handle) {
    return with_node(handle, [&](Graph& graph, const std::shared_ptr<GraphNode>& node) -> CUresult {
        auto& nodes = graph.nodes;
        nodes.erase(std::remove(nodes.begin(), nodes.end(), node), nodes.end());
        for (const auto& other : nodes) {
            auto& edges = other->dependencies;
            const auto gone = [&](const Dependency& edge) { return edge.node == node; };
            edges.erase(std::remove_if(edges.begin(), edges.end(), gone), edges.end());
        }
        Handles::table().remove(Kind::GraphNode, node->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphNodeGetType(CUgraphNode handle, int* type) {
    return with_node(handle, [&](Graph&, const std::shared_ptr<GraphNode>& node) -> CUresult {
        if (!type) return CUDA_ERROR_INVALID_VALUE;
        *type = node->type;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* out, size_t* count) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& node : graph->nodes) nodes.push_back(node.get());
        return list(nodes, out, count);
    });
}

SOFTCUDA_API CUresult cuGraphGetRootNodes(CUgraph handle, CUgraphNode* out, size_t* count) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& node : graph->nodes)
            if (node->dependencies.empty()) nodes.push_back(node.get());
        return list(nodes, out, count);
    });
}

SOFTCUDA_API CUresult cuGraphGetEdges_v2(CUgraph handle, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data,
                                         size_t* count) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        if (!count || (!from != !to) || (data && !from)) return CUDA_ERROR_INVALID_VALUE;
        std::vector<const GraphNode*> sources, targets;
        std::vector<CUgraphEdgeData> edges;
        for (const auto& node : graph->nodes)
            for (const auto& dependency : node->dependencies) {
                sources.push_back(dependency.node.get());
                targets.push_back(node.get());
                edges.push_back(dependency.data);
            }
        if (from && !data && !std::all_of(edges.begin(), edges.end(), plain)) return CUDA_ERROR_LOSSY_QUERY;
        if (data)
            for (size_t i = 0; i < *count; ++i) data[i] = i < edges.size() ? edges[i] : CUgraphEdgeData{};
        size_t asked = *count;
        list(sources, from, &asked);
        return list(targets, to, count);
    });
}

SOFTCUDA_API CUresult cuGraphGetEdges(CUgraph handle, CUgraphNode* from, CUgraphNode* to, size_t* count) {
    return cuGraphGetEdges_v2(handle, from, to, nullptr, count);
}

SOFTCUDA_API CUresult cuGraphNodeGetDependencies(CUgraphNode handle, CUgraphNode* out, size_t* count) {
    return with_node(handle, [&](Graph&, const std::shared_ptr<GraphNode>& node) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& dependency : node->dependencies) {
            if (out && !plain(dependency.data)) return CUDA_ERROR_LOSSY_QUERY;
            nodes.push_back(dependency.node.get());
        }
        return list(nodes, out, count);
    });
}

SOFTCUDA_API CUresult cuGraphNodeGetDependentNodes(CUgraphNode handle, CUgraphNode* out, size_t* count) {
    return with_node(handle, [&](Graph& graph, const std::shared_ptr<GraphNode>& node) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& other : graph.nodes)
            for (const auto& dependency : other->dependencies) {
                if (dependency.node != node) continue;
                if (out && !plain(dependency.data)) return CUDA_ERROR_LOSSY_QUERY;
                nodes.push_back(other.get());
            }
        return list(nodes, out, count);
    });
}

SOFTCUDA_API CUresult cuGraphAddDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                             size_t count) {
    return edit_edges(graph, from, to, nullptr, count, true);
}

SOFTCUDA_API CUresult cuGraphAddDependencies_v2(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                                const CUgraphEdgeData* data, size_t count) {
    return edit_edges(graph, from, to, data, count, true);
}

SOFTCUDA_API CUresult cuGraphRemoveDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                                size_t count) {
    return edit_edges(graph, from, to, nullptr, count, false);
}

SOFTCUDA_API CUresult cuGraphRemoveDependencies_v2(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                                   const CUgraphEdgeData* data, size_t count) {
    return edit_edges(graph, from, to, data, count, false);
}

SOFTCUDA_API CUresult cuGraphNodeFindInClone(CUgraphNode* out, CUgraphNode handle, CUgraph clone) {
    return with_graph(clone, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        auto original = find<GraphNode>(handle);
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        if (!original) return CUDA_ERROR_INVALID_HANDLE;
        for (const auto& node : graph->nodes) {
            if (node->original != original->serial) continue;
            *out = handle_of(*node);
            return CUDA_SUCCESS;
        }
        return CUDA_ERROR_INVALID_VALUE;
    });
}
