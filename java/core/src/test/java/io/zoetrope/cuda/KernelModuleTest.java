package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Modules from bytes, files and resources, with a manifest and without. */
class KernelModuleTest {
    private static final String MANIFEST = """
            {"module":"places","entries":[{"name":"places","operation":"places","architecture":"simt","threads":8,
             "tile":[8,1,1],"stages":1,"cluster":1,"dynamicSharedBytes":0,"parameters":[
             {"name":"out","type":"long long*","offset":0,"bytes":8,"align":8},
             {"name":"step","type":"int","offset":8,"bytes":4,"align":4}]}]}
            """;
    private final Device device = Devices.shared();

    private void runs(KernelModule module) {
        try (module; Scope scope = Scope.open(device)) {
            Tensor out = scope.zeros(DType.I64, 8);
            module.kernel("places").arguments().pointer("out", out).i32("step", 2).launch(LaunchConfig.of(Grid.of(1), 8));
            assertThat(out.toLongs()).containsExactly(0, 2, 4, 6, 8, 10, 12, 14);
        }
    }

    @Test
    void fromBytesAFileAndAResourceOfAnyClassLoader(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("inner/places.v1.ptx");
        Files.createDirectories(file.getParent());
        Files.write(file, Ptx.PLACES);
        runs(KernelModule.load(device, "places", Ptx.PLACES));
        runs(KernelModule.load(device, file));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, null)) {
            runs(KernelModule.resource(device, loader, "inner/places.v1.ptx"));
            assertThatThrownBy(() -> KernelModule.resource(device, loader, "inner/other.ptx"))
                    .isInstanceOf(DeviceException.class).hasMessageContaining("inner/other.ptx");
            Files.writeString(folder.resolve("inner/places.v1.json"), MANIFEST);
            KernelModule withManifest = KernelModule.resource(device, loader, "inner/places.v1.ptx");
            assertThat(withManifest.kernel("places").geometry()).isEqualTo(new Geometry(8, 8, 1, 1, 0));
            runs(withManifest);
        }
        KernelModule withManifest = KernelModule.load(device, file);
        assertThatThrownBy(() -> withManifest.kernel("places").arguments().i32("step", 2))
                .isInstanceOf(IllegalArgumentException.class);
        runs(withManifest);
    }

    @Test
    void whatIsNotThereOrNotCodeIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> KernelModule.load(device, folder.resolve("none.ptx"))).isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("none.ptx");
        assertThatThrownBy(() -> KernelModule.load(device, "noise", new byte[] {1, 2, 3})).isInstanceOf(DeviceException.class)
                .hasMessageContaining("noise");
        try (KernelModule module = KernelModule.load(device, "places", Ptx.PLACES)) {
            assertThatThrownBy(() -> module.kernel("spaces")).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no kernel 'spaces'");
            assertThatThrownBy(() -> module.kernel("places").geometry()).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("declares no geometry");
        }
        assertThatThrownBy(() -> device.kernel("conv/none", "none")).isInstanceOf(DeviceException.class)
                .hasMessageContaining("kernels/conv/none.fatbin").hasMessageContaining("zoetrope-cuda");
    }
}
