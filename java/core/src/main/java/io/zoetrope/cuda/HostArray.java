package io.zoetrope.cuda;

import jcuda.Pointer;

/** Primitive arrays as the host side of a copy. */
final class HostArray {
    private HostArray() {
    }

    static Pointer pointer(Object array) {
        if (array instanceof float[] values) {
            return Pointer.to(values);
        } else if (array instanceof int[] values) {
            return Pointer.to(values);
        } else if (array instanceof short[] values) {
            return Pointer.to(values);
        } else if (array instanceof byte[] values) {
            return Pointer.to(values);
        } else if (array instanceof long[] values) {
            return Pointer.to(values);
        } else if (array instanceof double[] values) {
            return Pointer.to(values);
        }
        throw wrongType(array);
    }

    static int elementBytes(Object array) {
        if (array instanceof float[] || array instanceof int[]) {
            return Integer.BYTES;
        } else if (array instanceof short[]) {
            return Short.BYTES;
        } else if (array instanceof byte[]) {
            return Byte.BYTES;
        } else if (array instanceof long[] || array instanceof double[]) {
            return Long.BYTES;
        }
        throw wrongType(array);
    }

    static int length(Object array) {
        return java.lang.reflect.Array.getLength(array);
    }

    static String describe(Object array) {
        return array.getClass().getComponentType() + "[" + length(array) + "]";
    }

    private static IllegalArgumentException wrongType(Object array) {
        return new IllegalArgumentException(
                "host memory of type " + (array == null ? "null" : array.getClass().getSimpleName())
                        + ": expected an array of byte, short, int, long, float or double");
    }
}
