package io.zoetrope.bench;

import com.sun.management.OperatingSystemMXBean;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.MappedTensor;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.StoredType;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.FileLayout;
import io.zoetrope.nn.Init;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * Loads a sharded folder of 4.4 GB for inference, and reads the same files as fast as they can be read; one JSON object
 * a line. {@code bench/loading.sh} bounds the process's memory and empties the page cache of the files in between.
 *
 * <p>Arguments: {@code make}, {@code load} or {@code read}, and the folder. Making takes 1 GB of heap.
 */
public final class LoadingTimes {
    private static final int BLOCKS = 120;
    private static final long WIDTH = 4096;
    private static final long CHANNELS = 640;
    private static final long WORDS = 131_072;
    private static final int SHARDS = 4;
    private static final String COMPONENT = "transformer";
    private static final String STEM = "diffusion_pytorch_model";
    private static final int CHUNK = 8 << 20;

    private LoadingTimes() {
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[1]);
        switch (args[0]) {
            case "make" -> make(folder);
            case "load" -> load(folder);
            case "read" -> read(folder);
            default -> throw new IllegalArgumentException(args[0] + ": expected make, load or read");
        }
    }

    /**
     * More weights than 2³¹: most in products, a convolution, whose order is another in files, in every eighth block.
     */
    private static Parameters network() {
        Parameters root = Parameters.root();
        root.weight("embedding.weight", Init.zeros(), WORDS, WIDTH / 4);
        for (int block = 0; block < BLOCKS; block++) {
            Parameters at = root.at("blocks").at(Integer.toString(block));
            at.weight("linear.weight", Init.zeros(), WIDTH, WIDTH);
            at.vector("linear.bias", Init.zeros(), WIDTH);
            if (block % 8 == 0) {
                at.convolution("conv.weight", Init.zeros(), CHANNELS, 3, 3, CHANNELS);
            }
        }
        return root;
    }

    /** All tensors are parts of one block of noise, each from another place on. */
    private static void make(Path folder) throws IOException {
        Path part = Files.createDirectories(folder.resolve(COMPONENT));
        ByteBuffer noise = noise(Math.toIntExact(WORDS * WIDTH / 4 * 2) + CHUNK);
        List<Map<String, StoredTensor>> shards = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
            shards.add(new LinkedHashMap<>());
        }
        StringJoiner places = new StringJoiner(",\n", "{\"weight_map\": {\n", "}}\n");
        int count = 0;
        for (var entry : FileLayout.shapes(network()).entrySet()) {
            int shard = count++ * SHARDS / (FileLayout.shapes(network()).size());
            int bytes = Math.toIntExact(2 * entry.getValue().size());
            shards.get(shard).put(entry.getKey(), new StoredTensor(StoredType.BF16, entry.getValue().dims(),
                    noise.slice(count * 4096 % CHUNK, bytes)));
            places.add("\"" + entry.getKey() + "\": \"" + shard(shard) + "\"");
        }
        for (int i = 0; i < SHARDS; i++) {
            Safetensors.write(part.resolve(shard(i)), shards.get(i), Map.of());
        }
        Files.writeString(part.resolve(STEM + ".safetensors.index.json"), places.toString());
        Files.writeString(folder.resolve(ModelFolder.INDEX),
                "{\"_class_name\": \"LoadingTimes\", \"" + COMPONENT + "\": [\"zoetrope\", \"Noise\"]}\n");
    }

    private static String shard(int index) {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", STEM, index + 1, SHARDS);
    }

    /** BF16 in (-2, 2), by a linear congruential generator (Knuth's MMIX). */
    private static ByteBuffer noise(int bytes) {
        ByteBuffer noise = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long state = 1;
        for (int at = 0; at + 8 <= bytes; at += 8) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            noise.putLong(at, (state ^ state >>> 32) & 0xbfff_bfff_bfff_bfffL);
        }
        return noise;
    }

    private static void load(Path folder) throws IOException {
        try (Device device = Device.open()) {
            double before = cpuSeconds();
            long begin = System.nanoTime();
            Parameters parameters = network();
            WeightFiles files = ModelWeights.read(parameters, ModelFolder.open(folder).weights(COMPONENT));
            try (ParameterStore store = new ParameterStore(device, parameters, DType.BF16, ParameterPlan.inference())) {
                ModelWeights.into(store, files);
                device.synchronize();
                double seconds = (System.nanoTime() - begin) / 1e9;
                double cpu = cpuSeconds() - before;
                long heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP).mapToLong(LoadingTimes::peak).sum();
                long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct")).mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
                requireSame(store, files);
                System.out.printf(Locale.ROOT,
                        "{\"case\": \"load\", \"parameters\": %d, \"device_bytes\": %d, \"heap_peak\": %d, "
                                + "\"direct\": %d, \"s\": %.2f, \"cpu_s\": %.2f, \"gb_per_s\": %.3f, \"device\": \"%s\"}%n",
                        parameters.count(), store.bytes(), heap, direct, seconds, cpu, bytes(folder) / 1e9 / seconds,
                        device.name());
            }
        }
    }

    /** Of all threads on their cores: what is left of a measurement where other work has them. */
    private static double cpuSeconds() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime() / 1e9;
    }

    private static long peak(MemoryPoolMXBean pool) {
        return pool.getPeakUsage().getUsed();
    }

    /** The end of every plain tensor. */
    private static void requireSame(ParameterStore store, WeightFiles files) throws IOException {
        for (ParameterStore.Segment segment : store.segments()) {
            String name = segment.parameter().names().get(0);
            MappedTensor file = files.mapped(name);
            int count = (int) Math.min(4096, file.size());
            if (!name.endsWith("conv.weight") && !Arrays.equals(file.stretch(file.size() - count, count).toFloats(),
                    store.held(segment).view(file.size() - count, count).toFloats())) {
                throw new IllegalStateException(name + " is not as in the file");
            }
        }
    }

    private static void read(Path folder) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        double before = cpuSeconds();
        long begin = System.nanoTime();
        for (Path file : files(folder)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                while (channel.read(chunk.clear()) >= 0) {
                    continue;
                }
            }
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.out.printf(Locale.ROOT, "{\"case\": \"read\", \"s\": %.2f, \"cpu_s\": %.2f, \"gb_per_s\": %.3f}%n",
                seconds, cpuSeconds() - before, bytes(folder) / 1e9 / seconds);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(COMPONENT))) {
            return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
        }
    }

    private static long bytes(Path folder) throws IOException {
        long bytes = 0;
        for (Path file : files(folder)) {
            bytes += Files.size(file);
        }
        return bytes;
    }
}
