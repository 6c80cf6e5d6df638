package io.zoetrope.cli;

import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.option.Option;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;

/** A group with a command for each action of a kind, named as it is. */
abstract class ByNameCommand implements Command {
    private final Surroundings surroundings;
    private final Action.Kind kind;

    ByNameCommand(Surroundings surroundings, Action.Kind kind) {
        this.surroundings = surroundings;
        this.kind = kind;
    }

    @Override
    public final CommandSpec spec() {
        CommandSpec group = Specs.group(getClass());
        for (ModelFamily family : ModelFamilies.installed().having(kind)) {
            family.actions(kind).forEach(action -> group.addSubcommand(action.name(), spec(family, action)));
        }
        return group;
    }

    private CommandSpec spec(ModelFamily family, Action action) {
        DeviceOption device = new DeviceOption();
        CommandSpec spec = Specs.command(action.name(), action.description(),
                self -> run(self, device, family, action));
        action.options().forEach(option -> spec.add(DeclaredOptions.argument(option)));
        return spec.addMixin("device", CommandSpec.forAnnotatedObject(device));
    }

    private int run(CommandSpec spec, DeviceOption device, ModelFamily family, Action action) throws IOException {
        Config given = Config.empty();
        for (Option<?> option : action.options()) {
            given = DeclaredOptions.with(given, option, spec.commandLine().getParseResult());
        }
        return new ActionRunner(surroundings).run(spec, device.device, family, action, given);
    }
}
