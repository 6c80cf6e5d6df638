package io.zoetrope.cuda;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.HashMap;
import java.util.Map;

/** What the build of the device code wrote about the kernels of a module: their parameters and launch geometry. */
final class Manifest {
    /** @param geometry null when none is declared */
    record Entry(String operation, Signature signature, Geometry geometry) {
    }

    private final String source;
    private final Map<String, Entry> entries = new HashMap<>();

    private Manifest(String source) {
        this.source = source;
    }

    /**
     * @param source where the text is from, for messages
     * @throws DeviceException naming what is not understood
     */
    static Manifest parse(String source, String text) {
        Manifest manifest = new Manifest(source);
        try {
            for (JsonElement each : JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("entries")) {
                manifest.add(each.getAsJsonObject());
            }
        } catch (JsonParseException | IllegalStateException | NullPointerException | ClassCastException
                | UnsupportedOperationException e) {
            throw new DeviceException("the manifest " + source + " is not as expected: " + e.getMessage(), e);
        }
        return manifest;
    }

    private void add(JsonObject entry) {
        String name = entry.get("name").getAsString();
        Geometry geometry = geometry(entry);
        String operation = entry.has("operation") ? entry.get("operation").getAsString() : name;
        try {
            entries.put(name, new Entry(operation, Signature.of(entry.getAsJsonArray("parameters")), geometry));
        } catch (IllegalArgumentException e) {
            throw new DeviceException("the manifest " + source + ", kernel " + name + ": " + e.getMessage(), e);
        }
    }

    /** An entry's launch geometry, or null when it declares none. */
    static Geometry geometry(JsonObject entry) {
        if (!entry.has("threads")) {
            return null;
        }
        var tile = entry.getAsJsonArray("tile");
        return new Geometry(entry.get("threads").getAsInt(), tile.get(0).getAsInt(), tile.get(1).getAsInt(),
                tile.get(2).getAsInt(), entry.get("dynamicSharedBytes").getAsInt(),
                entry.has("cluster") ? entry.get("cluster").getAsInt() : 1);
    }

    /** @throws DeviceException when it has no such entry */
    Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new DeviceException(0,
                    "the manifest " + source + " has no kernel '" + name + "': it is not of this module, or older");
        }
        return entry;
    }

    Iterable<String> names() {
        return entries.keySet();
    }
}
