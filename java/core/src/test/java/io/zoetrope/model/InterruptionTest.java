package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.CancellationToken;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.model.patches.PatchesPipeline;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.model.wavegan.WaveGanPipeline;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Generating ends within a step when its thread is interrupted. */
class InterruptionTest {
    private final Device device = Devices.shared();
    private long steps;
    private long total;

    /** Interrupts this thread when it hears of the third step, or of a later one first. */
    private Progress interrupting() {
        steps = 0;
        return new Progress() {
            @Override
            public void begin(String stage, long all) {
                total = all;
            }

            @Override
            public void advance(long done, String note) {
                steps = done;
                if (done >= 3) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void end() {}
        };
    }

    private static void isCancelled(ThrowingCallable work) {
        try {
            assertThatThrownBy(work).isInstanceOf(CancellationException.class)
                    .hasMessageContaining("generating was interrupted");
        } finally {
            assertThat(Thread.interrupted()).as("still marked").isTrue();
        }
    }

    @Test
    void samplingEndsAfterTheStepThatRuns() throws IOException {
        try (DdpmPipeline ddpm = DdpmPipeline.fromPretrained(device, DdpmPipeline.FASHION_DDPM)) {
            isCancelled(() -> ddpm.generate(Sampling.count(1).steps(40), interrupting()));
            assertThat(steps).isEqualTo(3);
            assertThat(ddpm.generate(Sampling.count(1).steps(2), Progress.none()).count()).as("and can go on")
                    .isEqualTo(1);
        }
    }

    @Test
    void decodingEndsAfterTheStepThatRuns() throws IOException {
        try (PatchesPipeline patches = PatchesPipeline.fromPretrained(device, PatchesPipeline.FASHION_PATCHES)) {
            isCancelled(() -> patches.generate(TokenSampling.count(1), interrupting()));
            assertThat(steps).isLessThan(total);
        }
    }

    @Test
    void generatorsEndBetweenBatches() throws IOException {
        try (GanPipeline gan = GanPipeline.fromPretrained(device, GanPipeline.FASHION_GAN);
                WaveGanPipeline sounds = WaveGanPipeline.fromPretrained(device, WaveGanPipeline.DIGITS_WAVEGAN)) {
            Thread.currentThread().interrupt();
            isCancelled(() -> gan.generate(1, 7));
            Thread.currentThread().interrupt();
            isCancelled(() -> sounds.generate(1, 7));
        }
    }

    @Test
    void aTokenEndsThemToo() throws IOException {
        CancellationToken token = new CancellationToken();
        try (DdpmPipeline ddpm = DdpmPipeline.fromPretrained(device, DdpmPipeline.FASHION_DDPM);
                PatchesPipeline patches = PatchesPipeline.fromPretrained(device, PatchesPipeline.FASHION_PATCHES);
                GanPipeline gan = GanPipeline.fromPretrained(device, GanPipeline.FASHION_GAN);
                WaveGanPipeline sounds = WaveGanPipeline.fromPretrained(device, WaveGanPipeline.DIGITS_WAVEGAN)) {
            assertThatThrownBy(() -> token.run(() -> ddpm.generate(Sampling.count(1).steps(40), cancelling(token))))
                    .isInstanceOf(CancellationException.class).hasMessageContaining("generating was cancelled");
            assertThat(steps).isEqualTo(3);
            assertThatThrownBy(() -> token.run(() -> patches.generate(TokenSampling.count(1), Progress.none())))
                    .isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> token.run(() -> gan.generate(1, 7))).isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> token.run(() -> sounds.generate(1, 7))).isInstanceOf(CancellationException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(gan.generate(1, 7).count()).as("without the token").isEqualTo(1);
        }
    }

    private Progress cancelling(CancellationToken token) {
        return new Progress() {
            @Override
            public void begin(String stage, long all) {}

            @Override
            public void advance(long done, String note) {
                steps = done;
                if (done >= 3) {
                    token.cancel();
                }
            }

            @Override
            public void end() {}
        };
    }
}
