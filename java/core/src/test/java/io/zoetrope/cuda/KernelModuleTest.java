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
            module.kernel("places").arguments().pointer("out", out).i32("step", 2)
                    .launch(LaunchConfig.of(Grid.of(1), 8));
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

    /** The driver is told no length: what is cut short must not reach it. */
    @Test
    void codeThatIsCutShortIsRefused() throws Exception {
        byte[] whole;
        try (var in = KernelModuleTest.class.getResourceAsStream("/kernels/diffusion/step.fatbin")) {
            whole = in.readAllBytes();
        }
        KernelModule.load(device, "whole", whole).close();
        for (int length = 0; length < whole.length; length += length < 64 ? 1 : 331) {
            byte[] part = java.util.Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> KernelModule.load(device, "part", part)).as("%d bytes", length)
                    .isInstanceOf(DeviceException.class).hasMessageContaining("part");
        }
        byte[] elf = new byte[256];
        java.nio.ByteBuffer header = java.nio.ByteBuffer.wrap(elf).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        header.putInt(0, 0x464c457f).putLong(40, 128).putShort(58, (short) 64).putShort(60, (short) 2);
        header.putLong(128 + 24, 1 << 20).putLong(128 + 32, 16);
        assertThatThrownBy(() -> KernelImage.requireWhole("elf", elf)).isInstanceOf(DeviceException.class)
                .hasMessageContaining("section 0 (16 bytes at 1048576)").hasMessageContaining("256 bytes");
        header.putShort(60, (short) 3);
        assertThatThrownBy(() -> KernelImage.requireWhole("elf", elf)).hasMessageContaining("table of sections");
        header.putShort(60, (short) 1).putLong(128 + 24, 0);
        KernelImage.requireWhole("elf", elf);
        // The magic of a structure that holds a pointer, which in a file leads anywhere.
        assertThatThrownBy(
                () -> KernelModule.load(device, "wrapper", new byte[] {(byte) 0xb1, 0x43, 0x62, 0x46, 1, 0, 0, 0}))
                .isInstanceOf(DeviceException.class).hasMessageContaining("neither");
    }

    @Test
    void whatIsNotThereOrNotCodeIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> KernelModule.load(device, folder.resolve("none.ptx")))
                .isInstanceOf(java.io.IOException.class).hasMessageContaining("none.ptx");
        assertThatThrownBy(() -> KernelModule.load(device, "noise", new byte[] {1, 2, 3}))
                .isInstanceOf(DeviceException.class).hasMessageContaining("noise");
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
