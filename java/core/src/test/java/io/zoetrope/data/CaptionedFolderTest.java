package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptionedFolderTest {
    @TempDir
    private Path folder;

    private void picture(String name, int height, int width, int grey) throws IOException {
        byte[] pixels = new byte[height * width];
        Arrays.fill(pixels, (byte) grey);
        new Images(1, height, width, 1, pixels).writePng(folder.resolve(name));
    }

    private CaptionedDataset.Part load() throws IOException {
        return CaptionedSets.load(folder.toString(), new DataPlaces(folder.resolve("none"), List.of())).train();
    }

    @Test
    void textFilesBesidePicturesHoldTheirWordings() throws IOException {
        picture("b.png", 32, 128, 10);
        picture("a.png", 64, 64, 20);
        Files.writeString(folder.resolve("a.txt"), "\uFEFFa dog\n\n 개 \n");
        Files.writeString(folder.resolve("b.txt"), "two cats");
        CaptionedDataset.Part part = load();
        assertThat(part.descriptions()).extracting(Description::key).containsExactly("a.png", "b.png");
        assertThat(part.descriptions().get(0).wordings()).extracting(Description.Wording::label)
                .containsExactly("a dog", "개");
        byte[] wide = part.images().slice(1, 2).pixels();
        assertThat(wide[0]).as("white above a wide picture").isEqualTo((byte) 255);
        assertThat(wide[32 * 64 * 3]).as("the picture in the middle").isEqualTo((byte) 10);
        assertThat(part.images().toString()).isEqualTo("2 pictures of 64 × 64, RGB");
    }

    @Test
    void aTableNamesPicturesInItsOwnOrder() throws IOException {
        picture("x.png", 8, 8, 1);
        picture("sub/y.png", 8, 8, 2);
        picture("unnamed.png", 8, 8, 3);
        Files.writeString(folder.resolve("captions.csv"),
                "id,File,Caption\r\n1,sub/y.png,\"a \"\"big\"\", red\nbus\"\r\n2,x.png,plain\n3,x.png,otherwise\n\n");
        assertThat(load().descriptions()).extracting(Description::key).containsExactly("sub/y.png", "x.png");
        assertThat(load().descriptions().get(0).label()).isEqualTo("a \"big\", red\nbus");
        assertThat(load().descriptions().get(1).wordings()).hasSize(2);
        Files.delete(folder.resolve("captions.csv"));
        Files.writeString(folder.resolve("metadata.jsonl"),
                "{\"file_name\":\"x.png\",\"text\":\"한 장\"}\n\n{\"text\":\"two\",\"file_name\":\"sub/y.png\"}");
        assertThat(load().descriptions()).extracting(Description::label).containsExactly("한 장", "two");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a.csv|file;words|begins with the columns
            a.csv|file,caption;x.png,a,b|row 2 has 3 fields
            a.csv|file,caption;x.png,|line 2 has no caption for x.png
            a.csv|file,caption;none.png,a|names none.png, which is not in the folder
            a.csv|file,caption;../x.png,a|which is not in the folder
            a.csv|file,caption|names no picture
            a.csv|file,caption;x.png,"open|ends within a quoted field
            a.jsonl|{"file":"x.png"}|line 1 has the fields [file]
            a.jsonl|[1]|line 1 is no JSON object
            a.jsonl|{|line 1 is no JSON object
            """)
    void aListThatCannotBeFollowedIsNamed(String name, String lines, String reason) throws IOException {
        picture("x.png", 8, 8, 1);
        Files.writeString(folder.resolve(name), lines.replace(';', '\n'));
        assertThatThrownBy(this::load).isInstanceOf(BadFileException.class).hasMessageContaining(reason)
                .hasMessageContaining(name);
    }

    @Test
    void whatIsMissingOrUnreadableIsNamed() throws IOException {
        assertThatThrownBy(this::load).hasMessageContaining("no pictures with captions");
        picture("x.png", 8, 8, 1);
        assertThatThrownBy(this::load).hasMessageContaining("no pictures with captions");
        Files.writeString(folder.resolve("y.txt"), "nothing's");
        assertThatThrownBy(this::load).hasMessageContaining("no caption for 1 picture: x.png")
                .hasMessageContaining("x.txt");
        Files.write(folder.resolve("x.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(this::load).hasMessageContaining("not text in UTF-8");
        Files.writeString(folder.resolve("x.txt"), "a dot");
        Files.writeString(folder.resolve("x.png"), "no picture");
        assertThatThrownBy(this::load).isInstanceOf(BadFileException.class).hasMessageContaining("x.png");
        Files.writeString(folder.resolve("a.csv"), "file,caption\nx.png,a");
        Files.writeString(folder.resolve("b.csv"), "file,caption\nx.png,a");
        assertThatThrownBy(this::load).hasMessageContaining("several lists of captions: a.csv, b.csv");
    }
}
