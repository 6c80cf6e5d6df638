package io.zoetrope.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The tensors of one network, in one safetensors file or spread over several by an index, whatever their precision.
 * They are mapped, not read: a network of gigabytes costs nothing until its tensors are taken one by one.
 */
public final class WeightFiles {
    private static final String SUFFIX = ".safetensors";
    private static final String INDEX_SUFFIX = SUFFIX + ".index.json";
    private static final String WEIGHT_MAP = "weight_map";
    /** Precisions that diffusers puts into file names, the finest first. */
    private static final List<String> VARIANTS = List.of("fp32", "bf16", "fp16");

    /** Elements that are looked at under one mapping. */
    private static final int STRETCH = 1 << 24;

    /** Where a tensor lies, and what it is called there. */
    private record Place(Safetensors file, String name) {
    }

    private final Path source;
    private final Map<String, Place> places;
    private final Map<String, String> metadata;

    private WeightFiles(Path source, Map<String, Place> places, Map<String, String> metadata) {
        this.source = source;
        this.places = places;
        this.metadata = metadata;
    }

    /** The tensors of one file. */
    public static WeightFiles of(Safetensors file) {
        Map<String, Place> places = new LinkedHashMap<>();
        file.names().forEach(name -> places.put(name, new Place(file, name)));
        return new WeightFiles(file.path(), places, file.metadata());
    }

    /**
     * The weights in {@code folder}: {@code stem.safetensors}, or {@code stem.safetensors.index.json} and the files it
     * names, or either with a precision in its name, such as {@code stem.fp16.safetensors}.
     *
     * @param stems tried in this order
     * @throws BadFileException if there are none, or only such as Python pickled
     */
    static WeightFiles find(Path folder, List<String> stems) throws IOException {
        for (String stem : stems) {
            for (Path file : candidates(folder, stem)) {
                if (Files.exists(file)) {
                    return file.toString().endsWith(SUFFIX) ? of(Safetensors.open(file)) : sharded(file);
                }
            }
        }
        for (String stem : stems) {
            requireNotPickled(folder, stem);
        }
        return of(Safetensors.open(folder.resolve(stems.get(0) + SUFFIX)));
    }

    private static List<Path> candidates(Path folder, String stem) {
        List<String> names = new ArrayList<>(List.of(stem + SUFFIX, stem + INDEX_SUFFIX));
        for (String variant : VARIANTS) {
            names.add(stem + "." + variant + SUFFIX);
            names.add(stem + SUFFIX + ".index." + variant + ".json");
            names.add(stem + "." + variant + INDEX_SUFFIX);
        }
        return names.stream().map(folder::resolve).toList();
    }

