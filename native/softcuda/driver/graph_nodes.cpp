// The nodes of a graph: adding them, and reading and changing what they do.
#include <algorithm>

#include "driver/graph_access.h"

namespace softcuda::driver {

CUresult work_of(Context& context, const CUDA_KERNEL_NODE_PARAMS* p, KernelWork& work) {
    if (!p) return CUDA_ERROR_INVALID_VALUE;
    LaunchArguments a{p->func,
                      {p->gridDimX, p->gridDimY, p->gridDimZ},
                      {p->blockDimX, p->blockDimY, p->blockDimZ},
                      p->sharedMemBytes,
                      false,
                      p->kernelParams,
                      p->extra};
    // These parameters have no place for attributes: a node that runs the same kernel again keeps those it was made with.
    if (work.function && find<Function>(p->func) == work.function) {
        a.cooperative = work.cooperative;
        if (work.explicitCluster) std::copy(work.cluster, work.cluster + 3, a.cluster);
    }
    return make_kernel_work(context, a, work);
}

CUresult work_of(Context&, const CUDA_MEMCPY3D* p, CopyWork& work) {
    return p ? make_copy_work(*p, work) : CUDA_ERROR_INVALID_VALUE;
}

CUresult work_of(Context&, const CUDA_MEMSET_NODE_PARAMS* p, FillWork& work) {
    return p ? make_fill_work(*p, work) : CUDA_ERROR_INVALID_VALUE;
}

CUresult work_of(Context&, const CUDA_HOST_NODE_PARAMS* p, HostWork& work) {
    if (!p || !p->fn) return CUDA_ERROR_INVALID_VALUE;
    work = HostWork();
    work.function = p->fn;
    work.data = p->userData;
    return CUDA_SUCCESS;
}

namespace {

// Adds to a graph what `make` (which sets the work and may set more of the node) produces.
template <class Make>
CUresult add(CUgraphNode* out, CUgraph handle, const CUgraphNode* dependencies, size_t count, Make&& make,
             const CUgraphEdgeData* data = nullptr) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        auto graph = find<Graph>(handle);
        if (!graph) return CUDA_ERROR_INVALID_HANDLE;
        Work work;
        if (CUresult error = make(*context, work)) return error;
        std::lock_guard<std::mutex> lock(graph->mutex);
        Nodes nodes;
        if (CUresult error = collect(*graph, dependencies, count, nodes)) return error;
        std::vector<Dependency> edges;
        for (size_t i = 0; i < count; ++i) {
            edges.push_back({nodes[i], data ? data[i] : CUgraphEdgeData{}});
            if (CUresult error = check_edge(edges[i].data, nodes[i]->type, type_of(work))) return error;
        }
        *out = handle_of(*add_node(graph, std::move(work), std::move(edges)));
        return CUDA_SUCCESS;
    });
}

// As add(), for work of kind W that the parameters ask for.
template <class W, class Params>
CUresult add_work(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                  const Params& params) {
    return add(out, graph, dependencies, count,
               [&](Context& context, Work& work) { return work_of(context, params, work.emplace<W>()); });
}

template <class W, class Params> CUresult set_work(CUgraphNode handle, const Params& params) {
    return with_work<W>(handle, [&](Context& context, GraphNode&, W& work) { return replace(context, params, work); });
}

template <class W> CUresult get_event(CUgraphNode handle, CUevent* out) {
    return with_work<W>(handle, [&](Context&, GraphNode&, W& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        *out = reinterpret_cast<CUevent>(work.event->handle);
        return CUDA_SUCCESS;
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

SOFTCUDA_API CUresult cuGraphAddKernelNode_v2(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                              size_t count, const CUDA_KERNEL_NODE_PARAMS* params) {
    return add_work<KernelWork>(out, graph, dependencies, count, params);
}

// Kernels only: the other kinds of node have calls of their own.
SOFTCUDA_API CUresult cuGraphAddNode_v2(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                        const CUgraphEdgeData* data, size_t count, CUgraphNodeParams* params) {
    if (!params) return CUDA_ERROR_INVALID_VALUE;
    if (params->type != CU_GRAPH_NODE_TYPE_KERNEL) return CUDA_ERROR_NOT_SUPPORTED;
    const auto make = [&](Context& context, Work& work) {
        return work_of(context, &params->kernel, work.emplace<KernelWork>());
    };
    return add(out, graph, dependencies, count, make, data);
}

SOFTCUDA_API CUresult cuGraphAddMemcpyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                           size_t count, const CUDA_MEMCPY3D* params, CUcontext) {
    return add_work<CopyWork>(out, graph, dependencies, count, params);
}

SOFTCUDA_API CUresult cuGraphAddMemsetNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                           size_t count, const CUDA_MEMSET_NODE_PARAMS* params, CUcontext) {
    return add_work<FillWork>(out, graph, dependencies, count, params);
}

SOFTCUDA_API CUresult cuGraphAddHostNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies, size_t count,
                                         const CUDA_HOST_NODE_PARAMS* params) {
    return add_work<HostWork>(out, graph, dependencies, count, params);
}

