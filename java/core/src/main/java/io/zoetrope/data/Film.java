package io.zoetrope.data;

import io.zoetrope.io.AtomicFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes animated GIFs that loop for ever. Grey frames are kept exactly; RGB ones get a {@link Palette} each. */
public final class Film {
    private static final String NATIVE_FORMAT = "javax_imageio_gif_image_1.0";

    private Film() {}

    /**
     * Writes {@code frames} in order, whole or not at all.
     *
     * @param frames          batches of one picture, all of one size
     * @param millisPerFrame  how long each frame stands; GIF counts in hundredths of a second, and browsers slow down
     *                        anything under 20 ms
     * @param millisLastFrame how long the last one stands before the film starts again
     * @throws IOException if it cannot be written
     */
    public static void writeGif(Path file, List<Images> frames, int millisPerFrame, int millisLastFrame)
            throws IOException {
        if (frames.isEmpty()) {
            throw new IllegalArgumentException("a film needs at least one frame");
        }
        requireMillis(millisPerFrame);
        requireMillis(millisLastFrame);
        Images first = frames.get(0);
        for (Images frame : frames) {
            if (frame.count() != 1 || frame.height() != first.height() || frame.width() != first.width()
                    || frame.channels() != first.channels()) {
                throw new IllegalArgumentException(
                        "every frame of a film is one picture of one size, but got " + first + " and " + frame);
            }
        }
        AtomicFiles.write(file, out -> encode(out, frames, millisPerFrame, millisLastFrame));
    }

    private static void requireMillis(int millis) {
        if (millis < 20 || millis > 655_350) {
            throw new IllegalArgumentException("a frame stands 20 to 655350 ms, not " + millis);
        }
    }

    private static void encode(OutputStream out, List<Images> frames, int millis, int lastMillis) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.prepareWriteSequence(null);
            for (int i = 0; i < frames.size(); i++) {
                Images frame = frames.get(i);
                // Of RGB the encoder would make a palette too, but a coarse one.
                BufferedImage image = frame.channels() == 1 ? frame.toBuffered(0) : Palette.of(frame).apply(frame);
                int hundredths = Math.round((i == frames.size() - 1 ? lastMillis : millis) / 10f);
                IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
                describe(metadata, hundredths, i == 0);
                writer.writeToSequence(new IIOImage(image, null, metadata), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
    }

    private static void describe(IIOMetadata metadata, int hundredths, boolean first) throws IIOInvalidTreeException {
        IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(NATIVE_FORMAT);
        IIOMetadataNode control = child(root, "GraphicControlExtension");
        control.setAttribute("disposalMethod", "none");
        control.setAttribute("userInputFlag", "FALSE");
        control.setAttribute("transparentColorFlag", "FALSE");
        control.setAttribute("transparentColorIndex", "0");
        control.setAttribute("delayTime", Integer.toString(hundredths));
        if (first) {
            IIOMetadataNode extensions = child(root, "ApplicationExtensions");
            IIOMetadataNode loop = new IIOMetadataNode("ApplicationExtension");
            loop.setAttribute("applicationID", "NETSCAPE");
            loop.setAttribute("authenticationCode", "2.0");
            loop.setUserObject(new byte[] {1, 0, 0}); // sub-block 1, repeat count 0: for ever
            extensions.appendChild(loop);
        }
        metadata.setFromTree(NATIVE_FORMAT, root);
    }

    private static IIOMetadataNode child(IIOMetadataNode root, String name) {
        for (int i = 0; i < root.getLength(); i++) {
            if (root.item(i).getNodeName().equals(name)) {
                return (IIOMetadataNode) root.item(i);
            }
        }
        IIOMetadataNode node = new IIOMetadataNode(name);
        root.appendChild(node);
        return node;
    }
}
