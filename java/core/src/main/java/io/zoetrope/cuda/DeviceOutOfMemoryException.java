package io.zoetrope.cuda;

import java.util.Locale;

/** Device memory was asked for that is not there. The device stays usable. */
public final class DeviceOutOfMemoryException extends DeviceException {
    /** CUDA_ERROR_OUT_OF_MEMORY. */
    static final int CODE = 2;

    DeviceOutOfMemoryException(long asked, long inUse, long cached, long free, long total) {
        super(CODE,
                String.format(Locale.ROOT,
                        "out of device memory: asked for %s, in use %s, cached %s, free on the device %s of %s;"
                                + " use a smaller batch or close scopes that are no longer needed",
                        mebibytes(asked), mebibytes(inUse), mebibytes(cached), mebibytes(free), mebibytes(total)));
    }

    /** The driver itself ran out, as for code, graphs and stacks of kernels. */
    DeviceOutOfMemoryException(String message) {
        super(CODE, message + "; use a smaller batch or close scopes that are no longer needed");
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024.0));
    }
}
