package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.cuda.Signature.Kind;
import io.zoetrope.cuda.Signature.Slot;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Launches that do not give what the manifest declares, name by name and type by type, are refused. */
class ManifestTest {
    private static final Device DEVICE = Devices.shared();
    private static final KernelModule MODULE = KernelModule.load(DEVICE, "places", Ptx.PLACES);
    private static final Kernel ANY = MODULE.kernel("places");
    private static final Scope SCOPE = Scope.open(DEVICE);
    private static final Map<ElementType, Tensor> TENSORS = new EnumMap<>(ElementType.class);

    static {
        for (DType type : DType.values()) {
            Tensor tensor = SCOPE.zeros(type, 1);
            TENSORS.put(tensor.elementType(), tensor);
        }
    }

    @AfterAll
    static void close() {
        SCOPE.close();
        MODULE.close();
    }

    private static final String DECLARED = """
            [{"name":"x","type":"const bf16*","offset":0,"bytes":8,"align":8},
             {"name":"shape","type":"zoe::Shape","offset":8,"bytes":24,"align":8,"fields":[
              {"name":"stride","type":"long long","offset":0,"bytes":8},{"name":"n","type":"int","offset":8,"bytes":4},
              {"name":"old","type":"const void*","offset":16,"bytes":8}]},
             {"name":"y","type":"float*","offset":32,"bytes":8,"align":8},
             {"name":"scale","type":"float","offset":40,"bytes":4,"align":4}]
            """;

    private static Signature signature(String parameters) {
        return Signature.of(JsonParser.parseString(parameters).getAsJsonArray());
    }

    private static Arguments begin(Signature signature) {
        return new Arguments().begin(ANY, signature);
    }

    /** Gives what {@code site} says, in its order, to a launch that expects {@code declared}. */
    private static void give(Signature site, Signature declared) {
        Arguments arguments = begin(declared);
        for (int i = 0; i < site.count(); i++) {
            Slot slot = site.slot(i);
            switch (slot.kind()) {
                case POINTER ->
                    arguments.pointer(slot.name(), slot.element() == null ? null : TENSORS.get(slot.element()));
                case I8 -> arguments.i8(slot.name(), (byte) 1);
                case I16 -> arguments.i16(slot.name(), (short) 1);
                case I32 -> arguments.i32(slot.name(), 1);
                case I64 -> arguments.i64(slot.name(), 1);
                case F32 -> arguments.f32(slot.name(), 1);
                case F64 -> arguments.f64(slot.name(), 1);
                case STRUCTURE -> arguments.structure(slot.name());
                case TENSOR_MAP -> arguments.tensorMap(slot.name(), new TensorMap(null, 0, TensorMap.space()));
                case OPAQUE -> arguments.opaque(slot.name(), new byte[slot.bytes()], 1);
            }
        }
        assertThat(site.count()).isEqualTo(declared.count());
    }

    @Test
    void whatIsDeclaredIsTaken() {
        give(signature(DECLARED), signature(DECLARED));
        assertThat(signature(DECLARED).bytes()).isEqualTo(44);
        assertThat(signature(DECLARED).slot(4)).hasToString("const void* old").extracting(Slot::offset).isEqualTo(24);
        // A name that is computed, and so not the very literal, is compared by its letters.
        begin(signature(DECLARED)).pointer(new StringBuilder("x").toString(), 0);
    }

