package io.zoetrope.cuda;

import java.util.Locale;

/** Device memory was asked for that is not there. The device stays usable. */
public final class DeviceOutOfMemoryException extends DeviceException {
    private static final int CUDA_ERROR_OUT_OF_MEMORY = 2;

    DeviceOutOfMemoryException(long asked, long inUse, long cached, long free, long total) {
        super(CUDA_ERROR_OUT_OF_MEMORY,
                String.format(Locale.ROOT,
                        "out of device memory: asked for %s, in use %s, cached %s, free on the device %s of %s;"
                                + " use a smaller batch or close scopes that are no longer needed",
                        mebibytes(asked), mebibytes(inUse), mebibytes(cached), mebibytes(free), mebibytes(total)));
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024.0));
    }
}
