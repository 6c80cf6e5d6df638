package io.zoetrope.io;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings in a JSON object, read with checks: every accessor names the file, the setting and what was expected when
 * it is missing or of another kind. Immutable; {@code with} returns a changed copy. A {@link #reader} also refuses what
 * nobody reads.
 */
public final class Config {
    private static final long MAX_BYTES = 16 << 20;
    private static final int MAX_SHOWN = 60;
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping()
            .setStrictness(Strictness.STRICT).serializeNulls().serializeSpecialFloatingPointValues().create();

    /** The setting that names the class which the others are for. */
    static final String CLASS_NAME = "_class_name";
    private static final String INFINITY = "Infinity";
    private static final Pattern STRING_OR_INFINITY = Pattern
            .compile("\"(?:[^\"\\\\]++|\\\\.)*+\"|\\b" + INFINITY + "\\b", Pattern.DOTALL);

    private final String source;
    private final JsonObject json;

    private Config(String source, JsonObject json) {
        this.source = source;
        this.json = json;
    }

    /** No settings yet. */
    public static Config empty() {
        return new Config("new configuration", new JsonObject());
    }

    /**
     * Reads {@code file}, which must hold one JSON object.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Config read(Path file) throws IOException {
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw BadFileException.of(file, "has " + Files.size(file) + " bytes",
                        "a configuration of at most " + MAX_BYTES, "Check the name");
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw BadFileException.of(file, "does not exist", "a JSON configuration", "Check the folder", e);
        } catch (CharacterCodingException e) {
            throw BadFileException.of(file, "is not UTF-8", "a JSON configuration", "Check the file", e);
        }
        return parse(text, file.toString());
    }

    /**
     * Parses one JSON object; {@code source} is for messages. Beyond JSON, a value may be {@code Infinity} or
     * {@code -Infinity}, which Python writes.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Config parse(String text, String source) throws IOException {
        try {
            JsonElement element = GSON.fromJson(withInfinities(text), JsonElement.class);
            if (element != null && element.isJsonObject()) {
                return new Config(source, element.getAsJsonObject());
            }
        } catch (JsonParseException | StackOverflowError e) {
            throw BadFileException.of(source, "is no valid JSON", "a JSON object", Remedy.of("Check the file"), e);
        }
        throw BadFileException.of(source, "holds something other than a JSON object", "a JSON object",
                "Check the file");
    }

    /** The text with every infinity outside of its strings as a number that overflows to one. */
    private static String withInfinities(String text) {
        return text.contains(INFINITY)
                ? STRING_OR_INFINITY.matcher(text).replaceAll(
                        found -> found.group().equals(INFINITY) ? "1e999" : Matcher.quoteReplacement(found.group()))
                : text;
    }

    /**
     * Reads these settings as those of a {@code className} of diffusers or of this library, refusing what is not
     * understood.
     *
     * @throws BadFileException if it is missing or of another type
     */
    public ConfigReader reader(String className) throws BadFileException {
        return says(CLASS_NAME) ? reader(Set.of(className)) : new ConfigReader(this, className);
    }

    /**
     * As {@link #reader(String)} where several classes are understood: the settings must say of which they are.
     *
     * @throws BadFileException if it is missing or of another type
     */
    public ConfigReader reader(Set<String> classNames) throws BadFileException {
        String found = className();
        if (!classNames.contains(found)) {
            throw BadFileException.of(source, "setting '" + CLASS_NAME + "' is \"" + found + "\"",
                    String.join(", ", classNames.stream().sorted().toList()), "Use a model made of what is supported");
        }
        return new ConfigReader(this, found);
    }

    /**
     * The class that the settings say they are for.
     *
     * @throws BadFileException if it is missing or of another type
     */
    public String className() throws BadFileException {
        return text(CLASS_NAME);
    }

    /** A copy in which {@code name} is {@code value}. */
    public Config with(String name, String value) {
        return changed(name, new JsonPrimitive(value));
    }

    public Config with(String name, Number value) {
        return changed(name, new JsonPrimitive(value));
    }

    public Config with(String name, boolean value) {
        return changed(name, new JsonPrimitive(value));
    }

    public Config with(String name, int[] values) {
        JsonArray array = new JsonArray();
        for (int value : values) {
            array.add(value);
        }
        return changed(name, array);
    }

    public Config with(String name, double[] values) {
        JsonArray array = new JsonArray();
        for (double value : values) {
            array.add(value);
        }
        return changed(name, array);
    }

    public Config with(String name, List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return changed(name, array);
    }

    /** A copy with all settings of {@code other} too, which win. */
    public Config with(Config other) {
        JsonObject copy = json.deepCopy();
        other.json.deepCopy().entrySet().forEach(setting -> copy.add(setting.getKey(), setting.getValue()));
        return new Config(source, copy);
    }

    /** A copy in which {@code name} is null: said to have no value. */
    public Config withNull(String name) {
        return changed(name, JsonNull.INSTANCE);
    }

    /** A copy in which {@code name} holds other settings. */
    public Config with(String name, Config values) {
        return changed(name, values.json.deepCopy());
    }

    private Config changed(String name, JsonElement value) {
        JsonObject copy = json.deepCopy();
        copy.add(name, value);
        return new Config(source, copy);
    }

    public boolean has(String name) {
        return json.has(name) && !json.get(name).isJsonNull();
    }

    /** Whether {@code name} is there, be it null. */
    boolean says(String name) {
        return json.has(name);
    }

    boolean isList(String name) {
        return json.has(name) && json.get(name).isJsonArray();
    }

    /** Whether {@code name} is null or a list of nothing but nulls. */
    boolean holdsNothing(String name) {
        return !has(name)
                || isList(name) && json.get(name).getAsJsonArray().asList().stream().allMatch(JsonElement::isJsonNull);
    }

    String source() {
        return source;
    }

    public Set<String> names() {
        return json.keySet();
    }

    /**
     * The settings in {@code name}; none where there is no such setting.
     *
     * @throws BadFileException if it is missing or of another type
     */
    public Config section(String name) throws BadFileException {
        if (!has(name)) {
            return new Config(source, new JsonObject());
        }
        if (!json.get(name).isJsonObject()) {
            throw wrong(name, json.get(name), "a JSON object");
        }
        return new Config(source, json.getAsJsonObject(name));
    }

    /** A copy in which {@code name} is not. */
    public Config without(String name) {
        JsonObject copy = json.deepCopy();
        copy.remove(name);
        return new Config(source, copy);
    }

    /** Nothing but the setting {@code name}. */
    public Config only(String name) {
        JsonObject one = new JsonObject();
        one.add(name, json.get(name));
        return new Config(source, one);
    }

    /** The names of settings that only one of the two has, or that differ. */
    public Set<String> differences(Config other) {
        Set<String> names = new TreeSet<>(json.keySet());
        names.addAll(other.json.keySet());
        names.removeIf(name -> Objects.equals(json.get(name), other.json.get(name)));
        return names;
    }

    /** The setting {@code name} as JSON, for messages. */
    public String json(String name) {
        return String.valueOf(json.get(name));
    }

    public String text(String name) throws BadFileException {
        JsonElement value = require(name, "a text");
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw wrong(name, value, "a text");
        }
        return value.getAsString();
    }

    public String text(String name, String otherwise) throws BadFileException {
        return has(name) ? text(name) : otherwise;
    }

    public int integer(String name) throws BadFileException {
        return asInteger(name, require(name, "a whole number"));
    }

    public int integer(String name, int otherwise) throws BadFileException {
        return has(name) ? integer(name) : otherwise;
    }

    public long longInteger(String name) throws BadFileException {
        JsonElement value = require(name, "a whole number");
        try {
            return value.getAsBigDecimal().longValueExact();
        } catch (ArithmeticException | NumberFormatException | IllegalStateException
                | UnsupportedOperationException e) {
            throw wrong(name, value, "a whole number");
        }
    }

    public double number(String name) throws BadFileException {
        JsonElement value = require(name, "a number");
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            throw wrong(name, value, "a number");
        }
        return value.getAsDouble();
    }

    public double number(String name, double otherwise) throws BadFileException {
        return has(name) ? number(name) : otherwise;
    }

    public boolean flag(String name, boolean otherwise) throws BadFileException {
        if (!has(name)) {
            return otherwise;
        }
        JsonElement value = json.get(name);
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw wrong(name, value, "true or false");
        }
        return value.getAsBoolean();
    }

    public double[] numbers(String name) throws BadFileException {
        JsonArray array = array(name, "a list of numbers");
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            JsonElement value = array.get(i);
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
                throw wrong(name, value, "a list of numbers");
            }
            values[i] = value.getAsDouble();
        }
        return values;
    }

    public int[] integers(String name) throws BadFileException {
        JsonArray array = array(name, "a list of whole numbers");
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = asInteger(name, array.get(i));
        }
        return values;
    }

    public List<String> texts(String name) throws BadFileException {
        List<String> values = new ArrayList<>();
        for (JsonElement value : array(name, "a list of texts")) {
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
                throw wrong(name, value, "a list of texts");
            }
            values.add(value.getAsString());
        }
        return values;
    }

    /**
     * Texts by name: an object within this one.
     *
     * @throws BadFileException if it is missing or of another type
     */
    public Map<String, String> textMap(String name) throws BadFileException {
        String expected = "an object of texts";
        JsonElement object = require(name, expected);
        if (!object.isJsonObject()) {
            throw wrong(name, object, expected);
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : object.getAsJsonObject().entrySet()) {
            JsonElement value = entry.getValue();
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
                throw wrong(name, value, expected);
            }
            values.put(entry.getKey(), value.getAsString());
        }
        return values;
    }

    private JsonArray array(String name, String expected) throws BadFileException {
        JsonElement value = require(name, expected);
        if (!value.isJsonArray()) {
            throw wrong(name, value, expected);
        }
        return value.getAsJsonArray();
    }

    private int asInteger(String name, JsonElement value) throws BadFileException {
        try {
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return value.getAsBigDecimal().intValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw wrong(name, value, "a whole number below 2^31");
        }
        throw wrong(name, value, "a whole number");
    }

    private JsonElement require(String name, String expected) throws BadFileException {
        if (!has(name)) {
            throw BadFileException.of(source, "setting '" + name + "' is missing", expected, "Add it");
        }
        return json.get(name);
    }

    private BadFileException wrong(String name, JsonElement value, String expected) {
        return BadFileException.of(source, "setting '" + name + "' is " + shown(value), expected, "Correct it");
    }

    /** The value of {@code name} as JSON, shortened to fit a line. */
    String shown(String name) {
        return shown(json.get(name));
    }

    private static String shown(JsonElement value) {
        String text = value.toString();
        return text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "…" : text;
    }

    /**
     * Writes the settings, whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        AtomicFiles.writeText(file, this + "\n");
    }

    /** The settings as JSON, a line each. */
    @Override
    public String toString() {
        return GSON.toJson(json);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Config that && json.equals(that.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }
}
