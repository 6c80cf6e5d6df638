package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beginning with the weights of a model whose head, or whose names, are others. */
class WeightTransferTest {
    private final Device device = Devices.shared();
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    @TempDir
    private Path folder;

    /** A classifier of three, where that of the file is one of five. */
    private static Parameters model() {
        Parameters root = Parameters.root();
        Linear.of(root.at("body.fc"), 4, 6);
        Convolution.same(root.at("body.conv"), 2, 3, 3, 1);
        Linear.of(root.at("head"), 6, 3);
        return root;
    }

    @BeforeEach
    void file() {
        put("body.fc.weight", 6, 4);
        put("body.fc.bias", 6);
        put("body.conv.weight", 3, 2, 3, 3);
        put("body.conv.bias", 3);
        put("head.weight", 5, 6);
        put("head.bias", 5);
    }

    private void put(String name, long... shape) {
        long size = java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        tensors.put(name, StoredTensor.ofF32(Values.uniform(name.length(), size), shape));
    }

    private void rename(String from, String to) {
        for (String name : tensors.keySet().toArray(String[]::new)) {
            if (name.startsWith(from)) {
                tensors.put(to + name.substring(from.length()), tensors.remove(name));
            }
        }
    }

    private WeightTransfer.Report transfer(WeightTransfer transfer, ParameterStore store) throws IOException {
        Path path = folder.resolve("other.safetensors");
        Safetensors.write(path, tensors, Map.of());
        return transfer.into(store, WeightFiles.of(Safetensors.open(path)), 3);
    }

    private static float[] values(ParameterStore store, String name) {
        return store.held(
                store.segments().stream().filter(s -> s.parameter().names().contains(name)).findFirst().orElseThrow())
                .toFloats();
    }

    @Test
    void allButTheHead() throws IOException {
        try (ParameterStore store = new ParameterStore(device, model(), DType.F32, ParameterPlan.training());
                ParameterStore drawn = new ParameterStore(device, model(), DType.F32, 3)) {
            WeightTransfer.Report report = transfer(WeightTransfer.everything().except("head.*"), store);
            assertThat(report.loaded()).containsExactly("body.fc.weight", "body.fc.bias", "body.conv.weight",
                    "body.conv.bias");
            assertThat(report.skipped()).containsExactly("head.weight", "head.bias");
            assertThat(report.fresh()).containsExactly("head.weight", "head.bias");
            assertThat(values(store, "body.fc.weight")).isEqualTo(tensors.get("body.fc.weight").toFloats());
            assertThat(values(store, "body.conv.weight")).isNotEqualTo(tensors.get("body.conv.weight").toFloats())
                    .containsExactlyInAnyOrder(tensors.get("body.conv.weight").toFloats());
            assertThat(values(store, "head.weight")).isEqualTo(values(drawn, "head.weight"))
                    .isNotEqualTo(new float[18]);
        }
    }

    @Test
    void underOtherNames() throws IOException {
        rename("body.", "encoder.net.");
        put("ema.decay");
        WeightTransfer transfer = WeightTransfer.everything().renaming("encoder.net.*", "body.*").except("head.*")
                .skipping("ema.*");
        for (DType compute : new DType[] {DType.F32, DType.BF16}) {
            for (ParameterPlan plan : new ParameterPlan[] {ParameterPlan.inference(),
                    ParameterPlan.training().trainingOnly("head.*")}) {
                try (ParameterStore store = new ParameterStore(device, model(), compute, plan)) {
                    WeightTransfer.Report report = transfer(transfer, store);
                    assertThat(report.loaded()).hasSize(4).contains("body.fc.bias");
                    assertThat(report.skipped()).containsExactlyInAnyOrder("ema.decay", "head.weight", "head.bias");
                    assertThat(values(store, "body.fc.weight"))
                            .isEqualTo(Values.stored(compute, tensors.get("encoder.net.fc.weight").toFloats()));
                }
            }
        }
    }

    private void refused(WeightTransfer transfer, Class<? extends Exception> type, String... parts) {
        try (ParameterStore store = new ParameterStore(device, model(), DType.F32, ParameterPlan.training())) {
            assertThatThrownBy(() -> transfer(transfer, store)).isInstanceOf(type).hasMessageContainingAll(parts);
        }
    }

    @Test
    void whatIsNotSaidMustFit() {
        WeightTransfer all = WeightTransfer.everything();
        refused(all, BadFileException.class, "'head.weight' has shape [5, 6]", "[3, 6]");
        refused(all.except("haed.*"), IllegalArgumentException.class, "'haed.*'", "[head.weight, head.bias");
        refused(all.except("head.*").skipping("ema.*"), IllegalArgumentException.class, "'ema.*' of what is left out");
        refused(all.except("head.*").renaming("encoder.*", "body.*"), IllegalArgumentException.class,
                "'encoder.*' of what is renamed");
        refused(all.except("head.*").renaming("body.fc.bias", "body.fc.weight"), IllegalArgumentException.class,
                "would be 'body.fc.weight'");
        assertThatThrownBy(() -> all.renaming("a.*", "b")).hasMessageContaining("as many wildcards");
        tensors.remove("body.fc.bias");
        put("body.more", 2);
        refused(all.except("head.*"), BadFileException.class, "lacks [body.fc.bias]", "unknown [body.more]");
    }
}
