package io.zoetrope.cudnn;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Provider;
import io.zoetrope.cuda.ProviderFactory;
import io.zoetrope.cuda.VendorLibrary;
import java.util.List;
import java.util.Optional;
import jcuda.jcudnn.JCudnn;

/** Opens cuDNN 9, whose SONAME is the same for CUDA 12 and 13. */
public final class CudnnFactory implements ProviderFactory {
    static final String NAME = "cudnn";
    private static final VendorLibrary LIBRARY = new VendorLibrary("libcudnn.so.9", null, List.of());
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
        return new Cudnn(device);
    }

    private static synchronized void load() {
        if (!loaded) {
            LIBRARY.load(JCudnn::initialize);
            loaded = true;
        }
    }
}
