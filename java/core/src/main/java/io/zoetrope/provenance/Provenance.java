package io.zoetrope.provenance;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.RegularFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What made a picture, a film or a sound: enough to make it again. Names of folders are not in it, as they may tell
 * more of a user than the file should.
 *
 * @param version  of this library
 * @param task     what was done, such as generate
 * @param family   of models, or what of it was done, such as ddpm
 * @param model    the shipped model's name, or the last name of its folder
 * @param sha256   of the model's files, see {@link io.zoetrope.io.ModelFolder#sha256}
 * @param output   the option that said where the file goes
 * @param device   what kind of device it was made on: the same kind makes the same bytes
 * @param settings all that a user may decide, by name; of a file that was read its SHA-256
 */
public record Provenance(String version, String task, String family, String model, String sha256, String output,
        String device, Config settings) {
    private static final String DEVELOPMENT = "development";

    /** This library's version. */
    public static String libraryVersion() {
        String version = Provenance.class.getPackage().getImplementationVersion();
        return version == null ? DEVELOPMENT : version;
    }

    /** What {@link #of(Config)} reads. */
    public Config json() {
        return Config.empty().with("version", version).with("task", task).with("family", family).with("model", model)
                .with("sha256", sha256).with("output", output).with("device", device).with("settings", settings);
    }

    /** @throws BadFileException naming what is missing */
    static Provenance of(Config json) throws BadFileException {
        return new Provenance(json.text("version"), json.text("task"), json.text("family"), json.text("model"),
                json.text("sha256"), json.text("output"), json.text("device"), json.section("settings"));
    }

    /** What the file at {@code path} says made it; empty if it does not say, or says that something else did. */
    public static Optional<Provenance> of(Path path) throws IOException {
        RegularFiles.require(path, "a PNG, GIF or WAV");
        Optional<String> packet = XmpContainer.packet(Files.readAllBytes(path));
        return packet.isEmpty() ? Optional.empty() : XmpPacket.parse(packet.get(), path).provenance();
    }

    /**
     * The bytes of a PNG, GIF or WAV with an XMP packet that says that a trained algorithm made it, and how. Others
     * come back as they are.
     */
    public byte[] markedInto(byte[] file) {
        return XmpContainer.with(file, XmpPacket.of(this));
    }
}
