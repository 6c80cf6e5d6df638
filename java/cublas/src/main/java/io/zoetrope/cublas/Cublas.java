package io.zoetrope.cublas;

import static io.zoetrope.cuda.VendorCalls.pointer;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceMemory;
import io.zoetrope.cuda.Stream;
import io.zoetrope.cuda.VendorCalls;
import io.zoetrope.ops.gemm.GemmProvider;
import io.zoetrope.tensor.DType;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * One device's cuBLAS handle. The workspace of a product comes from the device's memory pool, so that it belongs to a
 * graph that is recorded and streams never share one; with it cuBLAS allocates nothing and its sums keep their order.
 */
final class Cublas implements GemmProvider {
    /** What NVIDIA recommends: 32 MiB from Hopper on, 4 MiB before. */
    private static final long HOPPER_WORKSPACE = 32L << 20;
    private static final long WORKSPACE = 4L << 20;
    /** CUBLAS_GEMM_DEFAULT: the library's heuristic chooses. */
    private static final int DEFAULT_ALGORITHM = -1;

    private final Device device;
    private final long workspaceBytes;
    private final cublasHandle handle = new cublasHandle();

    Cublas(Device device) {
        this.device = device;
        this.workspaceBytes = device.capability().atLeast(9, 0) ? HOPPER_WORKSPACE : WORKSPACE;
        VendorCalls.enter(device);
        check("cublasCreate", () -> JCublas2.cublasCreate(handle));
        check("cublasSetPointerMode",
                () -> JCublas2.cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_HOST));
        // Partial sums of bf16 products stay F32, as in our kernels.
        check("cublasSetMathMode",
                () -> JCublas2.cublasSetMathMode(handle, cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION));
    }

    @Override
    public String name() {
        return CublasFactory.NAME;
    }

    @Override
    public synchronized boolean multiply(Product p) {
        if (p.batch() > Integer.MAX_VALUE) {
            return false;
        }
        Stream stream = device.stream();
        try (DeviceMemory workspace = device.memory().allocate(workspaceBytes)) {
            VendorCalls.enter(device);
            check("cublasSetStream", () -> JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())));
            // After the stream: setting that takes the workspace away.
            check("cublasSetWorkspace",
                    () -> JCublas2.cublasSetWorkspace(handle, pointer(workspace.address()), workspaceBytes));
            check("cublasGemmStridedBatchedEx", () -> queue(p));
            stream.queued();
        }
        return true;
    }

    /**
     * cuBLAS counts by columns, so a row-major c = op(a)·op(b) is its cᵀ = op(b)ᵀ·op(a)ᵀ, with nothing moved.
     * JCublas's method without {@code _new} takes the compute types of CUDA 10.
     */
    private int queue(Product p) {
        int type = type(p.type());
        return JCublas2
                .cublasGemmStridedBatchedEx_new(handle, operation(p.transB()), operation(p.transA()), p.n(), p.m(),
                        p.k(), scalar(p.alpha()), pointer(p.b()), type, p.ldb(), p.strideB(), pointer(p.a()), type,
                        p.lda(), p.strideA(), scalar(p.beta()), pointer(p.c()), type(p.out()), p.ldc(), p.strideC(),
                        (int) p.batch(), p.tf32() && p.type() == DType.F32
                                ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32 : cublasComputeType.CUBLAS_COMPUTE_32F,
                        DEFAULT_ALGORITHM);
    }

    private static int operation(boolean transposed) {
        return transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    private static int type(DType type) {
        return type == DType.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
    }

    private static Pointer scalar(float value) {
        return Pointer.to(new float[] {value});
    }

    private static void check(String what, IntSupplier call) {
        VendorCalls.check(what, call, cublasStatus::stringFor);
    }

    @Override
    public void close() {
        VendorCalls.enter(device);
        check("cublasDestroy", () -> JCublas2.cublasDestroy(handle));
    }
}
