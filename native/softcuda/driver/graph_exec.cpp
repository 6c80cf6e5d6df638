// Executable graphs: making them from graphs, launching them, and changing what their nodes do.
#include "driver/graph_access.h"

namespace softcuda::driver {

namespace {

// Changes the executable's copy of a node to the work, of kind W, that the parameters ask for.
template <class W, class Params>
CUresult set_exec_work(CUgraphExec execHandle, CUgraphNode handle, const Params& params) {
    return in_context([&](const std::shared_ptr<Context>& context) -> CUresult {
        auto exec = find<GraphExec>(execHandle);
        if (!exec) return CUDA_ERROR_INVALID_HANDLE;
        auto node = find<GraphNode>(handle);
        if (!node) return CUDA_ERROR_INVALID_HANDLE;
        std::lock_guard<std::mutex> lock(exec->mutex);
        auto found = exec->byOriginal.find(node->serial);
        if (found == exec->byOriginal.end()) return CUDA_ERROR_INVALID_VALUE;
        W* work = std::get_if<W>(&found->second->work);
        return work ? replace(*context, params, *work) : CUDA_ERROR_INVALID_VALUE;
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda;
using namespace softcuda::driver;

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
SOFTCUDA_API CUresult cuGraphInstantiate_v2(CUgraphExec* out, CUgraph graph, CUgraphNode* badNode, char* log,
                                            size_t logBytes) {
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

SOFTCUDA_API CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node,
                                                        const CUDA_KERNEL_NODE_PARAMS* params) {
    return set_exec_work<KernelWork>(exec, node, params);
}

SOFTCUDA_API CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_MEMCPY3D* params,
                                                     CUcontext) {
    return set_exec_work<CopyWork>(exec, node, params);
}

SOFTCUDA_API CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                                     const CUDA_MEMSET_NODE_PARAMS* params, CUcontext) {
    return set_exec_work<FillWork>(exec, node, params);
}

SOFTCUDA_API CUresult cuGraphExecHostNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                                   const CUDA_HOST_NODE_PARAMS* params) {
    return set_exec_work<HostWork>(exec, node, params);
}

SOFTCUDA_API CUresult cuGraphExecEventRecordNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
    return set_exec_work<RecordWork>(exec, node, event);
}

SOFTCUDA_API CUresult cuGraphExecEventWaitNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
    return set_exec_work<WaitWork>(exec, node, event);
}
