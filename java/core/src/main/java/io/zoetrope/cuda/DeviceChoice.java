package io.zoetrope.cuda;

import java.util.Locale;

/** Which machine runs the kernels. The first choice in a process holds for the whole process. */
public enum DeviceChoice {
    /** The GPU if the machine has one, else softcuda. */
    AUTO,
    /** The GPU; an error when there is none. */
    GPU,
    /** softcuda on the CPU, also where there is a GPU. */
    CPU;

    /** @throws IllegalArgumentException naming the text and what was expected */
    public static DeviceChoice parse(String text) {
        for (DeviceChoice choice : values()) {
            if (choice.name().equalsIgnoreCase(text)) {
                return choice;
            }
        }
        throw new IllegalArgumentException("device '" + text + "': expected auto, gpu or cpu");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
