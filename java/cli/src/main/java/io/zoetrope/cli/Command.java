package io.zoetrope.cli;

import picocli.CommandLine.Model.CommandSpec;

/**
 * A command of {@code zoetrope}. The classes of this package that are one are found as they are: a new command is its
 * file. Each has a constructor that takes {@link Surroundings}.
 */
interface Command {
    /** Its name, arguments and work. */
    CommandSpec spec();
}
