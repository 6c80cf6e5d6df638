package io.zoetrope.cuda;

import java.util.Set;
import jcuda.driver.CUresult;

/**
 * Errors of running kernels, which the driver reports at some later call and after which a context takes no more work.
 */
final class Faults {
    private static final Set<Integer> FATAL = Set.of(CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
            CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, CUresult.CUDA_ERROR_ASSERT,
            CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR, CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUresult.CUDA_ERROR_MISALIGNED_ADDRESS, CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUresult.CUDA_ERROR_INVALID_PC, CUresult.CUDA_ERROR_LAUNCH_FAILED);

    private Faults() {
    }

    /** What to add to the message of an error: nothing for one that does no harm to the context. */
    static String explain(Device device, int result) {
        if (!FATAL.contains(result)) {
            return "";
        }
        String kernels = device.lastKernels();
        return ": a kernel failed"
                + (kernels.isEmpty() ? "" : ", one of the last that were queued (newest first: " + kernels + ")")
                + "; the context of " + device + " is lost with all its memory: close the device and go on in "
                + (device.isSoftware() ? "a new one (what softcuda printed names the instruction)" : "a new process");
    }
}
