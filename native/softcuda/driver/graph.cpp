#include "driver/graph.h"

#include <algorithm>
#include <deque>

#include "driver/engine.h"

namespace softcuda::driver {

namespace {

std::atomic<uint64_t> nextSerial{1};

// Appends the graph's nodes, child graphs expanded in place; false on a cycle.
bool flatten(const Graph& graph, std::vector<GraphNode*>& steps) {
    const std::vector<GraphNode*> order = topological_order(graph);
    if (order.size() != graph.nodes.size()) return false;
    for (GraphNode* node : order) {
        if (node->child) {
            if (!flatten(*node->child, steps)) return false;
        } else {
            steps.push_back(node);
        }
    }
    return true;
}

}  // namespace

CUgraphNodeType type_of(const Work& work) {
    struct Types {
        CUgraphNodeType operator()(const EmptyWork&) const { return CU_GRAPH_NODE_TYPE_EMPTY; }
        CUgraphNodeType operator()(const KernelWork&) const { return CU_GRAPH_NODE_TYPE_KERNEL; }
        CUgraphNodeType operator()(const CopyWork&) const { return CU_GRAPH_NODE_TYPE_MEMCPY; }
        CUgraphNodeType operator()(const FillWork&) const { return CU_GRAPH_NODE_TYPE_MEMSET; }
        CUgraphNodeType operator()(const HostWork&) const { return CU_GRAPH_NODE_TYPE_HOST; }
        CUgraphNodeType operator()(const RecordWork&) const { return CU_GRAPH_NODE_TYPE_EVENT_RECORD; }
        CUgraphNodeType operator()(const WaitWork&) const { return CU_GRAPH_NODE_TYPE_WAIT_EVENT; }
        CUgraphNodeType operator()(const AllocateWork&) const { return CU_GRAPH_NODE_TYPE_MEM_ALLOC; }
        CUgraphNodeType operator()(const FreeWork&) const { return CU_GRAPH_NODE_TYPE_MEM_FREE; }
    };
    return std::visit(Types(), work);
}

OwnedMemory::~OwnedMemory() { arena().release(address); }

void Graph::clear() {
    for (const auto& node : nodes) {
        Handles::table().remove(Kind::GraphNode, node->handle);
        node->dependencies.clear();
    }
    nodes.clear();
}

std::shared_ptr<Graph> make_graph(const std::shared_ptr<Context>& context) {
    auto graph = std::make_shared<Graph>();
    graph->context = context;
    return graph;
}

std::shared_ptr<GraphNode> add_node(const std::shared_ptr<Graph>& graph, Work work,
                                    std::vector<Dependency> dependencies) {
    auto node = std::make_shared<GraphNode>();
    node->serial = nextSerial++;
    node->graph = graph;
    node->type = type_of(work);
    node->work = std::move(work);
    node->dependencies = std::move(dependencies);
    publish(node);
    graph->nodes.push_back(node);
    return node;
}

std::shared_ptr<Graph> clone_graph(Graph& source) {
    auto copy = make_graph(source.context);
    std::lock_guard<std::mutex> lock(source.mutex);
    copy->memory = source.memory;
    std::unordered_map<const GraphNode*, std::shared_ptr<GraphNode>> copies;
    for (const auto& node : source.nodes) {
        auto& twin = copies[node.get()];
        twin = add_node(copy, node->work, {});
        twin->type = node->type;
        twin->original = node->serial;
        if (node->child) twin->child = clone_graph(*node->child);
    }
    for (const auto& node : source.nodes)
        for (const auto& dependency : node->dependencies)
            copies[node.get()]->dependencies.push_back({copies.at(dependency.node.get()), dependency.data});
    return copy;
}

std::vector<GraphNode*> topological_order(const Graph& graph) {
    // Kahn's algorithm; nodes in the order they were added are nearly always ready at once.
    std::unordered_map<const GraphNode*, size_t> missing;
    std::unordered_map<const GraphNode*, std::vector<GraphNode*>> dependents;
    std::deque<GraphNode*> ready;
    for (const auto& node : graph.nodes) {
        missing[node.get()] = node->dependencies.size();
        for (const auto& dependency : node->dependencies) dependents[dependency.node.get()].push_back(node.get());
        if (node->dependencies.empty()) ready.push_back(node.get());
    }
    std::vector<GraphNode*> order;
    while (!ready.empty()) {
        GraphNode* node = ready.front();
        ready.pop_front();
        order.push_back(node);
        for (GraphNode* next : dependents[node])
            if (--missing[next] == 0) ready.push_back(next);
    }
    return order;
}

CUresult instantiate(Graph& graph, std::shared_ptr<GraphExec>& exec) {
    exec = std::make_shared<GraphExec>();
    exec->context = graph.context;
    exec->graph = clone_graph(graph);
    if (!flatten(*exec->graph, exec->steps)) return CUDA_ERROR_INVALID_VALUE;
    for (const auto& node : exec->graph->nodes) exec->byOriginal[node->original] = node.get();
    return CUDA_SUCCESS;
}

CUresult run_graph(GraphExec& exec) {
    std::lock_guard<std::mutex> lock(exec.mutex);
    for (const GraphNode* node : exec.steps)
        if (CUresult error = run_work(*exec.context, node->work)) return error;
    return CUDA_SUCCESS;
}

}  // namespace softcuda::driver
