package io.zoetrope.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * The providers on the class path. A device has those that were asked for when it was opened, by
 * {@link Device#open(DeviceChoice, String)} or {@code -Dzoetrope.provider=cublas,cudnn}; by default ({@code auto}) it
 * has none and our own kernels run everything.
 */
public final class Providers {
    /** Our own kernels alone. */
    public static final String AUTO = "auto";
    private static final String PROPERTY = "zoetrope.provider";

    private Providers() {
    }

    /** All that are on the class path, whether or not this machine has their libraries. */
    public static List<ProviderFactory> installed() {
        return ServiceLoader.load(ProviderFactory.class, Providers.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList();
    }

    static String fromProperty() {
        return System.getProperty(PROPERTY, AUTO);
    }

    /** @param names separated by commas, or {@link #AUTO} */
    static List<Provider> open(Device device, String names) {
        if (names.equals(AUTO)) {
            return List.of();
        }
        List<ProviderFactory> installed = installed();
        List<Provider> opened = new ArrayList<>();
        try {
            for (String name : names.split(",")) {
                opened.add(named(installed, name.trim()).open(device));
            }
        } catch (RuntimeException | LinkageError e) {
            opened.forEach(Provider::close);
            throw e;
        }
        return List.copyOf(opened);
    }

    private static ProviderFactory named(List<ProviderFactory> installed, String name) {
        return installed.stream().filter(factory -> factory.name().equals(name)).findFirst()
                .orElseThrow(() -> new DeviceException(0, "provider '" + name
                        + "' was asked for, but the class path has "
                        + (installed.isEmpty() ? "none"
                                : installed.stream().map(ProviderFactory::name).collect(Collectors.joining(", ")))
                        + ": add the artifact zoetrope-" + name + ", or ask for " + AUTO));
    }
}
