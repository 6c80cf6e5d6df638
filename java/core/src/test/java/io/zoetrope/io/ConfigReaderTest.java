package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ConfigReaderTest {
    private static ConfigReader reader(String json) throws IOException {
        return Config.parse(json, "a.json").reader("Thing");
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(call).withMessageStartingWith("a.json: ")
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void whatIsReadIsUnderstood() throws IOException {
        ConfigReader reader = reader(
                "{\"_class_name\": \"Thing\", \"_diffusers_version\": \"1\", \"n\": 3, \"x\": 0.5, "
                        + "\"on\": true, \"kind\": \"b\", \"kinds\": [\"b\", \"a\"], \"list\": [1, 2], \"none\": null, \"unused\": {}}");
        assertThat(reader.integer("n", 1, 1, 5)).isEqualTo(3);
        assertThat(reader.number("x", 1, 0, 1)).isEqualTo(0.5);
        assertThat(reader.flag("on", false)).isTrue();
        assertThat(reader.choice("kind", 9, Map.of("a", 0, "b", 1))).isEqualTo(1);
        assertThat(reader.choices("kinds", List.of(), Map.of("a", 0, "b", 1))).containsExactly(1, 0);
        assertThat(reader.integers("list", List.of(), 1, 2)).containsExactly(1, 2);
        assertThat(reader.integerOrNull("none", OptionalInt.of(4), 1, 5)).isEmpty();
        assertThat(reader.integer("absent", 7, 1, 9)).isEqualTo(7);
        refused(reader::done, "'unused'", "{}", "Thing");
        reader.withoutEffect("unused");
        reader.done();
    }

    @Test
    void otherValuesAreRefusedByName() throws IOException {
        refused(() -> reader("{\"n\": 6}").integer("n", 1, 1, 5), "'n' is 6", "1 to 5");
        refused(() -> reader("{\"n\": null}").integer("n", 1, 1, 5), "'n' is null", "1 to 5");
        refused(() -> reader("{}").integer("n", 1, 5), "'n' is missing");
        refused(() -> reader("{\"x\": 0}").positive("x", 1, 2), "'x' is 0", "above 0");
        refused(() -> reader("{\"on\": 1}").flag("on", false), "'on' is 1", "true or false");
        refused(() -> reader("{\"kind\": \"c\"}").choice("kind", 9, Map.of("a", 0, "b", 1)), "'kind' is \"c\"",
                "a or b");
        refused(() -> reader("{\"off\": true}").mustBeOff("off"), "'off' is true", "Thing");
        refused(() -> reader("{\"is\": \"other\"}").mustBe("is", "this"), "'is' is \"other\"", "expected this");
        refused(() -> reader("{\"_class_name\": \"Other\"}"), "Other", "expected Thing");
        refused(() -> reader("{}").make(() -> {
            throw new IllegalArgumentException("3 and 4");
        }), "3 and 4");
    }

    @Test
    void infinitiesThatPythonWritesAreRead() throws IOException {
        Config config = Config.parse("{\"low\": -Infinity, \"high\": Infinity, \"text\": \"-Infinity \\\" Infinity\"}",
                "a.json");
        assertThat(config.number("low")).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(config.number("high")).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(config.text("text")).isEqualTo("-Infinity \" Infinity");
        refused(() -> Config.parse("{\"n\": NaN}", "a.json"), "no valid JSON");
        refused(() -> config.integer("low"), "'low'");
    }
}
