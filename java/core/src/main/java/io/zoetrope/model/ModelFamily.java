package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.Config;
import io.zoetrope.metric.Classifier;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A kind of model, and all that can be done with it: declared here, found by {@link ModelFamilies}. A family registers
 * with a line in {@code META-INF/services/io.zoetrope.model.ModelFamily}; whatever lists families, their options or
 * their models then has it. Stateless, with a public constructor without parameters.
 */
public interface ModelFamily {
    /** A short name, such as ddpm: of runs, and of what is done with the family. */
    String name();

    /** What it is called, and which models are its. */
    Profile profile();

    /**
     * What a family is called, and which models are its.
     *
     * @param description     what one of its models is, with the article: a diffusion model
     * @param plural          what several are: diffusion models
     * @param pipelineClasses what folders with its models call themselves, see
     *                        {@link io.zoetrope.io.ModelFolder#pipelineClass}
     * @param shipped         the weights that ship, the usual ones first
     */
    record Profile(String description, String plural, Set<String> pipelineClasses, List<ShippedModel> shipped) {
        public Profile {
            pipelineClasses = Set.copyOf(pipelineClasses);
            shipped = List.copyOf(shipped);
        }
    }

    /** {@link Profile#description}. */
    default String description() {
        return profile().description();
    }

    /** {@link Profile#plural}. */
    default String plural() {
        return profile().plural();
    }

    /** {@link Profile#pipelineClasses}. */
    default Set<String> pipelineClasses() {
        return profile().pipelineClasses();
    }

    /** {@link Profile#shipped}. */
    default List<ShippedModel> shipped() {
        return profile().shipped();
    }

    /**
     * Loads the model in a folder, and says what it is.
     *
     * @throws IOException if it cannot be used, with the reason
     */
    Facts describe(Device device, Path folder) throws IOException;

    /**
     * What a model is.
     *
     * @param parameters how many numbers it learned
     * @param settings   in words, a line each
     */
    record Facts(long parameters, List<String> settings) {
        public Facts {
            settings = List.copyOf(settings);
        }

        /** Of a model with these parameters. */
        public static Facts of(ParameterStore store, String... settings) {
            return new Facts(store.segments().stream().filter(segment -> !segment.parameter().isBuffer())
                    .mapToLong(ParameterStore.Segment::length).sum(), List.of(settings));
        }
    }

    /** Learns from data: the family itself, where it is a {@link TrainingFamily} too. */
    default Optional<TrainingFamily> training() {
        return this instanceof TrainingFamily self ? Optional.of(self) : Optional.empty();
    }

    /** What users do with its models, beside classifying: at most one of a kind, but explanations may be several. */
    List<Action> actions();

    /** Its actions of one kind. */
    default List<Action> actions(Action.Kind kind) {
        return actions().stream().filter(action -> action.kind() == kind).toList();
    }

    /** Opens its models as classifiers. */
    default Optional<ClassifierLoader> recognition() {
        return Optional.empty();
    }

    /** Opens a classifier. */
    @FunctionalInterface
    interface ClassifierLoader {
        /**
         * @param nameOrFolder a shipped model's name, or a model's folder
         * @throws IOException if a file cannot be read, or is not what it should be
         */
        Classifier open(Device device, String nameOrFolder) throws IOException;
    }

    /**
     * The kind of action that shows best what a model can do that was just trained.
     *
     * @param options that the training
     * was given
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    default Action.Kind show(Config options) throws IOException {
        return recognition().isPresent() ? Action.Kind.EVALUATE : Action.Kind.GENERATE;
    }
}
