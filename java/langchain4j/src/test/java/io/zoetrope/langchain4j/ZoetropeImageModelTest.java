package io.zoetrope.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.service.PictureService;
import io.zoetrope.testkit.TinyWords;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZoetropeImageModelTest {
    private static final int SIZE = 16;
    @TempDir
    private static Path folder;
    private static PictureService service;

    @BeforeAll
    static void open() throws IOException {
        TinyWords.save(folder, SIZE);
        service = PictureService.open(DeviceChoice.AUTO, folder.toString());
    }

    @AfterAll
    static void close() {
        service.close();
    }

    private static ZoetropeImageModel.Builder quick() {
        return ZoetropeImageModel.builder(service).steps(2);
    }

    private static BufferedImage decoded(Image image) throws IOException {
        assertThat(image.mimeType()).isEqualTo("image/png");
        return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(image.base64Data())));
    }

    @Test
    void wordsMakeAPicture() throws IOException {
        ImageModel model = quick().seed(7).build();
        Image first = model.generate("a red apple").content();
        BufferedImage picture = decoded(first);
        assertThat(picture.getWidth()).isEqualTo(SIZE);
        assertThat(picture.getHeight()).isEqualTo(SIZE);
        assertThat(model.generate("a red apple").content()).as("the same seed").isEqualTo(first);
        assertThat(quick().seed(7).guidance(1).build().generate("a red apple").content()).isNotEqualTo(first);
        assertThat(quick().seed(7).negative("apple").build().generate("a red apple").content()).isNotEqualTo(first);
    }

    @Test
    void severalDifferAndTheSeedThatWasDrawnMakesThemAgain() {
        Response<List<Image>> drawn = quick().build().generate("red", 3);
        assertThat(drawn.content()).hasSize(3).doesNotHaveDuplicates();
        long seed = (long) drawn.metadata().get(ZoetropeImageModel.SEED);
        assertThat(quick().seed(seed).build().generate("red", 3).content()).isEqualTo(drawn.content());
        assertThat(quick().build().generate("red").content()).isNotEqualTo(drawn.content().get(0));
    }

    @Test
    void whatCannotBePaintedIsLangChain4jsOwnError() {
        assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> quick().build().generate(" "))
                .withMessageContaining("the prompt is empty").withCauseInstanceOf(IllegalArgumentException.class);
        assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> quick().build().generate("red", 0))
                .withMessageContaining("0 pictures");
    }
}
