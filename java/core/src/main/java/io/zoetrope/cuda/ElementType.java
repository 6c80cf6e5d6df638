package io.zoetrope.cuda;

/** Types of elements in device memory that kernels' parameters are checked against. */
public enum ElementType {
    F32, BF16, I32, I64, U8;

    /**
     * The element of a C type that a pointer points to, null for one that tensors do not have (void, structures) and
     * for {@code unsigned char}, the bytes of anything: such a pointer takes any of them. Signed and unsigned integers
     * of one width go together.
     */
    static ElementType of(String type) {
        return switch (type) {
            case "float" -> F32;
            case "bf16" -> BF16;
            case "int", "unsigned int" -> I32;
            case "long long", "unsigned long long" -> I64;
            case "char", "signed char", "bool" -> U8;
            default -> null;
        };
    }
}
