// Graphs: nodes of work with dependencies, and their executable form.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "driver/objects.h"
#include "driver/work.h"

namespace softcuda::driver {

struct Graph;

struct GraphNode;

// What a node waits for, and how. Nodes run one after another, so that one which may begin before another has ended begins,
// as is legal, after it.
struct Dependency {
    std::shared_ptr<GraphNode> node;
    CUgraphEdgeData data = {};
};

// The edge of a kernel that may begin once all blocks of another have executed griddepcontrol.launch_dependents.
constexpr CUgraphEdgeData kProgrammatic = {
    CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC, 0, CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC, {}};

struct GraphNode {
    uint64_t handle = 0;
    uint64_t serial = 0;    // unique in the process
    uint64_t original = 0;  // serial of the node this one was cloned from
    std::weak_ptr<Graph> graph;
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
    Work work;
    std::shared_ptr<Graph> child;  // for CU_GRAPH_NODE_TYPE_GRAPH
    std::vector<Dependency> dependencies;

    std::vector<void*> parameterPointers;  // what cuGraphKernelNodeGetParams gives out: into the work's parameter block
};

// Device memory that a captured allocation made: lives as long as a graph or executable that refers to it.
struct OwnedMemory {
    explicit OwnedMemory(uint64_t a) : address(a) {}
    ~OwnedMemory();
    OwnedMemory(const OwnedMemory&) = delete;
    OwnedMemory& operator=(const OwnedMemory&) = delete;
    uint64_t address;
};

struct Graph {
    uint64_t handle = 0;
    std::shared_ptr<Context> context;
    std::mutex mutex;
    std::vector<std::shared_ptr<GraphNode>> nodes;  // in the order they were added
    std::vector<std::shared_ptr<OwnedMemory>> memory;

    // Breaks the references among nodes and makes their handles invalid.
    void clear();
    ~Graph() { clear(); }
};

struct GraphExec {
    uint64_t handle = 0;
    std::shared_ptr<Context> context;
    std::shared_ptr<Graph> graph;                         // a private copy of the graph
    std::vector<GraphNode*> steps;                        // its nodes in a valid order, child graphs expanded
    std::unordered_map<uint64_t, GraphNode*> byOriginal;  // serial of the source graph's node -> our copy
    std::mutex mutex;                                     // a launch and a change of parameters exclude each other
};

template <> struct KindOf<Graph> { static constexpr Kind value = Kind::Graph; };
template <> struct KindOf<GraphNode> { static constexpr Kind value = Kind::GraphNode; };
template <> struct KindOf<GraphExec> { static constexpr Kind value = Kind::GraphExec; };

// The type of a node that does this.
CUgraphNodeType type_of(const Work& work);

std::shared_ptr<Graph> make_graph(const std::shared_ptr<Context>& context);

// Adds a node; its handle is published. The caller holds graph->mutex or is the only one that knows the graph.
std::shared_ptr<GraphNode> add_node(const std::shared_ptr<Graph>& graph, Work work,
                                    std::vector<Dependency> dependencies);

// A deep copy, without handles for the graph itself. Nodes keep the serials of their originals.
std::shared_ptr<Graph> clone_graph(Graph& graph);

// Nodes in an order that respects the dependencies, earlier added first; empty when there is a cycle.
std::vector<GraphNode*> topological_order(const Graph& graph);

// Makes an executable of the graph. CUDA_ERROR_INVALID_VALUE when it has a cycle.
CUresult instantiate(Graph& graph, std::shared_ptr<GraphExec>& exec);

CUresult run_graph(GraphExec& exec);

}  // namespace softcuda::driver
