package io.zoetrope.cuda;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The kernels that this library's build made, by operation. Read from the manifests once a process. Thread-safe. */
public final class KernelCatalog {
    private static final Map<String, List<KernelDescription>> OPERATIONS = new ConcurrentHashMap<>();

    private KernelCatalog() {
    }

    /**
     * The kernels for an operation, in the order of the device code.
     *
     * @throws DeviceException when there is none
     */
    public static List<KernelDescription> of(String operation) {
        return OPERATIONS.computeIfAbsent(operation, KernelCatalog::read);
    }

    /** The names of all operations that have kernels. */
    public static List<String> operations() {
        return List.copyOf(Index.MODULES.keySet());
    }

    /** The modules of each operation. */
    private static final class Index {
        static final Map<String, List<String>> MODULES = modules();

        private static Map<String, List<String>> modules() {
            Map<String, List<String>> modules = new HashMap<>();
            json("index").getAsJsonObject("operations").entrySet().forEach(operation -> modules.put(operation.getKey(),
                    operation.getValue().getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList()));
            return modules;
        }
    }

    private static List<KernelDescription> read(String operation) {
        List<KernelDescription> kernels = new ArrayList<>();
        for (String module : Index.MODULES.getOrDefault(operation, List.of())) {
            for (JsonElement each : json(module).getAsJsonArray("entries")) {
                JsonObject entry = each.getAsJsonObject();
                if (entry.get("operation").getAsString().equals(operation)) {
                    kernels.add(describe(module, entry));
                }
            }
        }
        if (kernels.isEmpty()) {
            throw new DeviceException(0, "no kernel computes '" + operation
                    + "': the artifact zoetrope-cuda is older than this" + " library");
        }
        return List.copyOf(kernels);
    }

    private static KernelDescription describe(String module, JsonObject entry) {
        Map<String, String> traits = new HashMap<>();
        entry.getAsJsonObject("traits").entrySet()
                .forEach(trait -> traits.put(trait.getKey(), trait.getValue().getAsString()));
        return new KernelDescription(module, entry.get("name").getAsString(), entry.get("operation").getAsString(),
                entry.get("architecture").getAsString(), traits, Manifest.geometry(entry));
    }

    private static JsonObject json(String name) {
        String resource = "kernels/" + name + ".json";
        try (InputStream in = BundledResources.open(resource)) {
            if (in == null) {
                throw new DeviceException(0, resource + " is on neither the class path nor the module path: the"
                        + " artifact zoetrope-cuda is missing or older than this library");
            }
            return JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8)).getAsJsonObject();
        } catch (IOException e) {
            throw new DeviceException(resource + " could not be read: " + e.getMessage(), e);
        }
    }
}
