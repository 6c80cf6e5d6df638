package io.zoetrope.mutation;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Which tests answer for which module of kernels. */
final class Subjects {
    /** The packages below {@code io.zoetrope.ops}, by folder of device code, or by module where one serves several. */
    private static final Map<String, String> TESTS = Map.ofEntries(Map.entry("array", "array"),
            Map.entry("attention", "attention"), Map.entry("conv", "conv"),
            Map.entry("conv/phase_shuffle", "phaseshuffle"), Map.entry("diffusion", "diffusion"),
            Map.entry("embed", "embed"), Map.entry("embed/tokens", "tokens"), Map.entry("gemm", "gemm"),
            Map.entry("loss", "loss"), Map.entry("norm/batch_norm_backward", "batchnorm"),
            Map.entry("norm/batch_norm_forward", "batchnorm"), Map.entry("norm/group_norm_backward", "groupnorm"),
            Map.entry("norm/group_norm_forward", "groupnorm"), Map.entry("norm/layer_norm_backward", "layernorm"),
            Map.entry("norm/layer_norm_forward", "layernorm"), Map.entry("norm/norm_parameter_gradient", "layernorm"),
            Map.entry("norm/rms_norm", "rmsnorm"), Map.entry("optim", "optim"), Map.entry("pairwise", "pairwise"),
            Map.entry("pointwise", "pointwise"), Map.entry("pointwise/modulate", "modulate"),
            Map.entry("pointwise/rows", "rows"), Map.entry("pool", "pool"), Map.entry("random", "random"),
            Map.entry("random/sample_tokens", "tokens"), Map.entry("reduce", "reduce"),
            Map.entry("reduce/covariance", "covariance"), Map.entry("reduce/kmeans", "pairwise"));

    private Subjects() {
    }

    /** The package of the tests of a module. @throws IllegalArgumentException when none is named for it */
    static String tests(String module) {
        String tests = TESTS.getOrDefault(module, TESTS.get(module.substring(0, module.indexOf('/'))));
        if (tests == null) {
            throw new IllegalArgumentException(
                    "no tests are named for the kernels of " + module + ": add them to Subjects");
        }
        return "io.zoetrope.ops." + tests;
    }

    /** All modules that the build packs. */
    static List<String> modules() {
        try (var in = new InputStreamReader(
                Objects.requireNonNull(Subjects.class.getClassLoader().getResourceAsStream("kernels/index.json")),
                StandardCharsets.UTF_8)) {
            List<String> modules = new ArrayList<>();
            JsonParser.parseReader(in).getAsJsonObject().getAsJsonArray("modules")
                    .forEach(module -> modules.add(module.getAsString()));
            return modules;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Mutants of a module in one run: products, convolutions and attention are written several times over. */
    static int share(String module) {
        return module.startsWith("gemm/") || module.startsWith("conv/") || module.startsWith("attention/") ? 3 : 2;
    }
}
