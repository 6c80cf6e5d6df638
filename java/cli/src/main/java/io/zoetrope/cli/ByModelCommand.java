package io.zoetrope.cli;

import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.Remake;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * A command that does what a family of models does, whichever the model is of. It takes the options of all families:
 * one that several declare is one option, one that a single family declares is shown under its heading, and one that
 * the family of the given model does not take is refused.
 */
abstract class ByModelCommand implements Command {
    private static final String AGAIN = "--again";

    private final Surroundings surroundings;
    private final Action.Kind kind;
    private final Map<ModelFamily, Action> actions = new LinkedHashMap<>();
    /** By name: the families that declare an option, each with its own. */
    private final Map<String, Map<ModelFamily, Option<?>>> options = new LinkedHashMap<>();
    private final DeviceOption device = new DeviceOption();

    ByModelCommand(Surroundings surroundings, Action.Kind kind) {
        this.surroundings = surroundings;
        this.kind = kind;
        for (ModelFamily family : ModelFamilies.installed().having(kind)) {
            Action action = family.actions(kind).get(0);
            actions.put(family, action);
            action.options().forEach(option -> options.computeIfAbsent(option.name(), name -> new LinkedHashMap<>())
                    .put(family, option));
        }
    }

    @Override
    public final CommandSpec spec() {
        CommandSpec spec = Specs.command(getClass(), this::run);
        options.forEach((name, declared) -> {
            if (isForAll(declared) || declared.size() > 1) {
                Option<?> first = declared.values().iterator().next();
                spec.add(DeclaredOptions.argument(first,
                        name.equals(CommonOptions.MODEL.name())
                                ? first.help() + " Default: the first that ships and takes what is given, "
                                        + usualModel(Set.of()) + " if nothing is."
                                : help(declared)));
            }
        });
        actions.forEach((family, action) -> {
            List<Option<?>> own = action.options().stream()
                    .<Option<?>>filter(option -> actions.size() > 1 && options.get(option.name()).size() == 1).toList();
            if (!own.isEmpty()) {
                ArgGroupSpec.Builder group = ArgGroupSpec.builder().heading("%nFor " + family.plural() + ":%n")
                        .validate(false);
                own.forEach(option -> group.addArg(DeclaredOptions.optional(option)));
                spec.addArgGroup(group.build());
            }
        });
        if (kind == Action.Kind.GENERATE) {
            spec.addOption(OptionSpec.builder(AGAIN).type(Path.class).paramLabel("FILE")
                    .description("Make this file again, which a model made: all options are taken from it but those of "
                            + "files that are written, the device, and what the file cannot hold.")
                    .build());
        }
        return spec.addMixin("device", CommandSpec.forAnnotatedObject(device));
    }

    private boolean isForAll(Map<ModelFamily, Option<?>> declared) {
        return declared.size() == actions.size();
    }

    /** The first shipped model whose family takes these options, or the very first if none does. */
    private String usualModel(Set<String> given) {
        List<ModelFamily> shipping = actions.keySet().stream().filter(family -> !family.shipped().isEmpty()).toList();
        ModelFamily family = shipping.stream()
                .filter(each -> given.stream().allMatch(option -> options.get(option).containsKey(each))).findFirst()
                .orElse(shipping.get(0));
        return family.shipped().get(0).name();
    }

    /** What an option decides, for each family where they say it differently. */
    private static String help(Map<ModelFamily, Option<?>> declared) {
        Map<String, Set<String>> helps = new LinkedHashMap<>();
        Map<String, Set<String>> defaults = new LinkedHashMap<>();
        declared.forEach((family, option) -> {
            helps.computeIfAbsent(option.help(), help -> new LinkedHashSet<>()).add(family.plural());
            defaults.computeIfAbsent(option.defaultText().orElse("none"), text -> new LinkedHashSet<>())
                    .add(family.plural());
        });
        String help = helps.size() == 1 ? helps.keySet().iterator().next()
                : helps.entrySet().stream().map(
                        of -> of.getKey().replaceFirst("\\.$", "") + " (" + String.join(", ", of.getValue()) + ").")
                        .collect(Collectors.joining(" "));
        if (defaults.size() > 1) {
            return help + " Default: "
                    + defaults.entrySet().stream().map(of -> of.getKey() + " for " + String.join(", ", of.getValue()))
                            .collect(Collectors.joining("; "))
                    + ".";
        }
        String usual = defaults.keySet().iterator().next();
        return usual.equals("none") ? help : help + " Default: " + usual + ".";
    }

    private int run(CommandSpec spec) throws IOException {
        ParseResult parsed = spec.commandLine().getParseResult();
        Config given = Config.empty();
        for (Map<ModelFamily, Option<?>> declared : options.values()) {
            given = DeclaredOptions.with(given, declared.values().iterator().next(), parsed);
        }
        Path again = parsed.matchedOptionValue(AGAIN, null);
        if (again != null) {
            return again(spec, again, given);
        }
        String model = given.text(CommonOptions.MODEL.name(), usualModel(given.names()));
        ModelFamily family = family(spec, model);
        for (String option : given.names()) {
            Map<ModelFamily, Option<?>> declared = options.get(option);
            if (!declared.containsKey(family)) {
                throw new ParameterException(spec.commandLine(),
                        DeclaredOptions.called(declared.values().iterator().next()) + " is for "
                                + declared.keySet().stream().map(ModelFamily::description)
                                        .collect(Collectors.joining(" or "))
                                + "; " + model + " is " + family.description() + " and takes " + own(family));
            }
        }
        return new ActionRunner(surroundings).run(spec, device.device, family, actions.get(family),
                given.with(CommonOptions.MODEL.name(), model));
    }

    private int again(CommandSpec spec, Path file, Config given) throws IOException {
        Config settings;
        Remake remake;
        try {
            remake = Remake.of(file, kind, given);
            settings = remake.settings();
            for (String name : given.names()) {
                Option<?> option = options.get(name).values().iterator().next();
                if (option.kind() == Option.Kind.OUTPUT_FILE) {
                    settings = settings.with(given.only(name));
                } else if (option.kind() != Option.Kind.INPUT_FILE && !name.equals(CommonOptions.MODEL.name())) {
                    throw new ParameterException(spec.commandLine(),
                            DeclaredOptions.called(option) + " is what " + file + " says: leave it out with " + AGAIN);
                }
            }
        } catch (OptionException e) {
            throw DeclaredOptions.wrongUsage(spec, e);
        }
        return new ActionRunner(surroundings).run(spec, device.device, remake.family(), remake.action(), settings,
                remake::difference);
    }

    private ModelFamily family(CommandSpec spec, String model) throws IOException {
        try {
            ModelFamily family = ModelFamilies.installed().of(model);
            if (!actions.containsKey(family)) {
                throw new ParameterException(spec.commandLine(), DeclaredOptions.flag(CommonOptions.MODEL.name()) + " "
                        + model + " is " + family.description() + ", which " + kind.verb() + " nothing: expected "
                        + actions.keySet().stream().map(ModelFamily::description).collect(Collectors.joining(" or ")));
            }
            return family;
        } catch (OptionException e) {
            throw DeclaredOptions.wrongUsage(spec, e);
        }
    }

    /** The options that a family takes and not all do. */
    private Set<String> own(ModelFamily family) {
        return actions.get(family).options().stream().map(Option::name).filter(name -> !isForAll(options.get(name)))
                .map(DeclaredOptions::flag).collect(Collectors.toCollection(TreeSet::new));
    }
}
