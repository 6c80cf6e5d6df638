package io.zoetrope.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which device runs the kernels. GPU or CPU: the first choice in a process holds for the whole process. */
public final class DeviceChoice {
    private enum Kind { AUTO, GPU, CPU }

    /** The first GPU if the machine has one, else softcuda. */
    public static final DeviceChoice AUTO = new DeviceChoice(Kind.AUTO, 0);
    /** The first GPU; an error when there is none. */
    public static final DeviceChoice GPU = new DeviceChoice(Kind.GPU, 0);
    /** softcuda on the CPU, also where there is a GPU. */
    public static final DeviceChoice CPU = new DeviceChoice(Kind.CPU, 0);

    private static final Pattern NUMBERED = Pattern.compile("(gpu|cpu)(?::([0-9]{1,4}))?", Pattern.CASE_INSENSITIVE);

    private final Kind kind;
    private final int ordinal;

    private DeviceChoice(Kind kind, int ordinal) {
        if (ordinal < 0) {
            throw new IllegalArgumentException("device number " + ordinal + ": expected 0 or more");
        }
        this.kind = kind;
        this.ordinal = ordinal;
    }

    /** A GPU by its number, from 0. */
    public static DeviceChoice gpu(int ordinal) {
        return ordinal == 0 ? GPU : new DeviceChoice(Kind.GPU, ordinal);
    }

    /** One of the devices that softcuda shows (as many as the environment variable ZOETROPE_DEVICES says), from 0. */
    public static DeviceChoice cpu(int ordinal) {
        return ordinal == 0 ? CPU : new DeviceChoice(Kind.CPU, ordinal);
    }

    /**
     * Reads {@code auto}, {@code gpu}, {@code cpu}, or one of the last two with a number: {@code gpu:1}.
     *
     * @throws IllegalArgumentException naming the text and what was expected
     */
    public static DeviceChoice parse(String text) {
        if ("auto".equalsIgnoreCase(text)) {
            return AUTO;
        }
        Matcher numbered = NUMBERED.matcher(text == null ? "" : text);
        if (!numbered.matches()) {
            throw new IllegalArgumentException(
                    "device '" + text + "': expected auto, gpu or cpu, or a number with it: gpu:1");
        }
        int ordinal = numbered.group(2) == null ? 0 : Integer.parseInt(numbered.group(2));
        return numbered.group(1).equalsIgnoreCase("gpu") ? gpu(ordinal) : cpu(ordinal);
    }

    boolean isAuto() {
        return kind == Kind.AUTO;
    }

    boolean isGpu() {
        return kind == Kind.GPU;
    }

    boolean isCpu() {
        return kind == Kind.CPU;
    }

    /** Which of the devices of its kind, from 0. */
    public int ordinal() {
        return ordinal;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceChoice choice && choice.kind == kind && choice.ordinal == ordinal;
    }

    @Override
    public int hashCode() {
        return kind.hashCode() * 31 + ordinal;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        return ordinal == 0 ? name : name + ":" + ordinal;
    }
}
