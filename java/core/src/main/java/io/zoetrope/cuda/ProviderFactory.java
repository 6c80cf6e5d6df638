package io.zoetrope.cuda;

import java.util.Optional;

/** Makes a {@link Provider} for each device; artifacts name theirs in {@code META-INF/services}. */
public interface ProviderFactory {
    /** As it is asked for: {@code cublas}. */
    String name();

    /** What this machine lacks for it, with the files and the folders they were looked for in. Loads nothing. */
    Optional<String> missing();

    /** @throws DeviceException saying what is missing when the library cannot be loaded or does not start */
    Provider open(Device device);
}
