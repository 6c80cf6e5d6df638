package io.zoetrope.train;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.Description;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.SceneCaptions;
import io.zoetrope.data.Sounds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Data sets small enough to train on in a test. */
public final class TinyData {
    private static final int SIZE = 8;
    private static final int COUNT = 36;

    private TinyData() {
    }

    /** 8×8 pictures of a bright square somewhere. */
    public static ImageDataset squares() {
        byte[] pixels = new byte[COUNT * SIZE * SIZE];
        int[] labels = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            labels[i] = i % 2;
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 3; x++) {
                    pixels[i * SIZE * SIZE + (y + i / 6) * SIZE + x + i % 6] = (byte) 255;
                }
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(COUNT, SIZE, SIZE, 1, pixels), labels);
        return new ImageDataset("squares", List.of("even", "odd"), part, part);
    }

    /** 8×8 pictures of bars lying down or standing up somewhere. */
    public static ImageDataset bars() {
        int count = 40;
        byte[] pixels = new byte[count * 64];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % 2;
            for (int k = 0; k < 5; k++) {
                int along = k + i / 2 % 4;
                int across = i / 8 + 1;
                pixels[i * 64 + (labels[i] == 0 ? across * 8 + along : along * 8 + across)] = (byte) (200 + i);
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(count, 8, 8, 1, pixels), labels);
        return new ImageDataset("bars", List.of("lying", "standing"), part, part);
    }

    /** 28×28 noisy pictures of a bright stroke, its direction one of ten: class i has the angle i·18°. */
    public static ImageDataset strokes() {
        ImageDataset.Part[] parts = {strokes(1), strokes(2)};
        return new ImageDataset("strokes", IntStream.range(0, 10).mapToObj(i -> i * 18 + " degrees").toList(), parts[0],
                parts[1]);
    }

    private static ImageDataset.Part strokes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = 80;
        int side = 28;
        byte[] pixels = new byte[count * side * side];
        int[] labels = new int[count];
        for (int n = 0; n < count; n++) {
            labels[n] = n % 10;
            double angle = Math.PI * labels[n] / 10;
            double offset = 6 * random.nextDouble() - 3;
            for (int i = 0; i < side * side; i++) {
                double across = (i % side - side / 2.0) * Math.sin(angle) - (i / side - side / 2.0) * Math.cos(angle);
                double stroke = Math.exp(-(across - offset) * (across - offset) / 4);
                pixels[n * side * side + i] = (byte) (220 * stroke + 30 * random.nextDouble());
            }
        }
        return new ImageDataset.Part(new Images(count, side, side, 1, pixels), labels);
    }

    /** 4×4 pictures of two kinds: the left half bright, or the right half. */
    public static ImageDataset halves() {
        byte[] pixels = new byte[16 * 16];
        int[] labels = new int[16];
        for (int i = 0; i < 16; i++) {
            labels[i] = i % 2;
            for (int p = 0; p < 16; p++) {
                pixels[i * 16 + p] = (byte) (p % 4 / 2 == i % 2 ? 200 : 40);
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(16, 4, 4, 1, pixels), labels);
        return new ImageDataset("halves", List.of("left", "right"), part, part);
    }

    /** Captions of the grammars that ship. */
    public static SceneCaptions labelledCaptions() {
        try {
            return SceneCaptions.shipped();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** 8×8 pictures of one colour, with captions that say which, in two languages. */
    public static CaptionedDataset captioned() {
        String[][] colours = {{"red wall", "빨간 벽"}, {"green wall", "초록 벽"}, {"blue wall", "파란 벽"}};
        byte[] pixels = new byte[12 * 64 * 3];
        List<Description> descriptions = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            for (int p = 0; p < 64; p++) {
                pixels[(i * 64 + p) * 3 + i % 3] = (byte) (200 + i);
            }
            String[] said = colours[i % 3];
            descriptions.add(new Description("wall-" + i, "wall", List.of("walls"), List.of(
                    new Description.Wording(said[0], List.of("plain")), new Description.Wording(said[1], List.of()))));
        }
        return new CaptionedDataset("walls", new CaptionedDataset.Part(new Images(12, 8, 8, 3, pixels), descriptions),
                Map.of());
    }

    /** Tones of two pitches, in many phases. */
    public static AudioDataset tones(int samples) {
        int count = 12;
        float[] values = new float[count * samples];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % 2;
            for (int t = 0; t < samples; t++) {
                values[i * samples
                        + t] = (float) (0.5 * Math.sin(2 * Math.PI * (i % 2 == 0 ? 500 : 2000) * t / 16_000 + i));
            }
        }
        AudioDataset.Part part = new AudioDataset.Part(Sounds.fromFloats(values, count, samples, 16_000), labels);
        return new AudioDataset("tones", List.of("low", "high"), part, part);
    }
}
