package io.zoetrope.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.CancellationToken;
import io.zoetrope.io.Progress;
import io.zoetrope.model.words.WordsPipeline;
import io.zoetrope.testkit.TinyWords;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureServiceTest {
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
        assertThatIllegalStateException().isThrownBy(() -> service.paint(request(1), Progress.none()))
                .withMessageContaining("closed");
        service.close();
    }

    private static WordsPipeline.Request request(long seed) {
        return WordsPipeline.Request.of(List.of("a red apple")).steps(2).seed(seed);
    }

    @Test
    void threadsGetWhatEachAskedFor() throws Exception {
        List<Images> alone = new ArrayList<>();
        for (long seed = 0; seed < 4; seed++) {
            alone.add(service.paint(request(seed), Progress.none()));
        }
        assertThat(alone).doesNotHaveDuplicates().allMatch(images -> images.height() == service.imageSize());
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<Images>> together = new ArrayList<>();
            for (long seed = 0; seed < 4; seed++) {
                long its = seed;
                together.add(pool.submit(() -> service.paint(request(its), Progress.none())));
            }
            for (int i = 0; i < 4; i++) {
                assertThat(together.get(i).get()).isEqualTo(alone.get(i));
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void aRequestThatWaitsIsCancelledWithoutHarmToTheOneBefore() throws Exception {
        CountDownLatch painting = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Progress held = new Progress() {
            @Override
            public void begin(String stage, long total) {
                painting.countDown();
                try {
                    assertThat(goOn.await(1, TimeUnit.MINUTES)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void advance(long done, String note) {}

            @Override
            public void end() {}
        };
        CancellationToken token = new CancellationToken();
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Future<Images> first = pool.submit(() -> service.paint(request(1), held));
            painting.await();
            Future<Images> second = pool.submit(() -> token.run(() -> service.paint(request(2), Progress.none())));
            token.cancel();
            assertThatExceptionOfType(ExecutionException.class).isThrownBy(second::get)
                    .withCauseInstanceOf(CancellationException.class);
            goOn.countDown();
            assertThat(first.get().count()).isOne();
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void whatCannotBePaintedIsSaid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> service.paint(WordsPipeline.Request.of(List.of("red", " ")), Progress.none()))
                .withMessage("the prompt is empty: expected words, such as \"a red apple\"");
        assertThatIllegalArgumentException().isThrownBy(() -> service.paint(request(1).negative("!!"), Progress.none()))
                .withMessageContaining("the negative prompt has no word");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> PictureService.open(DeviceChoice.AUTO, folder.resolve("none").toString()))
                .withMessageContaining("none");
    }
}
