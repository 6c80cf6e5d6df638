package io.zoetrope.measure;

/** Which operations the vendors' libraries are asked for: what they do not take would only be our kernels once more. */
final class Vendor {
    private Vendor() {
    }

    static boolean runs(String arm, String operation) {
        return switch (arm) {
            case "cublas" -> operation.equals("gemm");
            case "cudnn" -> operation.startsWith("conv_");
            default -> true;
        };
    }
}
