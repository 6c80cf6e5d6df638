package io.zoetrope.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;

class ZoetropeImageModelTest {
    private static final int SIZE = 16;
    private static final ZoetropeImageOptions QUICK = ZoetropeImageOptions.usual().withSteps(2).withSeed(7);
    @TempDir
    private static Path folder;
    private static PictureService service;
    private final ImageModel model = new ZoetropeImageModel(service, QUICK);

    @BeforeAll
    static void open() throws IOException {
        TinyWords.save(folder, SIZE);
        service = PictureService.open(DeviceChoice.AUTO, folder.toString());
    }

    @AfterAll
    static void close() {
        service.close();
    }

    private String painted(ImagePrompt prompt) {
        return model.call(prompt).getResult().getOutput().getB64Json();
    }

    @Test
    void wordsMakeAPicture() throws IOException {
        String first = painted(new ImagePrompt("a red apple"));
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(first)));
        assertThat(picture.getWidth()).isEqualTo(SIZE);
        assertThat(picture.getHeight()).isEqualTo(SIZE);
        assertThat(painted(new ImagePrompt("a red apple"))).as("the same seed").isEqualTo(first);
        for (ZoetropeImageOptions other : List.of(QUICK.withSeed(8), QUICK.withSteps(3), QUICK.withGuidance(1),
                QUICK.withNegative("apple"))) {
            assertThat(painted(new ImagePrompt("a red apple", other))).as(other.toString()).isNotEqualTo(first);
        }
    }

    @Test
    void anyImageOptionsAreFollowedOrRefusedByName() {
        ImageOptions three = ImageOptionsBuilder.builder().N(3).width(SIZE).height(SIZE).responseFormat("b64_json")
                .model(folder.toString()).build();
        List<ImageGeneration> made = model.call(new ImagePrompt("red", three)).getResults();
        assertThat(made.stream().map(ImageGeneration::getOutput)).hasSize(3).doesNotHaveDuplicates();
        assertThat(made.get(2).getMetadata()).isEqualTo(new ZoetropeImageGenerationMetadata(7));
        refuses(ImageOptionsBuilder.builder().width(1024).build(), "the option width is 1024: expected none, or 16");
        refuses(ImageOptionsBuilder.builder().height(8).build(), "height is 8");
        refuses(ImageOptionsBuilder.builder().style("vivid").build(), "style is vivid: expected none");
        refuses(ImageOptionsBuilder.builder().responseFormat("url").build(), "responseFormat is url");
        refuses(ImageOptionsBuilder.builder().model("dall-e-3").build(), "model is dall-e-3");
        refuses(ImageOptionsBuilder.builder().N(0).build(), "0 pictures");
    }

    private void refuses(ImageOptions options, String reason) {
        assertThatIllegalArgumentException().isThrownBy(() -> model.call(new ImagePrompt("red", options)))
                .withMessageContaining(reason);
    }

    @Test
    void theSeedThatWasDrawnMakesThePictureAgain() {
        ImageModel drawing = new ZoetropeImageModel(service, ZoetropeImageOptions.usual().withSteps(2));
        ImageGeneration drawn = drawing.call(new ImagePrompt("red")).getResult();
        long seed = ((ZoetropeImageGenerationMetadata) drawn.getMetadata()).seed();
        assertThat(painted(new ImagePrompt("red", QUICK.withSeed(seed)))).isEqualTo(drawn.getOutput().getB64Json());
    }

    @Test
    void weightsSayWhatIsShownAndWhatIsNot() {
        ImagePrompt weighted = new ImagePrompt(List.of(new ImageMessage("a red apple"), new ImageMessage("apple", -1f)),
                null);
        assertThat(painted(weighted)).isEqualTo(painted(new ImagePrompt("a red apple", QUICK.withNegative("apple"))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model.call(new ImagePrompt(List.of(new ImageMessage("red", 0.5f)), null)))
                .withMessageContaining("the weight 0.5");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> model.call(new ImagePrompt(List.of(new ImageMessage("a"), new ImageMessage("b")), null)))
                .withMessageContaining("2 messages of what is shown: expected one");
        assertThatIllegalArgumentException().isThrownBy(() -> model.call(new ImagePrompt(" ")))
                .withMessageContaining("the prompt is empty");
    }
}
