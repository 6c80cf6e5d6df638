package io.zoetrope.ops.conv;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Providers;
import org.junit.jupiter.api.condition.EnabledIf;

/** The same by the machine's own cuDNN on its GPU. */
@EnabledIf("present")
class InstalledCudnnTest extends CudnnTest {
    static boolean present() {
        return Device.missingForGpu().isEmpty() && Providers.installed().get(0).missing().isEmpty();
    }
}
