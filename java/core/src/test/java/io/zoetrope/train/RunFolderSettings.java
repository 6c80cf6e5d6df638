package io.zoetrope.train;

import io.zoetrope.io.Config;
import java.io.IOException;
import java.nio.file.Path;

/** The settings another run was started with. */
public final class RunFolderSettings {
    private RunFolderSettings() {
    }

    public static Config of(Path run) throws IOException {
        return Config.read(run.resolve("config.json"));
    }
}
