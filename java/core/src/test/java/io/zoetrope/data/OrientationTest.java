package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrientationTest {
    /** {@code jpeg} with an Exif segment put in after its first marker. */
    static byte[] tagged(byte[] jpeg, int orientation, ByteOrder order) {
        ByteBuffer tiff = ByteBuffer.allocate(8 + 2 + 2 * 12 + 4).order(order);
        tiff.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4d4d)).putShort((short) 42).putInt(8);
        tiff.putShort((short) 2);
        tiff.putShort((short) 0x0100).putShort((short) 3).putInt(1).putShort((short) 6).putShort((short) 0);
        tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation).putShort((short) 0);
        ByteBuffer file = ByteBuffer.allocate(jpeg.length + 10 + tiff.capacity());
        file.put(jpeg, 0, 2).putShort((short) 0xffe1).putShort((short) (8 + tiff.capacity()));
        file.put("Exif\0\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(tiff.array());
        file.put(jpeg, 2, jpeg.length - 2);
        return file.array();
    }

    private static byte[] jpeg() throws IOException {
        BufferedImage image = new BufferedImage(32, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 32; x++) {
                image.getRaster().setSample(x, y, 0, x < 16 && y < 8 ? 250 : 5);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", bytes);
        return bytes.toByteArray();
    }

    /** The stored picture is 1 2 / 3 4 / 5 6; the standard says which side its first row and column belong to. */
    @ParameterizedTest
    @CsvSource({"1, 2, 123456", "2, 2, 214365", "3, 2, 654321", "4, 2, 563412", "5, 3, 135246", "6, 3, 531642",
            "7, 3, 642531", "8, 3, 246135"})
    void turnsEveryWay(int orientation, int width, String expected) {
        Images image = new Images(1, 3, 2, 1, new byte[] {1, 2, 3, 4, 5, 6});
        Images upright = Orientation.upright(image, orientation);
        assertThat(upright.width()).isEqualTo(width);
        StringBuilder pixels = new StringBuilder();
        for (byte pixel : upright.pixels()) {
            pixels.append(pixel);
        }
        assertThat(pixels.toString()).isEqualTo(expected);
    }

    @Test
    void readsBothByteOrdersAndIgnoresNonsense() throws IOException {
        byte[] jpeg = jpeg();
        assertThat(Orientation.of(jpeg)).isEqualTo(1);
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            assertThat(Orientation.of(tagged(jpeg, 6, order))).isEqualTo(6);
            assertThat(Orientation.of(tagged(jpeg, 9, order))).isEqualTo(1);
        }
        assertThat(Orientation.of(new byte[0])).isEqualTo(1);
    }

    @Property(tries = 500)
    void damagedExifNeverThrows(@ForAll @IntRange(min = 0, max = 60) int length, @ForAll @IntRange(max = 59) int where,
            @ForAll byte value) throws IOException {
        byte[] file = Arrays.copyOf(tagged(new byte[] {(byte) 0xff, (byte) 0xd8}, 8, ByteOrder.BIG_ENDIAN), length);
        if (where < length) {
            file[where] = value;
        }
        assertThat(Orientation.of(file)).isBetween(1, 8);
    }

    @Test
    void aPhotoTakenSidewaysIsReadUpright(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("photo.jpg"), tagged(jpeg(), 6, ByteOrder.BIG_ENDIAN));
        ImageFiles.Decoded decoded = ImageFiles.decode(file);
        assertThat(decoded.image().height()).isEqualTo(32);
        assertThat(decoded.done()).singleElement().asString().contains("upright");
        int[] corners = {decoded.image().pixels()[0] & 0xff, decoded.image().pixels()[15] & 0xff};
        assertThat(corners[0]).as("the light corner was top left and is now top right").isLessThan(60);
        assertThat(corners[1]).isGreaterThan(200);
    }
}
