package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that cannot be a file's are wrong usage, with the reason. */
class FileNameOptionsTest {
    @TempDir
    private Path folder;

    @Test
    void aNameThatCannotBeIsExplained() {
        Shell shell = new Shell(folder);
        for (String[] arguments : new String[][] {{"classify", "a\0b"}, {"generate", "--out", "a\0b"}}) {
            assertThat(shell.run(arguments)).isEqualTo(2);
            assertThat(shell.err()).contains("holds a character 0: no file is called so").hasLineCount(1);
        }
    }
}
