package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;

/** Does an action of a family as the user of a command decided. */
final class ActionRunner {
    private final Surroundings surroundings;

    ActionRunner(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** The exit code. */
    int run(CommandSpec spec, DeviceChoice device, ModelFamily family, Action action, Config given) throws IOException {
        return run(spec, device, family, action, given, opened -> Optional.empty());
    }

    /** The exit code. @param remark what is to be said of the device that was opened */
    int run(CommandSpec spec, DeviceChoice device, ModelFamily family, Action action, Config given,
            Function<Device, Optional<String>> remark) throws IOException {
        try {
            if (given.has(CommonOptions.MODEL.name())) {
                ModelFamilies.installed().require(family, given.text(CommonOptions.MODEL.name()));
            }
            ActionCall.Results results = new TerminalResults(surroundings);
            TerminalProgress.during(progress -> {
                action.run(new ActionCall.Setting(() -> {
                    Device opened = surroundings.devices().apply(device);
                    remark.apply(opened).ifPresent(results::say);
                    return opened;
                }, surroundings.places(), progress, results), given);
                return null;
            });
            return 0;
        } catch (OptionException e) {
            throw DeclaredOptions.wrongUsage(spec, e);
        }
    }
}