SOFTCUDA_API CUresult cuGraphAddEmptyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                          size_t count) {
    return add(out, graph, dependencies, count, [](Context&, Work&) -> CUresult { return CUDA_SUCCESS; });
}

SOFTCUDA_API CUresult cuGraphAddEventRecordNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                                size_t count, CUevent event) {
    return add_work<RecordWork>(out, graph, dependencies, count, event);
}

SOFTCUDA_API CUresult cuGraphAddEventWaitNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                              size_t count, CUevent event) {
    return add_work<WaitWork>(out, graph, dependencies, count, event);
}

SOFTCUDA_API CUresult cuGraphAddChildGraphNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                               size_t count, CUgraph childHandle) {
    return guarded([&]() -> CUresult {
        auto child = find<Graph>(childHandle);
        if (!child) return CUDA_ERROR_INVALID_HANDLE;
        if (childHandle == graph) return CUDA_ERROR_INVALID_VALUE;
        auto copy = clone_graph(*child);
        const CUresult error =
            add(out, graph, dependencies, count, [](Context&, Work&) -> CUresult { return CUDA_SUCCESS; });
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

SOFTCUDA_API CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS* out) {
    return with_work<KernelWork>(handle, [&](Context& context, GraphNode& node, KernelWork& work) -> CUresult {
        if (!out) return CUDA_ERROR_INVALID_VALUE;
        node.parameterPointers.clear();
        for (const Parameter& p : work.function->kernel->parameters)
            node.parameterPointers.push_back(work.parameters.data() + p.offset);
        *out = {reinterpret_cast<CUfunction>(work.function->handle),
                work.grid[0],
                work.grid[1],
                work.grid[2],
                work.block[0],
                work.block[1],
                work.block[2],
                work.dynamicShared,
                node.parameterPointers.data(),
                nullptr,
                nullptr,
                reinterpret_cast<CUcontext>(context.handle)};
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode handle, const CUDA_KERNEL_NODE_PARAMS* params) {
    return set_work<KernelWork>(handle, params);
}

// Those of a launch's attributes that a node has. A change of the cluster is checked as a launch's is.
SOFTCUDA_API CUresult cuGraphKernelNodeSetAttribute(CUgraphNode handle, CUlaunchAttributeID id,
                                                    const CUlaunchAttributeValue* value) {
    return with_work<KernelWork>(handle, [&](Context&, GraphNode&, KernelWork& work) -> CUresult {
        if (!value) return CUDA_ERROR_INVALID_VALUE;
        switch (id) {
            case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: return choose_cluster(*work.function, value->clusterDim, work);
            case CU_LAUNCH_ATTRIBUTE_COOPERATIVE: work.cooperative = value->cooperative != 0; return CUDA_SUCCESS;
            case CU_LAUNCH_ATTRIBUTE_IGNORE:
            case CU_LAUNCH_ATTRIBUTE_PRIORITY:
            case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: return CUDA_SUCCESS;
            default: return CUDA_ERROR_NOT_SUPPORTED;
        }
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
    return set_work<CopyWork>(handle, params);
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
    return set_work<HostWork>(handle, params);
}

SOFTCUDA_API CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode handle, CUevent* out) {
    return get_event<RecordWork>(handle, out);
}

SOFTCUDA_API CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode handle, CUevent event) {
    return set_work<RecordWork>(handle, event);
}

SOFTCUDA_API CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode handle, CUevent* out) {
    return get_event<WaitWork>(handle, out);
}

SOFTCUDA_API CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode handle, CUevent event) {
    return set_work<WaitWork>(handle, event);
}
