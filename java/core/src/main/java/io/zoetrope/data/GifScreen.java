package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;

/**
 * Where a GIF's first frame lies. A frame may be smaller than the picture and begin anywhere in it (GIF89a, sections 18
 * and 20); decoders give the frame alone.
 *
 * @param width  of the picture
 * @param height of the picture
 * @param left   where the frame begins
 * @param top    where the frame begins
 */
record GifScreen(int width, int height, int left, int top) {
    static GifScreen of(ImageReader reader) throws IOException {
        NamedNodeMap screen = attributes(reader.getStreamMetadata(), "LogicalScreenDescriptor");
        NamedNodeMap frame = attributes(reader.getImageMetadata(0), "ImageDescriptor");
        return new GifScreen(number(screen, "logicalScreenWidth"), number(screen, "logicalScreenHeight"),
                number(frame, "imageLeftPosition"), number(frame, "imageTopPosition"));
    }

    private static NamedNodeMap attributes(IIOMetadata metadata, String name) {
        Node root = metadata.getAsTree(metadata.getNativeMetadataFormatName());
        for (Node node = root.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeName().equals(name)) {
                return node.getAttributes();
            }
        }
        throw new IllegalStateException("no " + name);
    }

    private static int number(NamedNodeMap attributes, String name) {
        return Integer.parseInt(attributes.getNamedItem(name).getNodeValue());
    }

    /** The picture: white where the frame does not reach, larger than it says where the frame goes beyond. */
    Images place(Images frame, Path file) throws IOException {
        int across = Math.max(width, left + frame.width());
        int down = Math.max(height, top + frame.height());
        if (across == frame.width() && down == frame.height()) {
            return frame;
        }
        ImageFiles.requireSize(file, across, down);
        int deep = frame.channels();
        byte[] pixels = new byte[across * down * deep];
        Arrays.fill(pixels, (byte) 255);
        for (int y = 0; y < frame.height(); y++) {
            System.arraycopy(frame.pixels(), y * frame.width() * deep, pixels, ((top + y) * across + left) * deep,
                    frame.width() * deep);
        }
        return new Images(1, down, across, deep, pixels);
    }
}
