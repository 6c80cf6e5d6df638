package io.zoetrope.cli;

import picocli.CommandLine.Model.CommandSpec;

/**
 * A command of {@code zoetrope}. The classes of this package that are one are found as they are: a new command is its
 * file. Each has a constructor that takes {@link Surroundings}, and is called after its class, as {@code models} after
 * {@code ModelsCommand}. Its name and what it is for stand in picocli's annotation, of which the list of commands is
 * made.
 */
interface Command {
    /** Its name, arguments and work. */
    CommandSpec spec();
}
