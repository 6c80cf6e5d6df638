package io.zoetrope.cublas;

import io.zoetrope.cuda.VendorFactory;
import io.zoetrope.cuda.VendorLibrary;
import java.util.List;
import jcuda.jcublas.JCublas2;

/** Opens cuBLAS 12, or 13 through a library of ours that forwards what JCublas asks of 12. */
public final class CublasFactory extends VendorFactory {
    static final String NAME = "cublas";

    public CublasFactory() {
        super(NAME,
                new VendorLibrary("libcublas.so.12", "libcublas.so.13",
                        List.of("libcublasLt.so.12", "libcublasLt.so.13"), "JCublas2"),
                JCublas2::initialize, Cublas::new);
    }
}
