package io.zoetrope.cuda;

import java.util.Map;

/**
 * A kernel as the build of the device code describes it.
 *
 * @param module       its module, as {@link Device#kernel} takes it
 * @param entry        its name in the device code
 * @param operation    what it computes; several kernels may compute the same in different ways
 * @param architecture the least that it needs: {@code simt}, {@code sm80}, {@code sm90}
 * @param traits what tells it from others of its operation, such as {@code type}, {@code layout}, {@code algorithm}
 * @param geometry     null when it declares none
 */
public record KernelDescription(String module, String entry, String operation, String architecture,
        Map<String, String> traits, Geometry geometry) {
    public KernelDescription {
        traits = Map.copyOf(traits);
    }

    public Kernel on(Device device) {
        return device.kernel(module, entry);
    }
}
