package io.zoetrope.cli;

import io.zoetrope.data.DataPlaces;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;

/** Runs the command line in this process and keeps what it printed. */
final class Shell {
    final FakeWork work = new FakeWork();
    private final DataPlaces places;
    private StringWriter out;
    private StringWriter err;

    /** A machine whose data sets lie below {@code folder}. */
    Shell(Path folder) {
        places = new DataPlaces(folder.resolve("cache"), List.of(folder.resolve("system")));
    }

    /** The exit code of {@code zoetrope ARGUMENTS}. */
    int run(String... arguments) {
        return Main.run(arguments, surroundings());
    }

    Surroundings surroundings() {
        out = new StringWriter();
        err = new StringWriter();
        return new Surroundings(work, places, new PrintWriter(out, true), new PrintWriter(err, true));
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }
}
