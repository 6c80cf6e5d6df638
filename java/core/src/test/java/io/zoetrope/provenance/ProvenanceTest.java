package io.zoetrope.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.Film;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProvenanceTest {
    private static final String AWKWARD = "a <red> & \"ripe\" apple ]]> 사과 🍎 \\ \t";
    private static final Provenance MADE = made(AWKWARD);
    @TempDir
    private Path folder;

    private static Provenance made(String prompt) {
        return new Provenance("1.2.3", "generate", "words", "fruit", "ab12", "out",
                "softcuda (CPU), compute capability 8.0", Config.empty().with("prompt", prompt).with("steps", 25)
                        .with("guidance", 2.5).with("seed", Long.MAX_VALUE).with("fast", true));
    }

    private Path plain(String name) throws IOException {
        Path file = folder.resolve(name);
        Images picture = new Images(1, 5, 7, 3, new byte[105]);
        switch (name) {
            case "a.png" -> picture.writePng(file);
            case "a.gif" -> Film.writeGif(file, List.of(picture, picture, picture), 80, 2000);
            default ->
                new Sounds(1, name.equals("odd.wav") ? 33 : 32, 8000, new short[name.equals("odd.wav") ? 33 : 32])
                        .writeWav(file);
        }
        return file;
    }

    private Path marked(String name, Provenance made) throws IOException {
        Path file = plain(name);
        return Files.write(file, made.markedInto(Files.readAllBytes(file)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.png", "a.gif", "a.wav", "odd.wav"})
    void whatMadeAFileIsReadFromIt(String name) throws IOException {
        assertThat(Provenance.of(plain(name))).isEmpty();
        Path file = marked(name, MADE);
        assertThat(Provenance.of(file)).contains(MADE);
        byte[] once = Files.readAllBytes(file);
        assertThat(Files.readAllBytes(marked(name, MADE))).isEqualTo(once);
        assertThat(XmpPacket.parse(XmpContainer.packet(once).orElseThrow(), file).digitalSourceType())
                .contains("trainedAlgorithmicMedia");
    }

    /** Other programs find the prompt where IPTC says, in a packet marked as XMP asks. */
    @Test
    void thePacketIsWhatOthersRead() throws IOException {
        String packet = XmpPacket.of(MADE);
        assertThat(packet).startsWith("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>")
                .endsWith("<?xpacket end=\"r\"?>")
                .contains("<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/"
                        + "trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>")
                .contains("<Iptc4xmpExt:AIPromptInformation>a &lt;red&gt; &amp; \"ripe\" apple ]]&gt; 사과 🍎")
                .contains("<Iptc4xmpExt:AISystemUsed>fruit<").contains("<xmp:CreatorTool>Zoetrope 1.2.3<");
    }

    /** The bytes beside the packet are those of the unmarked file. */
    @Test
    void picturesFilmsAndSoundsStayWhatTheyWere() throws IOException {
        Images picture = Images.read(plain("a.png"));
        assertThat(Images.read(marked("a.png", MADE))).isEqualTo(picture);
        byte[] film = Files.readAllBytes(marked("a.gif", MADE));
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(film)));
        assertThat(reader.getNumImages(true)).isEqualTo(3);
        assertThat(reader.read(2).getWidth()).isEqualTo(7);
        for (String name : List.of("a.wav", "odd.wav")) {
            byte[] sound = Files.readAllBytes(plain(name));
            byte[] marked = Files.readAllBytes(marked(name, MADE));
            assertThat(marked.length % 2).isZero();
            assertThat(marked).startsWith('R', 'I', 'F', 'F');
            assertThat(marked[4] & 0xff | (marked[5] & 0xff) << 8).as("size").isEqualTo(marked.length - 8);
            assertThat(Arrays.copyOfRange(marked, 8, sound.length))
                    .isEqualTo(Arrays.copyOfRange(sound, 8, sound.length));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d alone", "\uffff", "a\ufffeb", "\u0001", ""})
    void whatXmlCannotHoldIsReadAgainAllTheSame(String prompt) throws IOException {
        assertThat(Provenance.of(marked("a.png", made(prompt)))).contains(made(prompt));
    }

    @Test
    void othersAndDamageAreTold() throws IOException {
        Path text = Files.writeString(folder.resolve("a.txt"), "no picture");
        assertThat(Provenance.of(text)).isEmpty();
        assertThat(MADE.markedInto(new byte[] {1, 2})).containsExactly(1, 2);
        byte[] png = Files.readAllBytes(plain("a.png"));
        Path other = folder.resolve("other.png");
        Files.write(other, XmpContainer.with(png, "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"));
        assertThat(Provenance.of(other)).isEmpty();
        Files.write(other, XmpContainer.with(png, "<a>&nosuch;</b>"));
        assertThatThrownBy(() -> Provenance.of(other)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("XMP packet that is no XML");
        String packet = XmpPacket.of(MADE);
        Files.write(other, XmpContainer.with(png, packet.replace("\"version\"", "\"verse\"")));
        assertThatThrownBy(() -> Provenance.of(other)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("version");
        assertThatThrownBy(() -> Provenance.of(folder.resolve("none.png"))).isInstanceOf(IOException.class);
    }

    /** A packet that asks for another file is not followed. */
    @Test
    void entitiesAreNotRead() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "hidden");
        String packet = "<!DOCTYPE a [<!ENTITY e SYSTEM \"" + secret.toUri() + "\">]><a>&e;</a>";
        Path file = folder.resolve("a.png");
        Files.write(file, XmpContainer.with(Files.readAllBytes(plain("a.png")), packet));
        assertThatThrownBy(() -> Provenance.of(file)).hasMessageNotContaining("hidden");
    }

    /** Every beginning of a file is read without failing. */
    @ParameterizedTest
    @ValueSource(strings = {"a.png", "a.gif", "a.wav"})
    void filesThatEndEarlyAreRead(String name) throws IOException {
        byte[] whole = Files.readAllBytes(marked(name, MADE));
        for (int length = 0; length < whole.length; length++) {
            Optional<String> packet = XmpContainer.packet(Arrays.copyOf(whole, length));
            assertThat(packet.map(text -> text.getBytes(StandardCharsets.UTF_8).length).orElse(0))
                    .isLessThanOrEqualTo(length);
        }
    }
}
