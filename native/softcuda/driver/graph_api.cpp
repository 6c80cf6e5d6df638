// The graph calls: building graphs by hand, asking about them, making them executable, launching and changing them.
#include <algorithm>

#include "driver/call.h"
#include "driver/capture.h"
#include "driver/graph.h"

namespace softcuda::driver {

namespace {

using Nodes = std::vector<std::shared_ptr<GraphNode>>;

CUgraphNode handle_of(const GraphNode& node) { return reinterpret_cast<CUgraphNode>(node.handle); }

CUresult collect(const Graph& graph, const CUgraphNode* handles, size_t count, Nodes& nodes) {
    if (count && !handles) return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < count; ++i) {
        auto node = find<GraphNode>(handles[i]);
        if (!node || node->graph.lock().get() != &graph) return CUDA_ERROR_INVALID_VALUE;
        nodes.push_back(std::move(node));
    }
    return CUDA_SUCCESS;
}

// Adds to a graph what `make` (which sets the work and may set more of the node) produces.
template <class Make>
CUresult add(CUgraphNode* out, CUgraph handle, const CUgraphNode* dependencies, size_t count, Make&& make) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        auto graph = find<Graph>(handle);
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        Work work;
        if (CUresult error = make(*context, work)) return error;
        std::lock_guard<std::mutex> lock(graph->mutex);
        Nodes nodes;
        if (CUresult error = collect(*graph, dependencies, count, nodes)) return error;
        *out = handle_of(*add_node(graph, std::move(work), std::move(nodes)));
        return CUDA_SUCCESS;
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

// As with_work(), for the executable's copy of a node.
template <class W, class Body> CUresult with_exec_work(CUgraphExec execHandle, CUgraphNode handle, Body&& body) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto exec = find<GraphExec>(execHandle);
        if (!exec) return CUDA_ERROR_INVALID_HANDLE;
        auto node = find<GraphNode>(handle);
        if (!node) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(exec->mutex);
        auto found = exec->byOriginal.find(node->serial);
        if (found == exec->byOriginal.end()) return CUDA_ERROR_INVALID_VALUE;
        W* work = std::get_if<W>(&found->second->work);
        return work ? body(*context, *work) : CUDA_ERROR_INVALID_VALUE;
    });
}

CUresult from_params(Context& context, const CUDA_KERNEL_NODE_PARAMS* p, KernelWork& work) {
    if (!p) return CUDA_ERROR_INVALID_VALUE;
    return make_kernel_work(context, {p->func, {p->gridDimX, p->gridDimY, p->gridDimZ}, {p->blockDimX, p->blockDimY, p->blockDimZ},
                                      p->sharedMemBytes, false, p->kernelParams, p->extra}, work);
}

CUresult from_params(const CUDA_HOST_NODE_PARAMS* p, HostWork& work) {
    if (!p || !p->fn) return CUDA_ERROR_INVALID_VALUE;
    work = HostWork();
    work.function = p->fn;
    work.data = p->userData;
    return CUDA_SUCCESS;
}

template <class P, class W> CUresult checked(const P* params, W& work, CUresult (*make)(const P&, W&)) {
    return params ? make(*params, work) : CUDA_ERROR_INVALID_VALUE;
}

// Writes up to *count handles (all of the rest are null) and stores how many there are.
CUresult list(const std::vector<const GraphNode*>& nodes, CUgraphNode* out, size_t* count) {
    if (!count) return CUDA_ERROR_INVALID_VALUE;
    if (out)
        for (size_t i = 0; i < *count; ++i) out[i] = i < nodes.size() ? handle_of(*nodes[i]) : nullptr;
    if (!out || *count > nodes.size()) *count = nodes.size();
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

CUresult publish_graph(const std::shared_ptr<Context>& context, const std::shared_ptr<Graph>& graph, CUgraph* out) {
    publish(graph);
    std::lock_guard<std::mutex> lock(context->mutex);
    context->graphs.insert(graph->handle);
    *out = reinterpret_cast<CUgraph>(graph->handle);
    return CUDA_SUCCESS;
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

// ---- nodes -----------------------------------------------------------------------------------------------------------------

SOFTCUDA_API CUresult cuGraphAddKernelNode_v2(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                              const CUDA_KERNEL_NODE_PARAMS* params) {
    return add(out, graph, dependencies, count, [&](Context& context, Work& work) -> CUresult {
        return from_params(context, params, work.emplace<KernelWork>());
    });
}

SOFTCUDA_API CUresult cuGraphAddMemcpyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                           const CUDA_MEMCPY3D* params, CUcontext) {
    return add(out, graph, dependencies, count, [&](Context&, Work& work) -> CUresult {
        return checked(params, work.emplace<CopyWork>(), make_copy_work);
    });
}

SOFTCUDA_API CUresult cuGraphAddMemsetNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                           const CUDA_MEMSET_NODE_PARAMS* params, CUcontext) {
    return add(out, graph, dependencies, count, [&](Context&, Work& work) -> CUresult {
        return checked(params, work.emplace<FillWork>(), make_fill_work);
    });
}

