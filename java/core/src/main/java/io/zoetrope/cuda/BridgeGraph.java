package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphNode;

/**
 * Graphs whose dependencies carry data. A programmatic dependency lets a kernel start once the kernel ahead of it has
 * executed {@code griddepcontrol.launch_dependents} in all its blocks; an ordinary one waits for its end.
 *
 * <p>A graph recorded from launches with {@link BridgeAttributes#programmatic} has such dependencies, which JCuda's
 * calls refuse to read.
 */
final class BridgeGraph {
    /** A dependency between two nodes, which are named by their {@link Bridge#handle}. */
    record Edge(long from, long to, int fromPort, int toPort, int type) {
        static Edge ordinary(CUgraphNode from, CUgraphNode to) {
            return new Edge(Bridge.handle(from), Bridge.handle(to), BridgeNative.PORT_DEFAULT,
                    BridgeNative.PORT_DEFAULT, BridgeNative.EDGE_TYPE_DEFAULT);
        }

        /** Both nodes must be kernels. */
        static Edge programmatic(CUgraphNode from, CUgraphNode to) {
            return new Edge(Bridge.handle(from), Bridge.handle(to), BridgeNative.PORT_PROGRAMMATIC,
                    BridgeNative.PORT_DEFAULT, BridgeNative.EDGE_TYPE_PROGRAMMATIC);
        }

        static Edge of(long from, long to, long data) {
            return new Edge(from, to, (int) (data >>> BridgeNative.EDGE_FROM_PORT_SHIFT & 0xff),
                    (int) (data >>> BridgeNative.EDGE_TO_PORT_SHIFT & 0xff),
                    (int) (data >>> BridgeNative.EDGE_TYPE_SHIFT & 0xff));
        }

        boolean isProgrammatic() {
            return type == BridgeNative.EDGE_TYPE_PROGRAMMATIC;
        }

        /** A CUgraphEdgeData. */
        long data() {
            return (long) fromPort << BridgeNative.EDGE_FROM_PORT_SHIFT
                    | (long) toPort << BridgeNative.EDGE_TO_PORT_SHIFT | (long) type << BridgeNative.EDGE_TYPE_SHIFT;
        }
    }

    private BridgeGraph() {
    }

    /** How many dependencies a graph has. */
    static int countEdges(CUgraph graph) {
        Bridge.require(Bridge.Call.GRAPH_GET_EDGES, "reading a graph's dependencies");
        long[] count = new long[1];
        checkEdges(BridgeNative.edges(Bridge.handle(graph), null, null, null, count));
        return Math.toIntExact(count[0]);
    }

    /** All dependencies of a graph, built or recorded, in the driver's order. */
    static List<Edge> edges(CUgraph graph) {
        int edges = countEdges(graph);
        long handle = Bridge.handle(graph);
        long[] count = {edges};
        long[] from = new long[edges];
        long[] to = new long[edges];
        long[] data = new long[edges];
        checkEdges(BridgeNative.edges(handle, from, to, data, count));
        return IntStream.range(0, edges).mapToObj(i -> Edge.of(from[i], to[i], data[i])).toList();
    }

    private static void checkEdges(int result) {
        Bridge.check(Bridge.Call.GRAPH_GET_EDGES, "reading a graph's dependencies", result);
    }

    /** Adds dependencies between nodes that the graph has. */
    static void addDependencies(CUgraph graph, List<Edge> edges) {
        Bridge.require(Bridge.Call.GRAPH_ADD_DEPENDENCIES, "adding dependencies to a graph");
        long[] from = edges.stream().mapToLong(Edge::from).toArray();
        long[] to = edges.stream().mapToLong(Edge::to).toArray();
        long[] data = edges.stream().mapToLong(Edge::data).toArray();
        Bridge.check(Bridge.Call.GRAPH_ADD_DEPENDENCIES, "adding dependencies to a graph",
                BridgeNative.addDependencies(Bridge.handle(graph), from, to, data));
    }

    /**
     * Adds a kernel that waits for the nodes of {@code after}, programmatically where the attributes say so (all of
     * them must be kernels then). Grid, block and parameters as in {@link Bridge#launch}.
     */
    static CUgraphNode addKernel(CUgraph graph, List<CUgraphNode> after, CUfunction function, int gridX, int gridY,
            int gridZ, int blockX, int blockY, int blockZ, int sharedBytes, ByteBuffer parameters, int parameterBytes,
            BridgeAttributes attributes) {
        Bridge.require(Bridge.Call.GRAPH_ADD_NODE, "adding a kernel to a graph");
        Bridge.requireDirect(parameters, parameterBytes);
        CUgraphNode node = new CUgraphNode();
        long[] edges = after.stream()
                .map(from -> attributes.isProgrammatic() ? Edge.programmatic(from, node) : Edge.ordinary(from, node))
                .mapToLong(Edge::data).toArray();
        long[] added = new long[1];
        Bridge.check(Bridge.Call.GRAPH_ADD_NODE, "adding a kernel to a graph",
                BridgeNative.addKernelNode(added, Bridge.handle(graph),
                        after.stream().mapToLong(Bridge::handle).toArray(), edges, Bridge.handle(function), gridX,
                        gridY, gridZ, blockX, blockY, blockZ, sharedBytes, parameters, parameterBytes));
        BridgeNative.setHandle(node, added[0]);
        setAttributes(node, attributes);
        return node;
    }

    /** Gives a kernel's node its attributes; programmatic serialisation is not one of nodes but of dependencies. */
    private static void setAttributes(CUgraphNode node, BridgeAttributes attributes) {
        for (int i = 0; i < attributes.count(); i++) {
            if (attributes.id(i) != BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION) {
                Bridge.require(Bridge.Call.GRAPH_KERNEL_NODE_SET_ATTRIBUTE, "a graph's kernel with " + attributes);
                Bridge.check(Bridge.Call.GRAPH_KERNEL_NODE_SET_ATTRIBUTE, "a graph's kernel with " + attributes,
                        BridgeNative.setAttribute(Bridge.handle(node), attributes.buffer(), i));
            }
        }
    }
}
