package io.zoetrope.cublas;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Provider;
import io.zoetrope.cuda.ProviderFactory;
import io.zoetrope.cuda.VendorLibrary;
import java.util.List;
import java.util.Optional;
import jcuda.jcublas.JCublas2;

/** Opens cuBLAS 12, or 13 through a library of ours that forwards what JCublas asks of 12. */
public final class CublasFactory implements ProviderFactory {
    static final String NAME = "cublas";
    private static final VendorLibrary LIBRARY = new VendorLibrary("libcublas.so.12", "libcublas.so.13",
            List.of("libcublasLt.so.12", "libcublasLt.so.13"));
    private static boolean loaded;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Optional<String> missing() {
        return LIBRARY.missing();
    }

    @Override
    public Provider open(Device device) {
        load();
        return new Cublas(device);
    }

    private static synchronized void load() {
        if (!loaded) {
            LIBRARY.load(JCublas2::initialize);
            loaded = true;
        }
    }
}
