package io.zoetrope.cuda;

import java.util.Optional;
import java.util.function.Function;

/** Makes the providers of one of NVIDIA's libraries; the library is loaded for the first of them. */
public abstract class VendorFactory implements ProviderFactory {
    private final String name;
    private final VendorLibrary library;
    private final Runnable initialisation;
    private final Function<Device, Provider> provider;

    /**
     * @param name           as it is asked for
     * @param library        what the provider runs on
     * @param initialisation has JCuda load its own native part
     * @param provider       makes one for a device
     */
    protected VendorFactory(String name, VendorLibrary library, Runnable initialisation,
            Function<Device, Provider> provider) {
        this.name = name;
        this.library = library;
        this.initialisation = initialisation;
        this.provider = provider;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Optional<String> missing() {
        return library.missing();
    }

    @Override
    public final Provider open(Device device) {
        library.load(initialisation);
        return provider.apply(device);
    }
}
