package io.zoetrope.cuda;

import jcuda.driver.CUdeviceptr;

/** Device addresses as numbers: JCuda keeps them inside its pointer objects. */
final class Addresses {
    private static final class Opened extends CUdeviceptr {
        private Opened(CUdeviceptr base) {
            super(base);
        }

        private static long addressOf(CUdeviceptr pointer) {
            Opened opened = new Opened(pointer);
            return opened.getNativePointer() + opened.getByteOffset();
        }
    }

    private Addresses() {
    }

    static long of(CUdeviceptr pointer) {
        return Opened.addressOf(pointer);
    }

    static CUdeviceptr pointer(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }
}
