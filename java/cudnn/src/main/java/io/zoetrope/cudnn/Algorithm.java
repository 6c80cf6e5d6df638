package io.zoetrope.cudnn;

import static io.zoetrope.cudnn.Cudnn.check;

import io.zoetrope.ops.conv.ConvProvider.Convolution;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntBiFunction;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnHandle;

/**
 * One of cuDNN's ways to convolve. The mathType that a search reports is left alone: f32 must not run as TF32 for that.
 * What is run is the algorithm with the math type that the descriptor has.
 *
 * @param memory bytes of workspace
 */
record Algorithm(int number, int status, long memory, int determinism) {
    private static final int MOST = 16;

    /** Operands of a search, which writes the output and the workspace. */
    record Operands(Pointer x, Pointer filters, Pointer y, Pointer workspace, long workspaceBytes) {
    }

    /** The fastest that cuDNN measures of those that sum in one order every time; empty when there is none. */
    static Optional<Algorithm> search(cudnnHandle handle, Convolution convolution, Descriptors d, Operands o) {
        Stream<Algorithm> found = switch (convolution.pass()) {
            case FPROP -> found(new cudnnConvolutionFwdAlgoPerf[MOST], cudnnConvolutionFwdAlgoPerf::new,
                    (count, all) -> JCudnn.cudnnFindConvolutionForwardAlgorithmEx(handle, d.x, o.x, d.filters,
                            o.filters, d.convolution, d.y, o.y, MOST, count, all, o.workspace, o.workspaceBytes),
                    a -> new Algorithm(a.algo, a.status, a.memory, a.determinism));
            case DGRAD -> found(new cudnnConvolutionBwdDataAlgoPerf[MOST], cudnnConvolutionBwdDataAlgoPerf::new,
                    (count, all) -> JCudnn.cudnnFindConvolutionBackwardDataAlgorithmEx(handle, d.filters, o.filters,
                            d.y, o.y, d.convolution, d.x, o.x, MOST, count, all, o.workspace, o.workspaceBytes),
                    a -> new Algorithm(a.algo, a.status, a.memory, a.determinism));
            case WGRAD -> found(new cudnnConvolutionBwdFilterAlgoPerf[MOST], cudnnConvolutionBwdFilterAlgoPerf::new,
                    (count, all) -> JCudnn.cudnnFindConvolutionBackwardFilterAlgorithmEx(handle, d.x, o.x, d.y, o.y,
                            d.convolution, d.filters, o.filters, MOST, count, all, o.workspace, o.workspaceBytes),
                    a -> new Algorithm(a.algo, a.status, a.memory, a.determinism));
        };
        return found
                .filter(a -> a.status == 0 && a.determinism == cudnnDeterminism.CUDNN_DETERMINISTIC
                        && a.memory <= o.workspaceBytes)
                .findFirst().map(a -> a.withMemory(workspace(handle, convolution, d, a.number)));
    }

    /** What a search of cuDNN's fills in, of as many as it counted. */
    private static <P> Stream<Algorithm> found(P[] all, Supplier<P> empty, ToIntBiFunction<int[], P[]> find,
            Function<P, Algorithm> read) {
        int[] count = new int[1];
        Arrays.setAll(all, i -> empty.get());
        check("searching cuDNN's algorithms", () -> find.applyAsInt(count, all));
        return Arrays.stream(all, 0, count[0]).filter(Objects::nonNull).map(read);
    }

    private Algorithm withMemory(long bytes) {
        return new Algorithm(number, status, bytes, determinism);
    }

    /** What an algorithm asks for with the descriptor's math type. */
    private static long workspace(cudnnHandle handle, Convolution convolution, Descriptors d, int number) {
        long[] bytes = new long[1];
        check("asking cuDNN for the size of a workspace", () -> switch (convolution.pass()) {
            case FPROP -> JCudnn.cudnnGetConvolutionForwardWorkspaceSize(handle, d.x, d.filters, d.convolution, d.y,
                    number, bytes);
            case DGRAD -> JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(handle, d.filters, d.y, d.convolution,
                    d.x, number, bytes);
            case WGRAD -> JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, d.x, d.y, d.convolution,
                    d.filters, number, bytes);
        });
        return bytes[0];
    }
}
