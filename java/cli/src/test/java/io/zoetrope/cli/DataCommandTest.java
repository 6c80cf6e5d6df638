package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.DataSets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    @Test
    void withoutANameItListsTheSetsAndWhereTheyAre() throws IOException {
        Path here = Files.createDirectories(folder.resolve("cache/mnist"));
        for (String part : new String[] {"train", "t10k"}) {
            Files.writeString(here.resolve(part + "-images-idx3-ubyte"), "");
            Files.writeString(here.resolve(part + "-labels-idx1-ubyte"), "");
        }
        assertThat(shell.run("data")).isZero();
        assertThat(shell.out()).contains(DataSets.names()).contains("in " + here)
                .contains("'zoetrope data cifar10' fetches 139 MB").contains("50,000 training")
                .contains("Make it on this machine").contains("'zoetrope data spoken-digits' brings it in");
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnownOnes() {
        assertThat(shell.run("data", "imagenet")).isEqualTo(2);
        assertThat(shell.err()).contains("imagenet").contains("fashion-mnist, mnist, cifar10, spoken-digits, emoji")
                .hasLineCount(1);
        assertThat(shell.run("data", "--from", folder.toString())).isEqualTo(2);
        assertThat(shell.err()).contains("--from").contains("mnist");
        assertThat(shell.run("data", "spoken-digits", "--from", folder.toString())).isEqualTo(2);
        assertThat(shell.err()).contains("made here").contains("--from").hasLineCount(1);
    }

    @Test
    void aFolderWithoutTheSetIsRefusedWithItsAddress() throws IOException {
        assertThat(shell.run("data", "mnist", "--from", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).contains("ossci-datasets").contains(folder.toString())
                .contains("'zoetrope data mnist --from DIR'").hasLineCount(1);
        Files.write(folder.resolve("data_batch_1.bin"), new byte[3073]);
        assertThat(shell.run("data", "cifar10", "--from", folder.toString())).isEqualTo(1);
        assertThat(shell.err()).contains("lacks data_batch_2.bin").contains("'zoetrope data cifar10'").hasLineCount(1);
        assertThat(folder.resolve("cache")).doesNotExist();
    }
}
