package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Media;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.metric.Classifier;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The families of models there are. */
public final class ModelFamilies {
    private final List<ModelFamily> all;

    /**
     * @throws IllegalArgumentException if two have the same name, call their folders the same, or ship models of one
     * name
     */
    public ModelFamilies(List<ModelFamily> all) {
        this.all = List.copyOf(all);
        Set<String> seen = new HashSet<>();
        for (ModelFamily family : all) {
            List<String> names = new ArrayList<>(List.of("family " + family.name()));
            family.pipelineClasses().forEach(name -> names.add("pipeline class " + name));
            family.shipped().forEach(model -> names.add("model " + model.name()));
            for (String name : names) {
                if (!seen.add(name)) {
                    throw new IllegalArgumentException("two families of models claim the " + name + ": "
                            + family.getClass().getName() + " is the second");
                }
            }
        }
    }

    private static final class Installed {
        private static final ModelFamilies FAMILIES = load();

        /** The library's own come first, in the order of its registration: what others add changes no default. */
        private static ModelFamilies load() {
            Object own = ModelFamily.class.getProtectionDomain().getCodeSource();
            return new ModelFamilies(ServiceLoader.load(ModelFamily.class, ModelFamily.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .sorted(Comparator
                            .comparing(family -> !family.getClass().getProtectionDomain().getCodeSource().equals(own)))
                    .toList());
        }
    }

    /** Those that are registered on the class path. */
    public static ModelFamilies installed() {
        return Installed.FAMILIES;
    }

    public List<ModelFamily> all() {
        return all;
    }

    /** The family of that name. */
    public Optional<ModelFamily> named(String name) {
        return all.stream().filter(family -> family.name().equals(name)).findFirst();
    }

    /** The family of a model that ships under this name. */
    public Optional<ModelFamily> shipping(String name) {
        return all.stream().filter(family -> family.shipped().stream().anyMatch(model -> model.name().equals(name)))
                .findFirst();
    }

    /**
     * The family that a shipped model's or a folder's is of.
     *
     * @throws IllegalArgumentException if it is of none
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public ModelFamily of(String nameOrFolder) throws IOException {
        Optional<ModelFamily> shipping = shipping(nameOrFolder);
        if (shipping.isPresent() && !PretrainedModels.isFolder(nameOrFolder)) {
            return shipping.get();
        }
        String pipelineClass = PretrainedModels.open(nameOrFolder, folder -> ModelFolder.open(folder).pipelineClass());
        return all.stream().filter(family -> family.pipelineClasses().contains(pipelineClass)).findFirst().orElseThrow(
                () -> new OptionException(CommonOptions.MODEL.name(), nameOrFolder + " is a " + pipelineClass
                        + ", which this library does not know: expected " + descriptions(family -> true)));
    }

    /**
     * @throws IllegalArgumentException if a shipped model's or a folder's is of another family
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public void require(ModelFamily family, String nameOrFolder) throws IOException {
        ModelFamily found = of(nameOrFolder);
        if (found != family) {
            throw new IllegalArgumentException(
                    nameOrFolder + " is " + found.description() + ": expected " + family.description());
        }
    }

    /** The families that have an action of this kind. */
    public List<ModelFamily> having(Action.Kind kind) {
        return all.stream().filter(family -> !family.actions(kind).isEmpty()).toList();
    }

    /** What the families are that have something, with "or". */
    public String descriptions(Predicate<ModelFamily> has) {
        return all.stream().filter(has).map(ModelFamily::description).collect(Collectors.joining(" or "));
    }

    /** All models that ship. */
    public List<ShippedModel> shipped() {
        return all.stream().flatMap(family -> family.shipped().stream()).toList();
    }

    /**
     * The classifier to take where the user names none.
     *
     * @throws IllegalStateException if none ships for these media
     */
    public String usualClassifier(Media media) {
        return all.stream().filter(family -> family.recognition().isPresent())
                .flatMap(family -> family.shipped().stream()).filter(model -> model.media() == media).findFirst()
                .map(ShippedModel::name)
                .orElseThrow(() -> new IllegalStateException("no classifier of " + media + " ships with this library"));
    }

    /**
     * Opens a classifier, whatever its family.
     *
     * @throws IllegalArgumentException if the model is none
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public Classifier openClassifier(Device device, String nameOrFolder) throws IOException {
        ModelFamily family = of(nameOrFolder);
        return family.recognition()
                .orElseThrow(() -> new IllegalArgumentException(
                        nameOrFolder + " is " + family.description() + ", which recognises nothing: expected "
                                + descriptions(other -> other.recognition().isPresent())))
                .open(device, nameOrFolder);
    }
}