    private static void requireNotPickled(Path folder, String stem) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            Path pickled = files.filter(file -> isPickled(file.getFileName().toString(), stem)).sorted().findFirst()
                    .orElse(null);
            if (pickled != null) {
                throw BadFileException.of(pickled, "is pickled by Python, which may run any code when it is read",
                        "weights in " + stem + SUFFIX, "Load the model in Python where you trust it, and save it with"
                                + " save_pretrained(folder, safe_serialization=True)");
            }
        }
    }

    private static boolean isPickled(String file, String stem) {
        return (file.startsWith(stem + ".") || file.startsWith(stem + "-"))
                && (file.endsWith(".bin") || file.endsWith(".bin.index.json"));
    }

    private static WeightFiles sharded(Path index) throws IOException {
        Map<String, Place> places = new LinkedHashMap<>();
        Map<String, Safetensors> shards = new HashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : Config.read(index).textMap(WEIGHT_MAP).entrySet()) {
            String name = entry.getValue();
            if (!name.endsWith(SUFFIX) || name.contains("/") || name.contains("\\")) {
                throw BadFileException.of(index, "tensor '" + entry.getKey() + "' is said to lie in '" + name + "'",
                        "the name of a safetensors file beside the index", "Get or write the file anew");
            }
            Safetensors shard = shards.get(name);
            if (shard == null) {
                shard = Safetensors.open(index.resolveSibling(name));
                shards.put(name, shard);
                metadata.putAll(shard.metadata());
            }
            if (!shard.names().contains(entry.getKey())) {
                throw BadFileException.of(index,
                        "tensor '" + entry.getKey() + "' is said to lie in '" + name + "', which has none",
                        "an index of the files beside it", "Get or write the files anew");
            }
            places.put(entry.getKey(), new Place(shard, entry.getKey()));
        }
        for (Safetensors shard : shards.values()) {
            for (String name : shard.names()) {
                if (!places.containsKey(name) || places.get(name).file != shard) {
                    throw BadFileException.of(shard.path(), "holds tensor '" + name + "', which the index does not say",
                            "the tensors that " + index.getFileName() + " lists", "Get or write the files anew");
                }
            }
        }
        return new WeightFiles(index, places, metadata);
    }

    /**
     * These weights with newer names for tensors that have older ones.
     *
     * @param older what a tensor was called once, by what it is called today; taken where only the older name is there
     */
    public WeightFiles renamed(Map<String, String> older) {
        Map<String, Place> renamed = new LinkedHashMap<>(places);
        older.forEach((today, once) -> {
            if (!renamed.containsKey(today) && renamed.containsKey(once)) {
                renamed.put(today, renamed.remove(once));
            }
        });
        return new WeightFiles(source, renamed, metadata);
    }

    /**
     * Some of these weights, by new names.
     *
     * @param names what they are called here, by what they shall be called
     * @throws BadFileException if there is none, naming it
     */
    public WeightFiles only(Map<String, String> names) throws BadFileException {
        Map<String, Place> chosen = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : names.entrySet()) {
            chosen.put(entry.getKey(), place(entry.getValue()));
        }
        return new WeightFiles(source, chosen, metadata);
    }

    /** The tensors' names. */
    public Set<String> names() {
        return Collections.unmodifiableSet(places.keySet());
    }

    /** The strings of the files' {@code __metadata__}. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /**
     * The tensor called {@code name}, mapped from its file.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public StoredTensor tensor(String name) throws IOException {
        Place place = place(name);
        return place.file.tensor(place.name);
    }

    /**
     * The tensor called {@code name}, of any size, which stays in its file.
     *
     * @throws BadFileException if there is none, naming it
     */
    public MappedTensor mapped(String name) throws BadFileException {
        Place place = place(name);
        return place.file.mapped(place.name);
    }

    private Place place(String name) throws BadFileException {
        Place place = places.get(name);
        if (place == null) {
            throw BadFileException.of(source, "has no tensor '" + name + "'",
                    "one; it holds " + some(new ArrayList<>(names())), "Check that these weights belong to this model");
        }
        return place;
    }

    /**
     * The tensor called {@code name} as floats, which must have exactly this shape and a floating type.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public float[] floats(String name, long... shape) throws IOException {
        Place place = place(name);
        return place.file.floats(place.name, shape);
    }

    /**
     * Throws unless there is a tensor of a floating type for each of these names and shapes, and no other. Reads none.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public void require(Map<String, long[]> expected) throws IOException {
        requireNames(expected.keySet());
        for (Map.Entry<String, long[]> entry : expected.entrySet()) {
            Place place = places.get(entry.getKey());
            place.file.requireFloating(place.name, entry.getValue());
        }
    }

    /**
     * Throws unless the files hold exactly the tensors in {@code expected}, naming what is missing and unknown.
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public void requireNames(Set<String> expected) throws BadFileException {
        List<String> missing = new ArrayList<>(expected);
        missing.removeAll(names());
        List<String> unknown = new ArrayList<>(names());
        unknown.removeAll(expected);
        if (!missing.isEmpty() || !unknown.isEmpty()) {
            throw BadFileException.of(source, "it lacks " + some(missing) + " and has unknown " + some(unknown),
                    "the model's " + expected.size() + " tensors", "Check that these weights belong to this model");
        }
    }

    /** SHA-256 of all tensors' names, types, shapes and bytes, in the order of their names. Reads everything. */
    public byte[] digest() throws IOException {
        MessageDigest digest = Digests.sha256();
        for (String name : new TreeSet<>(names())) {
            MappedTensor tensor = mapped(name);
            digest.update((name + " " + tensor.type() + Arrays.toString(tensor.shape()) + "\n")
                    .getBytes(StandardCharsets.UTF_8));
            tensor.forEachPiece(digest::update);
        }
        return digest.digest();
    }

    /**
     * Throws if any floating tensor holds a NaN or an infinity, naming where. Reads everything.
     *
     * @throws IOException if it cannot be read, or a value is NaN or infinite
     */
    public void requireFinite() throws IOException {
        for (String name : names()) {
            MappedTensor tensor = mapped(name);
            for (long at = 0; at < tensor.size(); at += STRETCH) {
                tensor.requireFinite(tensor.stretch(at, (int) Math.min(STRETCH, tensor.size() - at)), at);
            }
        }
    }

    static String some(List<String> names) {
        return names.size() <= 5 ? names.toString()
                : names.subList(0, 5).toString().replace("]", ", … " + (names.size() - 5) + " more]");
    }
}
