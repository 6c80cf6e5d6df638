package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import io.zoetrope.testkit.Devices;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classifier that ships. */
class FashionCnnTest {
    private static final long MOST_BYTES = 3_000_000;

    @TempDir
    Path folder;

    /** A drawing on white, as a user might make one, prepared for the model. */
    private Images drawn(CnnPipeline cnn, Consumer<Graphics2D> drawing) throws IOException {
        BufferedImage image = new BufferedImage(200, 200, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, 200, 200);
        g.setColor(new Color(40, 60, 90));
        drawing.accept(g);
        g.dispose();
        Path file = folder.resolve("drawing.png");
        ImageIO.write(image, "png", file.toFile());
        return cnn.preparation().read(file).image();
    }

    private static String best(CnnPipeline cnn, Images picture) {
        float[] p = cnn.classify(picture)[0];
        int best = 0;
        for (int c = 1; c < p.length; c++) {
            best = p[c] > p[best] ? c : best;
        }
        return cnn.classNames().get(best);
    }

    @Test
    void itKnowsDrawingsOfWhatItLearned() throws IOException {
        try (CnnPipeline cnn = CnnPipeline.fromPretrained(Devices.shared(), CnnPipeline.FASHION_CNN)) {
            assertThat(best(cnn, drawn(cnn, g -> {
                g.fillRect(65, 5, 70, 40);
                g.fillPolygon(new int[] {65, 98, 90, 62}, new int[] {40, 40, 195, 195}, 4);
                g.fillPolygon(new int[] {102, 135, 138, 110}, new int[] {40, 40, 195, 195}, 4);
            }))).isEqualTo("trouser");
            assertThat(best(cnn, drawn(cnn, g -> {
                g.fillRoundRect(10, 70, 180, 115, 20, 20);
                g.setStroke(new java.awt.BasicStroke(10));
                g.drawArc(60, 20, 80, 100, 0, 180);
            }))).isEqualTo("bag");
            assertThat(cnn.features(drawn(cnn, g -> g.fillRect(50, 50, 100, 100)))[0])
                    .hasSize(cnn.model().config().network().features());
        }
    }

    @Test
    void itIsSmall() throws IOException {
        URL weights = FashionCnnTest.class.getResource("/weights/fashion-cnn/classifier/model.safetensors");
        assertThat(weights).isNotNull();
        assertThat(weights.openConnection().getContentLengthLong()).isBetween(1L, MOST_BYTES);
    }
}
