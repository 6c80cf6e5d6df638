package io.zoetrope.cli;

import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Shows the options that the library declares as arguments of a command: {@code weight_decay} as {@code
 * --weight-decay}.
 */
final class DeclaredOptions {
    private static final Pattern REFERENCE = Pattern.compile("\\{([a-z0-9_]+)}");

    private DeclaredOptions() {
    }

    /** What an option is called on the command line. */
    static String flag(String name) {
        return "--" + name.replace('_', '-');
    }

    /** What an option is called where it is spoken of: by its label if it is given by its place. */
    static String called(Option<?> option) {
        return option.isPositional() ? option.label() : flag(option.name());
    }

    /** A text of the library for the command line: options that it refers to are called as they are here. */
    static String shown(String text) {
        return REFERENCE.matcher(text).replaceAll(match -> flag(match.group(1)));
    }

    /** As {@link #argument(Option, String)} with the option's own help and default. */
    static ArgSpec argument(Option<?> option) {
        return argument(option, option.help() + option.defaultText().map(text -> " Default: " + text + ".").orElse(""));
    }

    /** As {@link #argument(Option)}, not shown in help. */
    static ArgSpec hidden(Option<?> option) {
        return OptionSpec.builder((OptionSpec) argument(option)).hidden(true).build();
    }

    /** As {@link #argument(Option)}, for a command that does without it, too. */
    static ArgSpec optional(Option<?> option) {
        return option.isPositional() ? positional(option, option.help(), "0..1") : argument(option);
    }

    /** An option or a positional parameter for {@code option}, explained by {@code help}. */
    static ArgSpec argument(Option<?> option, String help) {
        if (option.isPositional()) {
            return positional(option, help, "1");
        }
        String description = described(help);
        String[] names = option.alias().map(alias -> new String[] {flag(alias), flag(option.name())})
                .orElse(new String[] {flag(option.name())});
        OptionSpec.Builder spec = OptionSpec.builder(names).type(option.kind().type()).required(option.isRequired())
                .description(description);
        if (option.kind() == Option.Kind.FLAG) {
            return spec.arity("0").negatable(!option.otherwise().equals(Optional.of(false))).build();
        }
        return spec.paramLabel(option.label()).build();
    }

    private static ArgSpec positional(Option<?> option, String help, String arity) {
        return PositionalParamSpec.builder().paramLabel(option.label()).type(option.kind().type()).arity(arity)
                .description(described(help)).build();
    }

    private static String described(String help) {
        return shown(help).strip().replace("%", "%%");
    }

    /** {@code given} with what the user said of {@code option}, if anything. */
    static Config with(Config given, Option<?> option, ParseResult parsed) {
        Object value = option.isPositional() ? positional(option, parsed)
                : parsed.matchedOptionValue(flag(option.name()), null);
        if (value instanceof Number number) {
            return given.with(option.name(), number);
        }
        if (value instanceof Boolean flag) {
            return given.with(option.name(), flag);
        }
        return value == null ? given
                : given.with(option.name(), value instanceof Path ? value.toString() : (String) value);
    }

    private static Object positional(Option<?> option, ParseResult parsed) {
        return parsed.matchedPositionals().stream().filter(spec -> spec.paramLabel().equals(option.label())).findFirst()
                .map(ArgSpec::getValue).orElse(null);
    }

    /** A refusal of the library's as wrong usage of a command. */
    static ParameterException wrongUsage(CommandSpec spec, OptionException e) {
        String message = e.option().isEmpty() ? e.problem() : called(spec, e.option()) + " " + e.problem();
        return new ParameterException(spec.commandLine(), message, e);
    }

    /** What the option of that name is called in a command: by its label if it is given by its place. */
    private static String called(CommandSpec spec, String name) {
        return spec.findOption(flag(name)) != null ? flag(name) : spec.positionalParameters().stream()
                .map(ArgSpec::paramLabel).filter(label -> label.equalsIgnoreCase(name)).findFirst().orElse(flag(name));
    }
}
