package io.zoetrope.cuda;

/**
 * A call to the device's driver failed, or the driver could not be had. {@link #code()} tells the driver's errors
 * apart; memory that is not there is a {@link DeviceOutOfMemoryException}.
 */
public class DeviceException extends RuntimeException {
    private final int code;

    /** @param code the driver's error code (CUresult), or 0 when the failure is not the driver's */
    public DeviceException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** @param cause why, for those who look closer */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
        this.code = 0;
    }

    /** For an error code of the driver; a {@link DeviceOutOfMemoryException} where it is that one. */
    static DeviceException of(int code, String message) {
        return code == DeviceOutOfMemoryException.CODE ? new DeviceOutOfMemoryException(message)
                : new DeviceException(code, message);
    }

    /** The driver's error code (CUresult), or 0. */
    public int code() {
        return code;
    }
}
