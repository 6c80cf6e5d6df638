package io.zoetrope.data;

import io.zoetrope.io.FileNames;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where data sets are looked for on this machine.
 *
 * @param cache  this user's own folder, where {@link DataImport} brings sets in; one subfolder a set
 * @param system folders that packages install into, in order; one subfolder a set
 */
public record DataPlaces(Path cache, List<Path> system) {
    public DataPlaces {
        system = List.copyOf(system);
    }

    /** The usual places: {@code $XDG_CACHE_HOME/zoetrope} (or {@code ~/.cache/zoetrope}) and Debian's. */
    public static DataPlaces usual() {
        return of(System.getenv(), System.getProperty("user.home"));
    }

    static DataPlaces of(Map<String, String> environment, String home) {
        String cache = environment.get("XDG_CACHE_HOME");
        // The XDG specification says relative values are to be ignored.
        Path base = cache != null && cache.startsWith("/") ? FileNames.path(cache)
                : FileNames.path(home).resolve(".cache");
        return new DataPlaces(base.resolve("zoetrope"), List.of(Path.of("/usr/share/datasets")));
    }
}
