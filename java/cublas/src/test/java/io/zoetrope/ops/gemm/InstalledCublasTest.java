package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Providers;
import org.junit.jupiter.api.condition.EnabledIf;

/** The same by the machine's own cuBLAS on its GPU. */
@EnabledIf("present")
class InstalledCublasTest extends CublasTest {
    static boolean present() {
        return Device.missingForGpu().isEmpty() && Providers.installed().get(0).missing().isEmpty();
    }
}