SOFTCUDA_API CUresult cuGraphAddHostNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                         const CUDA_HOST_NODE_PARAMS* params) {
    return add(out, graph, dependencies, count, [&](Context&, Work& work) -> CUresult {
        return from_params(params, work.emplace<HostWork>());
    });
}

SOFTCUDA_API CUresult cuGraphAddEmptyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count) {
    return add(out, graph, dependencies, count, [](Context&, Work&) -> CUresult { return CUDA_SUCCESS; });
}

SOFTCUDA_API CUresult cuGraphAddEventRecordNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                                CUevent event) {
    return add(out, graph, dependencies, count, [&](Context&, Work& work) -> CUresult {
        work = RecordWork{find<Event>(event)};
        return std::get<RecordWork>(work).event ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
    });
}

SOFTCUDA_API CUresult cuGraphAddEventWaitNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                              CUevent event) {
    return add(out, graph, dependencies, count, [&](Context&, Work& work) -> CUresult {
        work = WaitWork{find<Event>(event)};
        return std::get<WaitWork>(work).event ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
    });
}

SOFTCUDA_API CUresult cuGraphAddChildGraphNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                               CUgraph childHandle) {
    return guarded([&]() -> CUresult {
        auto child = find<Graph>(childHandle);
        if (!child) return CUDA_ERROR_INVALID_HANDLE;
        if (childHandle == graph) return CUDA_ERROR_INVALID_VALUE;
        auto copy = clone_graph(*child);
        const CUresult error = add(out, graph, dependencies, count, [](Context&, Work&) -> CUresult { return CUDA_SUCCESS; });
        if (error) return error;
        return with_node(*out, [&](Graph& parent, const std::shared_ptr<GraphNode>& node) -> CUresult {
            node->type = CU_GRAPH_NODE_TYPE_GRAPH;
            node->child = copy;
            parent.memory.insert(parent.memory.end(), copy->memory.begin(), copy->memory.end());
            return CUDA_SUCCESS;
        });
    });
}

