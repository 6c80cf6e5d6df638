package io.zoetrope.cudnn;

import io.zoetrope.cuda.VendorFactory;
import io.zoetrope.cuda.VendorLibrary;
import java.util.List;
import jcuda.jcudnn.JCudnn;

/** Opens cuDNN 9, whose SONAME is the same for CUDA 12 and 13. */
public final class CudnnFactory extends VendorFactory {
    static final String NAME = "cudnn";

    public CudnnFactory() {
        super(NAME, new VendorLibrary("libcudnn.so.9", null, List.of(), "JCudnn"), JCudnn::initialize, Cudnn::new);
    }
}
