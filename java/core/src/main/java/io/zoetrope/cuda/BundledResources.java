package io.zoetrope.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this library's artifacts and JCuda's bring along beside classes: kernels, manifests, native libraries. They are
 * asked of the class loader, because on the module path a class sees the resources of its own jar alone.
 */
final class BundledResources {
    private BundledResources() {
    }

    /**
     * @param path from the root of the jar, without a slash before it.
     *
     * @return null when no jar has it
     */
    static InputStream open(String path) {
        ClassLoader loader = BundledResources.class.getClassLoader();
        return loader.getResourceAsStream(path);
    }

    /**
     * Copies a resource into a folder, under its own name there.
     *
     * @return false when no jar has it
     */
    static boolean copy(String path, Path folder) throws IOException {
        try (InputStream in = open(path)) {
            if (in == null) {
                return false;
            }
            Files.copy(in, folder.resolve(Path.of(path).getFileName()));
            return true;
        }
    }
}
