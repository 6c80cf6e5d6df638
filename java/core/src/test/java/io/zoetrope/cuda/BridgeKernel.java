package io.zoetrope.cuda;

import io.zoetrope.testkit.Devices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A kernel whose last thread writes down how it was launched: grid, block, shared memory and its parameters. */
final class BridgeKernel implements AutoCloseable {
    private static final String PTX = """
            .version 7.8
            .target %s
            .address_size 64
            .visible .entry shape(.param .u32 small, .param .u64 out, .param .u8 byte)
            {
                .reg .pred p;
                .reg .u32 r<12>;
                .reg .u64 a;
                mov.u32 r0, %ctaid.x; mov.u32 r1, %nctaid.x; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                mov.u32 r0, %ctaid.y; mov.u32 r1, %nctaid.y; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                mov.u32 r0, %ctaid.z; mov.u32 r1, %nctaid.z; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                mov.u32 r0, %tid.x; mov.u32 r1, %ntid.x; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                mov.u32 r0, %tid.y; mov.u32 r1, %ntid.y; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                mov.u32 r0, %tid.z; mov.u32 r1, %ntid.z; sub.u32 r1, r1, 1; setp.ne.u32 p, r0, r1; @p ret;
                ld.param.u64 a, [out];
                mov.u32 r2, %nctaid.x; st.global.u32 [a], r2;
                mov.u32 r3, %nctaid.y; st.global.u32 [a+4], r3;
                mov.u32 r4, %nctaid.z; st.global.u32 [a+8], r4;
                mov.u32 r5, %ntid.x; st.global.u32 [a+12], r5;
                mov.u32 r6, %ntid.y; st.global.u32 [a+16], r6;
                mov.u32 r7, %ntid.z; st.global.u32 [a+20], r7;
                mov.u32 r8, %dynamic_smem_size; st.global.u32 [a+24], r8;
                ld.param.u32 r9, [small]; st.global.u32 [a+28], r9;
                ld.param.u8 r10, [byte]; st.global.u32 [a+32], r10;
                ret;
            }
            """;
    static final int PARAMETER_BYTES = 17;
    private static final int RESULTS = 9;

    final Device device = Devices.shared();
    final CUfunction function = new CUfunction();
    final ByteBuffer parameters = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
    private final CUmodule module = new CUmodule();
    private final CUdeviceptr out = new CUdeviceptr();

    BridgeKernel(int small, int lastByte) {
        device.synchronize(); // makes the context current
        check(JCudaDriver.cuModuleLoadData(module, (ptx() + "\0").getBytes(StandardCharsets.UTF_8)));
        check(JCudaDriver.cuModuleGetFunction(function, module, "shape"));
        check(JCudaDriver.cuMemAlloc(out, RESULTS * Integer.BYTES));
        parameters.putInt(0, small).putLong(8, Addresses.of(out)).put(16, (byte) lastByte);
        clear();
    }

    /** Clusters are launched of kernels that were compiled for a device that has them. */
    private String ptx() {
        return PTX.replaceFirst("%s", device.capability().major() >= 9 ? "sm_90" : "sm_80");
    }

    void clear() {
        check(JCudaDriver.cuMemsetD8(out, (byte) 0, RESULTS * Integer.BYTES));
    }

    /** Waits for the device's stream. */
    int[] results() {
        device.synchronize();
        int[] results = new int[RESULTS];
        check(JCudaDriver.cuMemcpyDtoH(Pointer.to(results), out, RESULTS * Integer.BYTES));
        return results;
    }

    private static void check(int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new AssertionError(CUresult.stringFor(result));
        }
    }

    @Override
    public void close() {
        JCudaDriver.cuMemFree(out);
        JCudaDriver.cuModuleUnload(module);
    }
}