    @Test
    void anotherNameOrderOrTypeIsNamed() {
        Signature declared = signature(DECLARED);
        assertThatThrownBy(() -> begin(declared).pointer("w", 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("argument 1 is given as w (POINTER)").hasMessageContaining("expected x")
                .hasMessageContaining("const bf16* x, zoe::Shape shape");
        assertThatThrownBy(() -> begin(declared).i64("x", 0)).hasMessageContaining("x (I64)")
                .hasMessageContaining("const bf16*");
        assertThatThrownBy(() -> begin(declared).pointer("x", 0).structure("shape").i32("n", 1))
                .hasMessageContaining("argument 3 is given as n").hasMessageContaining("expected stride");
        assertThatThrownBy(() -> begin(declared).pointer("x", TENSORS.get(ElementType.F32)))
                .hasMessageContaining("elements of type F32").hasMessageContaining("expected BF16");
        assertThatThrownBy(() -> begin(declared).pointer("x", 0).i64("stride", 1))
                .hasMessageContaining("expected shape");
    }

    @Test
    void missingAndSurplusArgumentsAreNamed() {
        Signature declared = signature(DECLARED);
        Arguments most = begin(declared).pointer("x", 0).structure("shape").i64("stride", 1).i32("n", 1)
                .pointer("old", TENSORS.get(ElementType.U8)).pointer("y", 0);
        assertThatThrownBy(() -> most.launch(Grid.of(1), 1, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("argument scale is missing");
        assertThatThrownBy(() -> begin(signature("[]")).i32("n", 1)).hasMessageContaining("expected no more");
    }

    @Test
    void aTensorOfAnotherDeviceIsNamed() {
        try (Device other = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")));
                Scope scope = Scope.open(other)) {
            Tensor foreign = scope.zeros(DType.BF16, 1);
            assertThatThrownBy(() -> begin(signature(DECLARED)).pointer("x", foreign))
                    .hasMessageContaining("x is on " + other);
        }
    }

    @Test
    void manifestsThatContradictThemselvesAreRefused() {
        assertThatThrownBy(() -> signature(DECLARED.replace("\"offset\":32", "\"offset\":24")))
                .hasMessageContaining("float* y").hasMessageContaining("32 or more");
        assertThatThrownBy(() -> signature(DECLARED.replace("\"bytes\":24", "\"bytes\":20")))
                .hasMessageContaining("end at");
        assertThatThrownBy(() -> signature(DECLARED.replace("\"offset\":40,\"bytes\":4", "\"offset\":40,\"bytes\":8")))
                .hasMessageContaining("float scale of 8 bytes: expected 4");
        assertThatThrownBy(() -> signature(DECLARED.replace("\"offset\":40", "\"offset\":4096")))
                .hasMessageContaining("4100 bytes");
        assertThatThrownBy(() -> Manifest.parse("m.json", "{\"entries\":[{\"parameters\":[]}]}"))
                .isInstanceOf(DeviceException.class).hasMessageContaining("m.json");
        assertThatThrownBy(() -> Manifest.parse("m.json", "[")).isInstanceOf(DeviceException.class)
                .hasMessageContaining("m.json");
        assertThatThrownBy(() -> Manifest.parse("m.json", "{\"entries\":[]}").entry("k"))
                .hasMessageContaining("no kernel 'k'");
    }

    // ---- every kernel that is shipped -------------------------------------------------------------------------------

    private static String resource(String path) throws IOException {
        try (InputStream in = ManifestTest.class.getResourceAsStream(path)) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The parameters of every entry of every module that the index lists. */
    private static Map<String, JsonArray> shipped() throws IOException {
        String index = resource("/kernels/index.json");
        assumeTrue(index != null, "the device code on the class path was built without manifests");
        TreeSet<String> modules = new TreeSet<>();
        JsonParser.parseString(index).getAsJsonObject().getAsJsonObject("operations").entrySet()
                .forEach(operation -> operation.getValue().getAsJsonArray()
                        .forEach(module -> modules.add(module.getAsString())));
        Map<String, JsonArray> entries = new java.util.TreeMap<>();
        for (String module : modules) {
            String text = resource("/kernels/" + module + ".json");
            assertThat(text).as(module).isNotNull();
            Manifest.parse(module, text);
            for (JsonElement entry : JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("entries")) {
                entries.put(entry.getAsJsonObject().get("name").getAsString(),
                        entry.getAsJsonObject().getAsJsonArray("parameters"));
            }
        }
        assertThat(entries.size()).isGreaterThan(300);
        return entries;
    }

    private static List<JsonArray> listsOf(JsonArray parameters) {
        List<JsonArray> lists = new ArrayList<>(List.of(parameters));
        for (JsonElement each : parameters) {
            if (each.getAsJsonObject().has("fields")) {
                lists.add(each.getAsJsonObject().getAsJsonArray("fields"));
            }
        }
        return lists;
    }

    private static void swap(JsonElement a, JsonElement b, String... keys) {
        for (String key : keys) {
            JsonElement first = a.getAsJsonObject().get(key);
            a.getAsJsonObject().add(key, b.getAsJsonObject().get(key));
            b.getAsJsonObject().add(key, first);
        }
    }

    /**
     * Whatever two parameters or fields change places, also where their types are equal, the launch is refused: names
     * come in the declared order.
     */
    @Test
    void noTwoParametersOfAnyKernelCanChangePlaces() throws IOException {
        for (Map.Entry<String, JsonArray> kernel : shipped().entrySet()) {
            Signature site = Signature.of(kernel.getValue());
            give(site, site);
            for (JsonArray list : listsOf(kernel.getValue())) {
                for (int i = 0; i < list.size(); i++) {
                    for (int j = i + 1; j < list.size(); j++) {
                        swap(list.get(i), list.get(j), "name");
                        Signature swapped = Signature.of(kernel.getValue());
                        assertThatThrownBy(() -> give(site, swapped)).as("%s, %d and %d", kernel.getKey(), i, j)
                                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is given as");
                        swap(list.get(i), list.get(j), "name");
                    }
                }
            }
        }
    }

    @Test
    void noParameterOfAnyKernelCanHaveAnotherType() throws IOException {
        Map<String, String> others = Map.of("int", "float", "float", "int", "long long", "double", "double",
                "long long", "unsigned long long", "double", "unsigned int", "float");
        for (Map.Entry<String, JsonArray> kernel : shipped().entrySet()) {
            Signature site = Signature.of(kernel.getValue());
            for (JsonArray list : listsOf(kernel.getValue())) {
                for (JsonElement each : list) {
                    JsonObject parameter = each.getAsJsonObject();
                    String type = parameter.get("type").getAsString();
                    String other = others.getOrDefault(type,
                            type.endsWith("float*") ? "bf16*" : type.endsWith("*") ? "float*" : null);
                    ElementType element = type.endsWith("*") ? elementOf(type) : null;
                    if (other == null || type.endsWith("*") && element == null) {
                        continue; // structures have no type of their own here; a pointer to void takes anything
                    }
                    parameter.addProperty("type", other);
                    Signature changed = Signature.of(kernel.getValue());
                    assertThatThrownBy(() -> give(site, changed)).as("%s: %s as %s", kernel.getKey(), type, other)
                            .isInstanceOf(IllegalArgumentException.class);
                    parameter.addProperty("type", type);
                }
            }
        }
    }

    private static ElementType elementOf(String pointer) {
        return signature("[{\"name\":\"p\",\"type\":\"" + pointer + "\",\"offset\":0,\"bytes\":8}]").slot(0).element();
    }

    /** No type is left that a launch could give only as bytes. */
    @Test
    void everyShippedTypeIsUnderstood() throws IOException {
        for (Map.Entry<String, JsonArray> kernel : shipped().entrySet()) {
            Signature site = Signature.of(kernel.getValue());
            for (int i = 0; i < site.count(); i++) {
                assertThat(site.slot(i).kind()).as("%s %s", kernel.getKey(), site.slot(i)).isNotEqualTo(Kind.OPAQUE);
            }
        }
    }
}
