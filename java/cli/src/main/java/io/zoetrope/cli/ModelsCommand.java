package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.CaptionedSets;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.KnownSet;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.Action;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ShippedModel;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** {@code zoetrope models}: which ship, or what a folder holds. */
@Command(name = "models", description = {"List the models that ship, with what they make or know.",
        "With a name or a folder: load that model and show what it is, or why it cannot be used."})
final class ModelsCommand implements io.zoetrope.cli.Command, Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "NAME|DIR", arity = "0..1",
            description = "A model that ships with Zoetrope, or a " + "model's folder.")
    private Optional<String> model = Optional.empty();

    @Mixin
    private DeviceOption device;

    ModelsCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.forAnnotatedObject(this);
    }

    @Override
    public Integer call() throws IOException {
        if (model.isPresent()) {
            show(model.get());
        } else {
            for (ModelFamily family : ModelFamilies.installed().all()) {
                for (ShippedModel shipped : family.shipped()) {
                    list(family, shipped);
                }
            }
        }
        return 0;
    }

    private void list(ModelFamily family, ShippedModel shipped) throws IOException {
        String licence = DataSets.find(shipped.data()).map(KnownSet::licence)
                .or(() -> CaptionedSets.licence(shipped.data())).map(text -> " (" + text + ")").orElse("");
        surroundings.say(String.format(Locale.ROOT, "%s: %s, family %s, %.1f MB%n    %s %s; learned from %s%s",
                shipped.name(), family.description(), family.name(), PretrainedModels.size(shipped.name()) / 1e6,
                family.recognition().isPresent() || family.actions(Action.Kind.GENERATE).isEmpty() ? "knows" : "makes",
                shipped.about(), shipped.data(), licence));
    }

    private void show(String nameOrFolder) throws IOException {
        ModelFamily family = ModelFamilies.installed().of(nameOrFolder);
        List<String> components = PretrainedModels.open(nameOrFolder,
                folder -> ModelFolder.open(folder).componentsWithClasses());
        ModelFamily.Facts facts;
        try (Device opened = surroundings.devices().apply(device.device)) {
            facts = PretrainedModels.open(nameOrFolder, folder -> family.describe(opened, folder));
        }
        surroundings.say(nameOrFolder + ": " + family.description() + ", family " + family.name());
        surroundings.say("    components: " + String.join(", ", components));
        surroundings.say(String.format(Locale.ROOT, "    %,d parameters", facts.parameters()));
        facts.settings().forEach(line -> surroundings.say("    " + line));
    }
}
