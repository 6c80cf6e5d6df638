package io.zoetrope.cli;

import io.zoetrope.cuda.DeviceChoice;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --device}, as every command that runs kernels has it. */
final class DeviceOption {
    @Option(names = "--device", paramLabel = "auto|gpu|cpu", defaultValue = "auto", converter = Reader.class,
            description = "Where to run: the GPU if there is one (auto), the GPU or nothing (gpu, a further one as gpu:1), "
                    + "or softcuda on the CPU (cpu). Default: ${DEFAULT-VALUE}.")
    DeviceChoice device;

    static final class Reader implements ITypeConverter<DeviceChoice> {
        @Override
        public DeviceChoice convert(String text) {
            try {
                return DeviceChoice.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
