package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.cuda.ProviderFactory;
import io.zoetrope.cuda.Providers;
import io.zoetrope.data.DataRemedy;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.EmojiSet;
import io.zoetrope.data.KnownSet;
import io.zoetrope.data.SpokenDigits;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ShippedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** {@code zoetrope doctor}: what is here, what is missing, and what to do about it. */
@Command(name = "doctor", description = "Show what this machine has for Zoetrope, what it lacks, and the remedy.")
final class DoctorCommand implements io.zoetrope.cli.Command, Callable<Integer> {
    private static final String OPTIONAL = "optional: Zoetrope has kernels of its own and needs it only to compare";

    private final Surroundings surroundings;
    private final Machine machine;

    @Mixin
    private DeviceOption deviceOption;

    DoctorCommand(Surroundings surroundings) {
        this(surroundings, Machine.here());
    }

    DoctorCommand(Surroundings surroundings, Machine machine) {
        this.surroundings = surroundings;
        this.machine = machine;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.forAnnotatedObject(this);
    }

    @Override
    public Integer call() throws IOException {
        heading("Java");
        good(System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        heading("GPU");
        gpu();
        heading("CUDA libraries");
        library("cuBLAS", "libcublas.so", "libcublas-13-0");
        library("cuDNN", "libcudnn.so", "libcudnn9-cuda-13");
        Providers.installed().forEach(this::provider);
        heading("softcuda, the CPU's implementation of CUDA");
        good("instruction set",
                machine.softcudaLevel() + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        heading("Device in use");
        boolean runs = device();
        heading("Models that ship");
        for (ShippedModel model : ModelFamilies.installed().shipped()) {
            good(model.name(), model.about());
        }
        heading("Data sets");
        dataSets();
        return runs ? 0 : Main.FAILED;
    }

    private void gpu() {
        Optional<String> driver = machine.driverVersion();
        Optional<Path> library = machine.library("libcuda.so.1");
        if (!machine.hasDeviceNode() && !machine.hasNvidiaHardware()) {
            lack("NVIDIA GPU", "none seen", "nothing to do: softcuda runs the kernels on the CPU, slowly");
            return;
        }
        if (machine.hasDeviceNode()) {
            good("NVIDIA GPU", "device nodes present");
        } else {
            lack("NVIDIA GPU", "plugged in, but /dev/nvidiactl is missing",
                    "install NVIDIA's driver and load it (modprobe nvidia); in a container, run it with --gpus all");
        }
        if (driver.isPresent()) {
            good("kernel driver", driver.get());
        } else {
            lack("kernel driver", "/proc/driver/nvidia/version is missing", "install NVIDIA's driver (R580 or newer)");
        }
        if (library.isPresent()) {
            good("driver library", library.get().toString());
        } else {
            lack("driver library", "libcuda.so.1 is missing",
                    "install libcuda1 (Debian) or add its folder to LD_LIBRARY_PATH");
        }
        if (machine.program("nvidia-smi").isEmpty()) {
            lack("nvidia-smi", "not on PATH", "optional: install nvidia-smi to watch the GPU");
        }
    }

    private void library(String name, String file, String debianPackage) {
        Optional<Path> found = machine.library(file);
        if (found.isPresent()) {
            good(name, found.get().toString());
        } else {
            lack(name, file + " not found",
                    OPTIONAL + " (NVIDIA's package " + debianPackage + "; elsewhere, set LD_LIBRARY_PATH)");
        }
    }

    /** What it lacks is not a lack of the machine's: nothing needs it. */
    private void provider(ProviderFactory provider) {
        String what = "provider " + provider.name();
        Optional<String> missing = provider.missing();
        if (missing.isPresent()) {
            surroundings.say("  off      " + what + ": " + missing.get());
        } else {
            good(what, "-Dzoetrope.provider=" + provider.name() + " asks for it");
        }
    }

    private boolean device() {
        DeviceChoice choice = deviceOption == null ? DeviceChoice.AUTO : deviceOption.device;
        try {
            try (Device device = surroundings.devices().apply(choice)) {
                good(device.name() + ", compute capability " + device.capability(), "");
                good(String.format(Locale.ROOT, "%d multiprocessors, %.1f GiB of memory", device.multiprocessors(),
                        device.totalMemory() / (double) (1L << 30)), "");
                good("CUDA driver API " + device.driverVersion() / 1000 + "." + device.driverVersion() % 1000 / 10, "");
            }
            return true;
        } catch (RuntimeException | LinkageError e) {
            lack("no device opens", String.valueOf(e.getMessage()), choice == DeviceChoice.GPU
                    ? "see GPU above, or use --device cpu" : "run with --debug doctor and report it");
            return false;
        }
    }

    private void dataSets() throws IOException {
        for (KnownSet set : DataSets.all()) {
            Optional<Path> folder = set.find(surroundings.places());
            dataSet(set.name(), folder, folder.isPresent() ? set.damage(folder.get()) : Optional.empty(),
                    set.howToGet());
        }
        Optional<Path> digits = SpokenDigits.find(surroundings.places());
        dataSet(SpokenDigits.NAME, digits, digits.isPresent() ? SpokenDigits.damage(digits.get()) : Optional.empty(),
                SpokenDigits.howToGet());
        Optional<Path> emoji = EmojiSet.find(surroundings.places());
        dataSet(EmojiSet.NAME, emoji, emoji.isPresent() ? EmojiSet.damage(emoji.get()) : Optional.empty(),
                EmojiSet.howToGet());
    }

    private void dataSet(String name, Optional<Path> folder, Optional<String> damage, DataRemedy remedy) {
        if (damage.isPresent()) {
            surroundings.say("  damaged  " + name + ": " + damage.get());
            surroundings.say("           " + Remedies.command(DataRemedy.Way.RENEW, Optional.of(name)));
        } else if (folder.isPresent()) {
            good(name, folder.get().toString());
        } else {
            lack(name, "not found", Remedies.text(remedy));
        }
    }

    private void heading(String text) {
        surroundings.say(text);
    }

    private void good(String what, String detail) {
        surroundings.say("  ok       " + what + (detail.isEmpty() ? "" : ": " + detail));
    }

    private void lack(String what, String detail, String remedy) {
        surroundings.say("  missing  " + what + ": " + detail);
        surroundings.say("           " + remedy);
    }
}
