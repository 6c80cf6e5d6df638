package io.zoetrope.cli;

import io.zoetrope.cuda.DeviceChoice;
import picocli.CommandLine.Option;

/** {@code --device}, as every command that runs kernels has it. */
final class DeviceOption {
    @Option(names = "--device", paramLabel = "auto|gpu|cpu", defaultValue = "auto",
            description = "Where to run: the GPU if there is one (auto), the GPU or nothing (gpu), or softcuda on the "
                    + "CPU (cpu). Default: ${DEFAULT-VALUE}.")
    DeviceChoice device;
}
