package io.zoetrope.testkit;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;

/**
 * The device the tests run on, one for the whole JVM: the GPU if the machine has one, else softcuda;
 * {@code -Dzoetrope.test.device=cpu} forces softcuda.
 */
public final class Devices {
    private static Device shared;

    private Devices() {
    }

    public static synchronized Device shared() {
        if (shared == null || shared.isClosed()) {
            shared = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")));
        }
        return shared;
    }
}
