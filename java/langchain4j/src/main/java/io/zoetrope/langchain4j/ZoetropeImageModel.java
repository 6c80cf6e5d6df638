package io.zoetrope.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.words.WordsPipeline;
import io.zoetrope.service.PictureService;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * LangChain4j's image model on a {@link PictureService}. Any thread may use it; editing pictures is not supported.
 *
 * <pre>{@code
 * try (PictureService service = PictureService.open(DeviceChoice.AUTO, "runs/words/model")) {
 *     ImageModel model = ZoetropeImageModel.builder(service).guidance(3).build();
 *     String png = model.generate("a red apple").content().base64Data();
 * }
 * }</pre>
 */
public final class ZoetropeImageModel implements ImageModel {
    /** Where a response's metadata has the seed that makes the same pictures again. */
    public static final String SEED = "seed";
    private static final String PNG = "image/png";

    private final PictureService service;
    private final WordsPipeline.Request settings;
    private final Long seed;

    private ZoetropeImageModel(Builder builder) {
        service = builder.service;
        settings = builder.settings;
        seed = builder.seed;
    }

    /**
     * @param service paints; whoever opened it closes it.
     *
     * @return the settings, which are the usual ones
     */
    public static Builder builder(PictureService service) {
        return new Builder(service);
    }

    /** @throws InvalidRequestException if the prompt has no words, saying what was expected */
    @Override
    public Response<Image> generate(String prompt) {
        Response<List<Image>> response = generate(prompt, 1);
        return Response.from(response.content().get(0), null, null, response.metadata());
    }

    /** @throws InvalidRequestException if the prompt has no words, or so many pictures cannot be asked for */
    @Override
    public Response<List<Image>> generate(String prompt, int n) {
        long used = seed != null ? seed : ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        Images images;
        try {
            images = service.paint(settings.prompts(Collections.nCopies(n, prompt)).seed(used), Progress.none());
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
        List<Image> made = IntStream
                .range(0, n).mapToObj(i -> Image.builder()
                        .base64Data(Base64.getEncoder().encodeToString(images.toPng(i))).mimeType(PNG).build())
                .toList();
        return Response.from(made, null, null, Map.of(SEED, used));
    }

    /** How pictures are painted. */
    public static final class Builder {
        private final PictureService service;
        private WordsPipeline.Request settings = WordsPipeline.Request.of(List.of(""));
        private Long seed;

        private Builder(PictureService service) {
            this.service = Objects.requireNonNull(service, "service");
        }

        /**
         * @param steps of the solver, 1 or more; 25 when it is not called.
         *
         * @return this
         */
        public Builder steps(int steps) {
            settings = settings.steps(steps);
            return this;
        }

        /**
         * @param scale how far the words pull, 0 or more; 2.5 when it is not called.
         *
         * @return this
         */
        public Builder guidance(double scale) {
            settings = settings.guidance(scale, settings.until());
            return this;
        }

        /**
         * @param words what no picture shows.
         *
         * @return this
         */
        public Builder negative(String words) {
            settings = settings.negative(words);
            return this;
        }

        /**
         * @param number of every call's noise; each call draws its own when this is not called.
         *
         * @return this
         */
        public Builder seed(long number) {
            seed = number;
            return this;
        }

        public ZoetropeImageModel build() {
            return new ZoetropeImageModel(this);
        }
    }
}
