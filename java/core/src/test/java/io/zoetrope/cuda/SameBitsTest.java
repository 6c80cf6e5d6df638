package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The same seed makes the same picture however many cores run softcuda: its plans follow a number that is fixed. */
class SameBitsTest {
    private static final Pattern LINE = Pattern
            .compile("picture ([0-9a-f]+) of (\\d+) multiprocessors, mean ([0-9.]+)");

    /** Makes two pictures and prints what tells them from others. */
    public static final class Picture {
        public static void main(String[] arguments) throws Exception {
            try (Device device = Device.open(DeviceChoice.CPU);
                    DdpmPipeline ddpm = DdpmPipeline.fromPretrained(device, DdpmPipeline.FASHION_DDPM)) {
                Images images = ddpm.generate(Sampling.count(2).steps(2).seed(7), Progress.none());
                byte[] pixels = images.pixels();
                CRC32 sum = new CRC32();
                sum.update(pixels);
                long total = 0;
                for (byte pixel : pixels) {
                    total += Byte.toUnsignedInt(pixel);
                }
                System.out.println("picture " + Long.toHexString(sum.getValue()) + " of " + device.multiprocessors()
                        + " multiprocessors, mean " + (double) total / pixels.length);
            }
        }
    }

    private static Matcher picture(String variable, String value) throws Exception {
        String output = OtherProcess.run(Picture.class, Map.of(variable, value)).successful();
        Matcher line = LINE.matcher(output);
        assertThat(line.find()).as(output).isTrue();
        return line;
    }

    @Test
    void picturesAreTheSameOnAnyNumberOfThreads() throws Exception {
        String two = picture("ZOETROPE_THREADS", "2").group();
        assertThat(picture("ZOETROPE_THREADS", "4").group()).isEqualTo(two);
        assertThat(picture("ZOETROPE_THREADS", "8").group()).isEqualTo(two);
    }

    /** Plans for other devices: other last bits, the same picture to the eye. */
    @Test
    void plansOfBiggerDevicesRun() throws Exception {
        double mean = Double.parseDouble(picture("ZOETROPE_MULTIPROCESSORS", "2").group(3));
        for (String count : new String[] {"16", "132"}) {
            Matcher other = picture("ZOETROPE_MULTIPROCESSORS", count);
            assertThat(other.group(2)).isEqualTo(count);
            assertThat(Double.parseDouble(other.group(3))).isCloseTo(mean, org.assertj.core.data.Offset.offset(0.5));
        }
    }
}
