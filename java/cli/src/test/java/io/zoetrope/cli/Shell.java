package io.zoetrope.cli;

import io.zoetrope.cli.toy.ToyFamily;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.DataPlaces;
import io.zoetrope.data.Images;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;

/** Runs the command line in this process and keeps what it printed. */
final class Shell {
    /** The last device that was asked for; null if none was. */
    DeviceChoice device;
    /** Whether no device is opened: what needs one fails, the toy does not. */
    boolean withoutDevice;
    /** What opening a device fails with. */
    RuntimeException failure;
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Path folder;
    private StringWriter out;
    private StringWriter err;

    /** A machine whose data sets lie below {@code folder}. */
    Shell(Path folder) {
        this.folder = folder;
        ToyFamily.asked = null;
        ToyFamily.trained = null;
        ToyFamily.failure = null;
    }

    /** The exit code of {@code zoetrope ARGUMENTS}. */
    int run(String... arguments) {
        return Main.run(arguments, surroundings());
    }

    Surroundings surroundings() {
        out = new StringWriter();
        err = new StringWriter();
        return surroundings(new PrintWriter(out, true));
    }

    Surroundings surroundings(PrintWriter output) {
        err = new StringWriter();
        return new Surroundings(this::open, new DataPlaces(folder.resolve("cache"), List.of(folder.resolve("system"))),
                output, new PrintWriter(err, true), bytes);
    }

    private Device open(DeviceChoice choice) {
        device = choice;
        if (failure != null) {
            throw failure;
        }
        return withoutDevice ? null : Device.open(DeviceChoice.CPU);
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }

    /** A folder of twenty square pictures, i.png in even/ or odd/. */
    String pictures(int size) throws IOException {
        Path pictures = folder.resolve("pictures-" + size);
        for (int i = 0; i < 20; i++) {
            byte[] pixels = new byte[size * size];
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] = (byte) (p * (i + 3) % 251);
            }
            new Images(1, size, size, 1, pixels)
                    .writePng(pictures.resolve(i % 2 == 0 ? "even" : "odd").resolve(i + ".png"));
        }
        return pictures.toString();
    }
}
