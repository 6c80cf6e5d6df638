package io.zoetrope.cli;

import io.zoetrope.data.DataImport;
import io.zoetrope.data.DataSets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope data}: brings a data set onto the machine. */
@Command(name = "data", description = "Bring a data set in and check that it is what its authors published.")
final class DataCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Which: fashion-mnist.")
    private String name;

    @Option(names = "--from", paramLabel = "DIR",
            description = "Take its files from this folder instead of fetching the Debian package.")
    private Optional<Path> from;

    DataCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        if (!DataSets.names().contains(name)) {
            throw new ParameterException(spec.commandLine(),
                    "unknown data set '" + name + "'; known are " + DataSets.names());
        }
        new DataImport(surroundings.places(), surroundings.out()::println).bringIn(name, from);
        return 0;
    }
}
