package io.zoetrope.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValuesTest {
    private static final Option<Integer> COUNT = Option.integer("count").between(1, 9).defaultsTo(3);
    private static final Option<Long> SEED = Option.longInteger("seed").defaultsTo(7L);
    private static final Option<Double> RATE = Option.number("rate").atLeast(0).defaultDepends("it depends");
    private static final Option<String> NET = Option.choice("net", "small", "Large").defaultsTo("small");
    private static final Option<Boolean> FLIP = Option.flag("flip").defaultsTo(false);
    private static final Option<Path> OUT = Option.output("out", "FILE").defaultsTo(Path.of("out.png"));
    private static final Option<Path> PLOT = Option.output("plot", "FILE");
    private static final Option<Path> IMAGE = Option.input("image", "IMAGE").positional();
    private static final List<Option<?>> ALL = List.of(COUNT, SEED, RATE, NET, FLIP, OUT, PLOT, IMAGE);

    private static Values values(Config given) throws IOException {
        return Values.of("toy", ALL, given);
    }

    private static Config image() {
        return Config.empty().with("image", "a.png");
    }

    @Test
    void defaultsStandInForWhatIsNotGiven() throws IOException {
        Values values = values(image());
        assertThat(values.get(COUNT)).isEqualTo(3);
        assertThat(values.get(SEED)).isEqualTo(7);
        assertThat(values.find(RATE)).isEmpty();
        assertThat(values.get(NET)).isEqualTo("small");
        assertThat(values.get(FLIP)).isFalse();
        assertThat(values.get(IMAGE)).isEqualTo(Path.of("a.png"));
        assertThat(values.isGiven(COUNT)).isFalse();
        assertThat(values.outputs()).containsExactly(Path.of("out.png"));
        assertThatThrownBy(() -> values.get(RATE)).isInstanceOf(OptionException.class)
                .hasMessageContaining("rate is missing");
        assertThatThrownBy(() -> values.find(Option.integer("other")))
                .hasMessageContaining("no option other was declared");
    }

    @Test
    void whatIsGivenIsReadAsItsType() throws IOException {
        Values values = values(image().with("count", 9).with("seed", 1L << 40).with("rate", 2).with("net", "LARGE")
                .with("flip", true).with("plot", "p.png"));
        assertThat(values.get(COUNT)).isEqualTo(9);
        assertThat(values.get(SEED)).isEqualTo(1L << 40);
        assertThat(values.get(RATE)).isEqualTo(2.0);
        assertThat(values.get(NET)).as("as it was declared").isEqualTo("Large");
        assertThat(values.get(FLIP)).isTrue();
        assertThat(values.isGiven(COUNT)).isTrue();
        assertThat(values.outputs()).containsExactly(Path.of("out.png"), Path.of("p.png"));
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        assertThatThrownBy(() -> values(image().with("count", 0))).isInstanceOfSatisfying(OptionException.class, e -> {
            assertThat(e.option()).isEqualTo("count");
            assertThat(e.problem()).isEqualTo("must be between 1 and 9, not 0");
        }).hasMessage("count must be between 1 and 9, not 0");
        assertThatThrownBy(() -> values(image().with("rate", Double.NaN)))
                .hasMessageContaining("rate must be at least 0, not NaN");
        assertThatThrownBy(() -> values(image().with("net", "vast")))
                .hasMessage("net is vast, expected one of " + "[small, Large]");
        assertThatThrownBy(() -> values(image().with("speed", 1)))
                .hasMessageContaining("toy has no option [speed]: " + "expected one of [count,");
        assertThatThrownBy(() -> values(Config.empty())).hasMessage("image is missing: expected IMAGE");
        assertThatThrownBy(() -> values(image().with("count", "many"))).isInstanceOf(BadFileException.class)
                .hasMessageContaining("'count'");
    }

    @Test
    void defaultsAreToldInWords() {
        assertThat(COUNT.defaultText()).contains("3");
        assertThat(RATE.defaultText()).contains("it depends");
        assertThat(Option.number("x").defaultsTo(2.0).defaultText()).contains("2");
        assertThat(Option.number("x").defaultsTo(0.995).defaultText()).contains("0.995");
        assertThat(FLIP.defaultText()).as("not doing a thing is no news").isEmpty();
        assertThat(PLOT.defaultText()).isEmpty();
    }

    @Test
    void aRequestsOwnRefusalIsAnOptions() {
        assertThatThrownBy(() -> OptionException.asked(() -> {
            throw new IllegalArgumentException("no such thing");
        })).isInstanceOf(OptionException.class).hasMessage("no such thing");
    }
}