SOFTCUDA_API CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode handle, CUgraph* out) {
    return with_node(handle, [&](Graph&, const std::shared_ptr<GraphNode>& node) -> CUresult {
        if (!out || !node->child) return CUDA_ERROR_INVALID_VALUE;
        if (!node->child->handle) publish(node->child);
        *out = reinterpret_cast<CUgraph>(node->child->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphDestroyNode(CUgraphNode handle) {
    return with_node(handle, [&](Graph& graph, const std::shared_ptr<GraphNode>& node) -> CUresult {
        const auto drop = [&](Nodes& nodes) { nodes.erase(std::remove(nodes.begin(), nodes.end(), node), nodes.end()); };
        drop(graph.nodes);
        for (const auto& other : graph.nodes) drop(other->dependencies);
        Handles::table().remove(Kind::GraphNode, node->handle);
        return CUDA_SUCCESS;
    });
}

// ---- parameters of nodes -----------------------------------------------------------------------------------------------------

SOFTCUDA_API CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS* out) {
    return with_work<KernelWork>(handle, [&](Context& context, GraphNode& node, KernelWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        node.parameterPointers.clear();
        for (const Parameter& p : work.function->kernel->parameters)
            node.parameterPointers.push_back(work.parameters.data() + p.offset);
        *out = {reinterpret_cast<CUfunction>(work.function->handle), work.grid[0], work.grid[1], work.grid[2], work.block[0],
                work.block[1], work.block[2], work.dynamicShared, node.parameterPointers.data(), nullptr, nullptr,
                reinterpret_cast<CUcontext>(context.handle)};
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode handle, const CUDA_KERNEL_NODE_PARAMS* params) {
    return with_work<KernelWork>(handle, [&](Context& context, GraphNode&, KernelWork& work) -> CUresult {
        KernelWork changed;
        if (CUresult error = from_params(context, params, changed)) return error;
        work = std::move(changed);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphMemcpyNodeGetParams(CUgraphNode handle, CUDA_MEMCPY3D* out) {
    return with_work<CopyWork>(handle, [&](Context&, GraphNode&, CopyWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = describe(work);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphMemcpyNodeSetParams(CUgraphNode handle, const CUDA_MEMCPY3D* params) {
    return with_work<CopyWork>(handle, [&](Context&, GraphNode&, CopyWork& work) -> CUresult {
        CopyWork changed;
        if (CUresult error = checked(params, changed, make_copy_work)) return error;
        work = changed;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphMemsetNodeGetParams(CUgraphNode handle, CUDA_MEMSET_NODE_PARAMS* out) {
    return with_work<FillWork>(handle, [&](Context&, GraphNode&, FillWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = {work.destination, work.pitch, work.value, work.elementSize, work.width, work.height};
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphHostNodeGetParams(CUgraphNode handle, CUDA_HOST_NODE_PARAMS* out) {
    return with_work<HostWork>(handle, [&](Context&, GraphNode&, HostWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = {work.function, work.data};
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphHostNodeSetParams(CUgraphNode handle, const CUDA_HOST_NODE_PARAMS* params) {
    return with_work<HostWork>(handle, [&](Context&, GraphNode&, HostWork& work) { return from_params(params, work); });
}

SOFTCUDA_API CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode handle, CUevent* out) {
    return with_work<RecordWork>(handle, [&](Context&, GraphNode&, RecordWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUevent>(work.event->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode handle, CUevent event) {
    return with_work<RecordWork>(handle, [&](Context&, GraphNode&, RecordWork& work) -> CUresult {
        auto found = find<Event>(event);
        if (!found) return CUDA_ERROR_INVALID_HANDLE;
        work.event = std::move(found);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode handle, CUevent* out) {
    return with_work<WaitWork>(handle, [&](Context&, GraphNode&, WaitWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUevent>(work.event->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode handle, CUevent event) {
    return with_work<WaitWork>(handle, [&](Context&, GraphNode&, WaitWork& work) -> CUresult {
        auto found = find<Event>(event);
        if (!found) return CUDA_ERROR_INVALID_HANDLE;
        work.event = std::move(found);
        return CUDA_SUCCESS;
    });
}

// ---- structure -----------------------------------------------------------------------------------------------------------------

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

SOFTCUDA_API CUresult cuGraphGetEdges(CUgraph handle, CUgraphNode* from, CUgraphNode* to, size_t* count) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        if (!count || (!from != !to)) return CUDA_ERROR_INVALID_VALUE;
        std::vector<const GraphNode*> sources, targets;
        for (const auto& node : graph->nodes)
            for (const auto& dependency : node->dependencies) {
                sources.push_back(dependency.get());
                targets.push_back(node.get());
            }
        size_t asked = *count;
        list(sources, from, &asked);
        return list(targets, to, count);
    });
}

SOFTCUDA_API CUresult cuGraphNodeGetDependencies(CUgraphNode handle, CUgraphNode* out, size_t* count) {
    return with_node(handle, [&](Graph&, const std::shared_ptr<GraphNode>& node) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& dependency : node->dependencies) nodes.push_back(dependency.get());
        return list(nodes, out, count);
    });
}

SOFTCUDA_API CUresult cuGraphNodeGetDependentNodes(CUgraphNode handle, CUgraphNode* out, size_t* count) {
    return with_node(handle, [&](Graph& graph, const std::shared_ptr<GraphNode>& node) -> CUresult {
        std::vector<const GraphNode*> nodes;
        for (const auto& other : graph.nodes)
            if (std::find(other->dependencies.begin(), other->dependencies.end(), node) != other->dependencies.end())
                nodes.push_back(other.get());
        return list(nodes, out, count);
    });
}

namespace softcuda::driver {

namespace {

CUresult edit_edges(CUgraph handle, const CUgraphNode* from, const CUgraphNode* to, size_t count, bool adding) {
    return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
        Nodes sources, targets;
        if (CUresult error = collect(*graph, from, count, sources)) return error;
        if (CUresult error = collect(*graph, to, count, targets)) return error;
        for (size_t i = 0; i < count; ++i) {
            Nodes& edges = targets[i]->dependencies;
            const auto at = std::find(edges.begin(), edges.end(), sources[i]);
            if (adding == (at != edges.end()) || sources[i] == targets[i]) return CUDA_ERROR_INVALID_VALUE;
            if (adding) edges.push_back(sources[i]);
            else edges.erase(at);
        }
        return CUDA_SUCCESS;
    });
}

}  // namespace

}  // namespace softcuda::driver

SOFTCUDA_API CUresult cuGraphAddDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, size_t count) {
    return edit_edges(graph, from, to, count, true);
}

SOFTCUDA_API CUresult cuGraphRemoveDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, size_t count) {
    return edit_edges(graph, from, to, count, false);
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

// ---- executables -----------------------------------------------------------------------------------------------------------------

SOFTCUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph handle, unsigned long long flags) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out || (flags & ~0xfull)) return CUDA_ERROR_INVALID_VALUE;
        auto graph = find<Graph>(handle);
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        std::shared_ptr<GraphExec> exec;
        if (CUresult error = instantiate(*graph, exec)) return error;
        publish(exec);
        std::lock_guard<std::mutex> lock(context->mutex);
        context->execs.insert(exec->handle);
        *out = reinterpret_cast<CUgraphExec>(exec->handle);
        return CUDA_SUCCESS;
    });
}

// The older form with a log; a graph that cannot be instantiated here is one with a cycle.
SOFTCUDA_API CUresult cuGraphInstantiate_v2(CUgraphExec* out, CUgraph graph, CUgraphNode* badNode, char* log, size_t logBytes) {
    if (badNode) *badNode = nullptr;
    if (log && logBytes) *log = 0;
    return cuGraphInstantiateWithFlags(out, graph, 0);
}

SOFTCUDA_API CUresult cuGraphExecDestroy(CUgraphExec handle) {
    return call([&]() -> CUresult {
        auto exec = retire<GraphExec>(handle);
        if (!exec) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(exec->context->mutex);
        exec->context->execs.erase(exec->handle);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphUpload(CUgraphExec handle, CUstream stream) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        std::shared_ptr<Stream> found;
        if (CUresult error = resolve_stream(*context, stream, found)) return error;
        return find<GraphExec>(handle) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
    });
}

SOFTCUDA_API CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto exec = find<GraphExec>(handle);
        if (!exec || exec->context != context) return CUDA_ERROR_INVALID_HANDLE;
        return submit_graph(context, stream, *exec);
    });
}

SOFTCUDA_API CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS* params) {
    return with_exec_work<KernelWork>(exec, node, [&](Context& context, KernelWork& work) -> CUresult {
        KernelWork changed;
        if (CUresult error = from_params(context, params, changed)) return error;
        work = std::move(changed);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_MEMCPY3D* params, CUcontext) {
    return with_exec_work<CopyWork>(exec, node, [&](Context&, CopyWork& work) -> CUresult {
        CopyWork changed;
        if (CUresult error = checked(params, changed, make_copy_work)) return error;
        work = changed;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS* params,
                                                     CUcontext) {
    return with_exec_work<FillWork>(exec, node, [&](Context&, FillWork& work) -> CUresult {
        FillWork changed;
        if (CUresult error = checked(params, changed, make_fill_work)) return error;
        work = changed;
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphExecHostNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_HOST_NODE_PARAMS* params) {
    return with_exec_work<HostWork>(exec, node, [&](Context&, HostWork& work) { return from_params(params, work); });
}

SOFTCUDA_API CUresult cuGraphExecEventRecordNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
    return with_exec_work<RecordWork>(exec, node, [&](Context&, RecordWork& work) -> CUresult {
        auto found = find<Event>(event);
        if (!found) return CUDA_ERROR_INVALID_HANDLE;
        work.event = std::move(found);
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphExecEventWaitNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
    return with_exec_work<WaitWork>(exec, node, [&](Context&, WaitWork& work) -> CUresult {
        auto found = find<Event>(event);
        if (!found) return CUDA_ERROR_INVALID_HANDLE;
        work.event = std::move(found);
        return CUDA_SUCCESS;
    });
}
