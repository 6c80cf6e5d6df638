package io.zoetrope.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which files of a folder are looked at, by the ends of their names in any case.
 *
 * @param one      what one is called
 * @param readable the formats, for messages
 * @param endings  of files that are read, without the dot
 * @param unread   endings of other formats of the same kind, and their names: such a file is refused, not passed over
 */
record FileKind(String one, String readable, Set<String> endings, Map<String, String> unread) {
    static final FileKind PICTURE = new FileKind("picture", "PNG, JPEG, GIF or BMP",
            Set.of("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib"),
            Map.ofEntries(Map.entry("webp", "WebP"), Map.entry("tif", "TIFF"), Map.entry("tiff", "TIFF"),
                    Map.entry("heic", "HEIF"), Map.entry("heif", "HEIF"), Map.entry("avif", "AVIF"),
                    Map.entry("jp2", "JPEG 2000"), Map.entry("jxl", "JPEG XL"), Map.entry("svg", "SVG"),
                    Map.entry("psd", "Photoshop"), Map.entry("tga", "Targa"), Map.entry("ppm", "portable pixmap"),
                    Map.entry("pgm", "portable graymap"), Map.entry("pbm", "portable bitmap")));
    static final FileKind SOUND = new FileKind("sound", "WAV", Set.of("wav", "wave"),
            Map.ofEntries(Map.entry("mp3", "MP3"), Map.entry("flac", "FLAC"), Map.entry("ogg", "Ogg"),
                    Map.entry("oga", "Ogg"), Map.entry("opus", "Opus"), Map.entry("m4a", "MPEG-4"),
                    Map.entry("aac", "AAC"), Map.entry("aif", "AIFF"), Map.entry("aiff", "AIFF"),
                    Map.entry("aifc", "AIFF"), Map.entry("au", "AU"), Map.entry("wma", "WMA")));

    boolean reads(Path file) {
        return endings.contains(ending(file));
    }

    /** The name of the format that {@code file} has and that is not read. */
    Optional<String> unreadFormat(Path file) {
        return Optional.ofNullable(unread.get(ending(file)));
    }

    /** So many of this kind. */
    String counted(int count) {
        return count + " " + one + (count == 1 ? "" : "s");
    }

    /** What follows the last dot of the name, in lower case; empty without a dot. */
    static String ending(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }
}
