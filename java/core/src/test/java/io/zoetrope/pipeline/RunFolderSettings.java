package io.zoetrope.pipeline;

import java.io.IOException;
import java.nio.file.Path;

/** The settings another run was started with. */
final class RunFolderSettings {
    private RunFolderSettings() {
    }

    static Config of(Path run) throws IOException {
        return Config.read(run.resolve("config.json"));
    }
}
