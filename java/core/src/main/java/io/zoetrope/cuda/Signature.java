package io.zoetrope.cuda;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a kernel as its manifest declares them, with the fields of structures in the place of the
 * structure: a list that a launch's arguments are compared with one by one.
 */
final class Signature {
    /** What a parameter or a field is to a launch. */
    enum Kind {
        POINTER(8), I8(1), I16(2), I32(4), I64(8), F32(4), F64(8),
        /** A structure passed by value, whose fields follow. */
        STRUCTURE(0), TENSOR_MAP(TensorMap.BYTES),
        /** Bytes whose meaning is the caller's. */
        OPAQUE(0);

        private final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        int bytes() {
            return bytes;
        }
    }

    /**
     * @param name    interned, so that the names at launch sites, which are literals, compare by reference
     * @param type    as declared
     * @param element what a pointer points to; null for anything
     */
    record Slot(String name, Kind kind, String type, int offset, int bytes, ElementType element) {
        @Override
        public String toString() {
            return type + " " + name;
        }
    }

    private final Slot[] slots;
    private final int bytes;

    private Signature(List<Slot> slots, int bytes) {
        this.slots = slots.toArray(new Slot[0]);
        this.bytes = bytes;
    }

    /**
     * @param parameters of an entry of a manifest
     *
     * @throws IllegalArgumentException naming what is not understood
     */
    static Signature of(JsonArray parameters) {
        List<Slot> slots = new ArrayList<>();
        int end = 0;
        for (JsonElement each : parameters) {
            end = add(slots, each.getAsJsonObject(), 0, end);
        }
        if (end > LaunchBuffer.CAPACITY) {
            throw new IllegalArgumentException(
                    "parameters of " + end + " bytes, more than the " + LaunchBuffer.CAPACITY + " a launch can pass");
        }
        return new Signature(slots, end);
    }

    /**
     * @param free where the parameter before ends
     *
     * @return where this one does
     */
    private static int add(List<Slot> slots, JsonObject declared, int base, int free) {
        String name = declared.get("name").getAsString().intern();
        String type = declared.get("type").getAsString();
        int offset = base + declared.get("offset").getAsInt();
        int bytes = declared.get("bytes").getAsInt();
        JsonArray fields = declared.getAsJsonArray("fields");
        Kind kind = fields != null ? Kind.STRUCTURE : kindOf(type);
        if (kind.bytes() != 0 && kind.bytes() != bytes) {
            throw new IllegalArgumentException(
                    "parameter " + type + " " + name + " of " + bytes + " bytes: expected " + kind.bytes());
        }
        if (offset < free) {
            throw new IllegalArgumentException("parameter " + type + " " + name + " at offset " + offset + ": expected "
                    + free + " or more, where the one before it ends");
        }
        slots.add(
                new Slot(name, kind, type, offset, bytes, kind == Kind.POINTER ? ElementType.of(pointee(type)) : null));
        if (fields != null) {
            int end = offset;
            for (JsonElement field : fields) {
                end = add(slots, field.getAsJsonObject(), offset, end);
            }
            if (end > offset + bytes) {
                throw new IllegalArgumentException(
                        "the fields of " + type + " " + name + " end at " + end + ", it at " + (offset + bytes));
            }
        }
        return offset + bytes;
    }

    private static String pointee(String type) {
        String target = type.substring(0, type.length() - 1).trim();
        return target.startsWith("const ") ? target.substring("const ".length()) : target;
    }

    private static Kind kindOf(String type) {
        if (type.endsWith("*")) {
            return Kind.POINTER;
        }
        return switch (type) {
            case "bool", "char", "signed char", "unsigned char" -> Kind.I8;
            case "short", "unsigned short", "bf16" -> Kind.I16;
            case "int", "unsigned int" -> Kind.I32;
            case "long long", "unsigned long long" -> Kind.I64;
            case "float" -> Kind.F32;
            case "double" -> Kind.F64;
            case "CUtensorMap" -> Kind.TENSOR_MAP;
            default -> Kind.OPAQUE;
        };
    }

    int count() {
        return slots.length;
    }

    Slot slot(int index) {
        return slots[index];
    }

    /** Bytes of all parameters. */
    int bytes() {
        return bytes;
    }

    /** All parameters in order, as a declaration. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("(");
        for (Slot slot : slots) {
            text.append(text.length() > 1 ? ", " : "").append(slot);
        }
        return text.append(')').toString();
    }
}
