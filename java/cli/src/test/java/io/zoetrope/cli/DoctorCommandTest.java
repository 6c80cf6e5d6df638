package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
    private static final String AVX512 = "avx2 fma bmi1 bmi2 f16c popcnt avx512f avx512bw avx512dq avx512vl";

    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    private Path root() {
        return folder.resolve("root");
    }

    private int examine(Map<String, String> environment) throws IOException {
        return new DoctorCommand(shell.surroundings(), new Machine(root(), environment)).call();
    }

    private void file(String name, String content) throws IOException {
        Path file = root().resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private static void emptyFile(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
    }

    @Test
    void aMachineWithNothingGetsARemedyForEachLack() throws IOException {
        file("proc/cpuinfo", "processor : 0\nflags : fpu sse2\n");
        assertThat(examine(Map.of())).as("softcuda runs, so all is well").isZero();
        assertThat(shell.out()).contains("NVIDIA GPU: none seen").contains("softcuda runs the kernels on the CPU")
                .contains("missing  cuBLAS").contains("missing  cuDNN").contains("optional").contains("scalar")
                .contains("softcuda (CPU), compute capability").contains("multiprocessors").contains("CUDA driver API")
                .contains("ok       fashion-ddpm").contains("ok       digits-wavegan")
                .contains("missing  fashion-mnist").contains("zoetrope data fashion-mnist").contains("missing  mnist")
                .contains("zoetrope data mnist").contains("missing  cifar10").contains("zoetrope data cifar10")
                .contains("missing  spoken-digits").contains("zoetrope data spoken-digits").contains("missing  emoji")
                .contains("zoetrope data emoji");
    }

    @Test
    void aMachineWithEverythingIsPraised() throws IOException {
        file("proc/cpuinfo", "flags\t\t: fpu " + AVX512 + " avx512_bf16\n");
        file("dev/nvidiactl", "");
        file("proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version: 12\n");
        file("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
        file("usr/local/cuda/lib64/libcublas.so.13", "");
        Path extra = Files.createDirectories(folder.resolve("extra"));
        Files.writeString(extra.resolve("libcudnn.so.9"), "");
        Path sets = folder.resolve("system");
        for (String name : new String[] {"fashion-mnist", "mnist"}) {
            for (String part : new String[] {"train", "t10k"}) {
                emptyFile(sets.resolve(name).resolve(part + "-images-idx3-ubyte.gz"));
                emptyFile(sets.resolve(name).resolve(part + "-labels-idx1-ubyte.gz"));
            }
        }
        for (String batch : new String[] {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                "data_batch_5", "test_batch"}) {
            emptyFile(sets.resolve("cifar10").resolve(batch + ".bin"));
        }
        for (String part : new String[] {"train.wav", "test.wav", "clips.json"}) {
            emptyFile(folder.resolve("cache/spoken-digits").resolve(part));
        }
        for (String part : new String[] {"pictures.png", "captions.json"}) {
            emptyFile(folder.resolve("cache/emoji").resolve(part));
        }
        Path smi = Files.writeString(extra.resolve("nvidia-smi"), "");
        assertThat(smi.toFile().setExecutable(true)).isTrue();
        assertThat(examine(Map.of("LD_LIBRARY_PATH", extra.toString(), "PATH", extra.toString()))).isZero();
        assertThat(shell.out()).contains("580.65.06").contains("libcuda.so.1").contains("libcublas.so.13")
                .contains("libcudnn.so.9").contains("AVX-512 with BF16").contains(sets.resolve("mnist").toString())
                .contains("provider cublas: ", "provider cudnn: ").doesNotContain("missing");
        assertThat(shell.out()).as("empty files are no data")
                .contains("damaged  fashion-mnist", "damaged  mnist", "damaged  cifar10", "damaged  spoken-digits",
                        "damaged  emoji", "'zoetrope data spoken-digits' brings it in anew")
                .doesNotContain("ok       mnist");
    }

    @Test
    void aGpuWithoutItsDriverIsExplained() throws IOException {
        file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
        file("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
        file("proc/cpuinfo", "flags : " + AVX512 + "\n");
        assertThat(examine(Map.of())).isZero();
        assertThat(shell.out()).contains("plugged in, but /dev/nvidiactl is missing").contains("--gpus all")
                .contains("missing  kernel driver").contains("missing  driver library")
                .contains("instruction set: AVX-512,");
    }

    @Test
    void aDeviceThatDoesNotOpenIsAFailure() throws IOException {
        shell.failure = new IllegalStateException("libcuda.so.1 lacks cuInit");
        assertThat(examine(Map.of())).isEqualTo(1);
        assertThat(shell.out()).contains("libcuda.so.1 lacks cuInit");
    }

    @Test
    void runsFromTheCommandLine() {
        assertThat(shell.run("doctor", "--device", "cpu")).isZero();
        assertThat(shell.out()).contains("Java").contains("Data sets");
        assertThat(shell.device).isEqualTo(io.zoetrope.cuda.DeviceChoice.CPU);
    }
}
