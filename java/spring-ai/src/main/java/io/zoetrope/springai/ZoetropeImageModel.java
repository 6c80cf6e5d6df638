package io.zoetrope.springai;

import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.words.WordsPipeline;
import io.zoetrope.service.PictureService;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.springframework.ai.image.Image;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;

/**
 * Spring AI's image model on a {@link PictureService}. Any thread may use it. Pictures come as PNGs in base 64.
 *
 * <pre>{@code
 * @Bean(destroyMethod = "close")
 * PictureService pictures() throws IOException {
 *     return PictureService.open(DeviceChoice.AUTO, "runs/words/model");
 * }
 *
 * @Bean
 * ImageModel imageModel(PictureService pictures) {
 *     return new ZoetropeImageModel(pictures, ZoetropeImageOptions.usual().withGuidance(3));
 * }
 * }</pre>
 */
public final class ZoetropeImageModel implements ImageModel {
    /** The only response format. */
    public static final String FORMAT = "b64_json";

    private final PictureService service;
    private final ZoetropeImageOptions defaults;

    /**
     * @param service  paints; whoever opened it closes it
     * @param defaults count where a prompt's own options say nothing
     */
    public ZoetropeImageModel(PictureService service, ZoetropeImageOptions defaults) {
        this.service = Objects.requireNonNull(service, "service");
        this.defaults = Objects.requireNonNull(defaults, "defaults");
    }

    /**
     * Paints.
     *
     * @param prompt one message that says what is shown, and any number with the weight −1 of what is not
     * @return a generation for each picture, with {@link ZoetropeImageGenerationMetadata}
     * @throws IllegalArgumentException naming what cannot be followed: an option, a weight, a prompt without words
     */
    @Override
    public ImageResponse call(ImagePrompt prompt) {
        ZoetropeImageOptions options = options(prompt.getOptions()).or(defaults);
        List<String> shown = new ArrayList<>();
        List<String> unshown = new ArrayList<>();
        for (ImageMessage message : prompt.getInstructions()) {
            float weight = message.getWeight() == null ? 1 : message.getWeight();
            if (Math.abs(weight) != 1) {
                throw new IllegalArgumentException(
                        "a message has the weight " + weight + ": expected 1 for what is shown, or -1 for what is not");
            }
            (weight > 0 ? shown : unshown).add(message.getText());
        }
        if (shown.size() != 1) {
            throw new IllegalArgumentException(
                    "the prompt has " + shown.size() + " messages of what is shown: expected one");
        }
        if (options.negative() != null) {
            unshown.add(options.negative());
        }
        int count = options.n() == null ? 1 : options.n();
        long seed = options.seed() != null ? options.seed() : ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        WordsPipeline.Request request = WordsPipeline.Request.of(Collections.nCopies(count, shown.get(0)))
                .negative(String.join(" ", unshown)).seed(seed);
        if (options.steps() != null) {
            request = request.steps(options.steps());
        }
        if (options.guidance() != null) {
            request = request.guidance(options.guidance(), request.until());
        }
        Images images = service.paint(request, Progress.none());
        return new ImageResponse(IntStream.range(0, count)
                .mapToObj(i -> new ImageGeneration(new Image(null, Base64.getEncoder().encodeToString(images.toPng(i))),
                        new ZoetropeImageGenerationMetadata(seed)))
                .toList());
    }

    /** What of any options can be followed; the rest is refused by name. */
    private ZoetropeImageOptions options(ImageOptions asked) {
        if (asked == null) {
            return ZoetropeImageOptions.usual();
        }
        requireNoneOr(service.model(), asked.getModel(), "model");
        requireNoneOr(service.imageSize(), asked.getWidth(), "width");
        requireNoneOr(service.imageSize(), asked.getHeight(), "height");
        requireNoneOr(FORMAT, asked.getResponseFormat(), "responseFormat");
        requireNoneOr(null, asked.getStyle(), "style");
        return asked instanceof ZoetropeImageOptions ours ? ours
                : new ZoetropeImageOptions(asked.getN(), null, null, null, null);
    }

    private static void requireNoneOr(Object only, Object asked, String option) {
        if (asked != null && !asked.equals(only)) {
            throw new IllegalArgumentException("the option " + option + " is " + asked + ": expected "
                    + (only == null ? "none" : "none, or " + only));
        }
    }
}
