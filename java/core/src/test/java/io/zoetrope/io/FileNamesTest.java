package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.data.DataPlaces;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names beyond ASCII in a process whose locale has no encoding, as in many containers. */
class FileNamesTest {
    @TempDir
    private Path folder;

    /** What runs in that process. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] arguments) throws IOException {
            DataPlaces nowhere = new DataPlaces(Path.of("none"), List.of());
            try {
                switch (arguments[0]) {
                    case "path" -> FileNames.path("gr\u00fcn.png");
                    case "data" -> DataSets.load("gr\u00fcn", nowhere);
                    case "folder" -> DataSets.load(arguments[1], nowhere);
                    default -> throw new IllegalStateException(arguments[0]);
                }
            } catch (IllegalArgumentException | BadFileException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"path", "data", "folder"})
    void theErrorNamesTheLocale(String what) throws IOException, InterruptedException {
        for (int i = 0; i < 4; i++) {
            new Images(1, 2, 2, 1, new byte[4]).writePng(folder.resolve("gr\u00fcn/" + i + ".png"));
        }
        ProcessBuilder java = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"), Asker.class.getName(), what, folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        java.environment().put("LC_ALL", "C");
        Process process = java.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(process.waitFor()).isZero();
        assertThat(said).contains("LC_ALL=C.UTF-8").contains("ANSI_X3.4-1968");
    }

    @Test
    void theCharacterZeroIsNamed() {
        assertThatIllegalArgumentException().isThrownBy(() -> FileNames.path("a\0b"))
                .withMessageContaining("'a?b' holds a character 0");
        assertThat(FileNames.path("a b")).isEqualTo(Path.of("a b"));
    }
}
