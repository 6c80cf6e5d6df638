package io.zoetrope.cuda;

/** A call to the device's driver failed, or the driver could not be had. */
public class DeviceException extends RuntimeException {
    private final int code;

    /** @param code the driver's error code (CUresult), or 0 when the failure is not the driver's */
    public DeviceException(int code, String message) {
        super(message);
        this.code = code;
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
        this.code = 0;
    }

    /** The driver's error code (CUresult), or 0. */
    public int code() {
        return code;
    }
}
