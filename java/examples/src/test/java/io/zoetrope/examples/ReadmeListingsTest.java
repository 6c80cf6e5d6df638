package io.zoetrope.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows of Java was cut from the examples, line by line, so that it compiles and runs. */
class ReadmeListingsTest {
    private static final Path README = Path.of("../../README.md");

    /** The listings in one language, each as its lines without the spaces before and the comments behind them. */
    private static List<List<String>> listings(String language) throws IOException {
        List<List<String>> listings = new ArrayList<>();
        List<String> open = null;
        for (String line : Files.readAllLines(README)) {
            if (open == null && line.equals("```" + language)) {
                open = new ArrayList<>();
            } else if (open != null && line.equals("```")) {
                listings.add(open);
                open = null;
            } else if (open != null) {
                open.add(line.strip());
            }
        }
        return listings;
    }

    private static List<String> sources(String suffix) throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(suffix)).sorted().toList()) {
                sources.add(String.join("\n", Files.readAllLines(file).stream().map(String::strip).toList()));
            }
        }
        return sources;
    }

    @Test
    void everyListingStandsInAnExample() throws IOException {
        List<String> examples = sources(".java");
        assertThat(examples).hasSizeGreaterThanOrEqualTo(5);
        List<List<String>> listings = listings("java");
        assertThat(listings).hasSizeGreaterThanOrEqualTo(4);
        for (List<String> listing : listings) {
            String text = String.join("\n", listing);
            assertThat(examples).as(text).anyMatch(example -> example.contains(text));
        }
    }

    @Test
    void kernelsToo() throws IOException {
        for (List<String> listing : listings("cuda")) {
            assertThat(sources(".cu")).anyMatch(source -> source.contains(String.join("\n", listing)));
        }
    }
}
