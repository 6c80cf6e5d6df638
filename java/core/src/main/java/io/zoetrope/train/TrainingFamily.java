package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.Media;
import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** A kind of model, as {@link Trainer} starts its training. Stateless. */
public interface TrainingFamily {
    /** Makes the objective of a family of one's own. */
    @FunctionalInterface
    interface Maker {
        /**
         * @param batch examples in a micro-batch of the run
         * @throws IOException if data cannot be read
         */
        Objective make(TrainingContext context, Dataset data, int batch) throws IOException;
    }

    /**
     * A kind of one's own that has no options.
     *
     * @param name     kept by its runs, which only a family of the same name goes on with
     * @param settings likewise: what {@code maker} was made for, such as sizes and rates; a run is not gone on with
     *                 otherwise
     * @param maker    makes the objective of each training
     */
    static TrainingFamily of(String name, Config settings, Maker maker) {
        return new OwnFamily(name, settings, maker);
    }

    /** What runs of this kind call themselves, such as ddpm. */
    String name();

    /** What is learned from what, and how long it takes. */
    default Course course() {
        return new Course("Train a model of the kind " + name() + ".", Media.ANY, List.of(), data -> 1000, 32);
    }

    /**
     * What is learned from what, and how long it takes.
     *
     * @param about      what is trained on what, in a sentence or two, beginning with a verb
     * @param learnsFrom what it learns from
     * @param options    what a request may decide, beyond what is common to all runs
     * @param usualSteps steps that suit these data where nobody says otherwise
     * @param usualBatch examples a step where nobody says otherwise
     */
    record Course(String about, Media learnsFrom, List<Option<?>> options, ToLongFunction<Dataset> usualSteps,
            int usualBatch) {
        public Course {
            options = List.copyOf(options);
        }
    }

    /** All that a request may decide: the course's own, and those of {@link Tuning}. */
    default List<Option<?>> allOptions() {
        return Stream.concat(course().options().stream(), Tuning.options().stream()).toList();
    }

    /** Why a training of this kind takes no {@link Tuning}, as a clause; empty where it takes it. */
    default Optional<String> untunable() {
        return Optional.empty();
    }

    /**
     * What the request begins with and trains.
     *
     * @throws IllegalArgumentException naming an option of it that does not go with another or with this kind
     */
    default Tuning tuning(TrainRequest request) throws IOException {
        Optional<String> refusal = untunable();
        Optional<String> given = Tuning.options().stream().map(Option::name).filter(request.options()::has).findFirst();
        if (refusal.isPresent() && given.isPresent()) {
            throw new OptionException(given.get(), "is not for " + name() + ": " + refusal.get());
        }
        return Tuning.of(values(request));
    }

    /**
     * The request's options, read.
     *
     * @throws IllegalArgumentException naming one that is unknown or out of range
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    default Values values(TrainRequest request) throws IOException {
        return Values.of(name(), allOptions(), request.options());
    }

    /**
     * The settings, beyond those of every run, that a run keeps for good: read from the request's options and data,
     * checked.
     *
     * @throws IllegalArgumentException naming the option that is out of range, or why the data do not suit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    Config settings(TrainRequest request) throws IOException;

    /**
     * A task at step 0.
     *
     * @param request  where the data are; its batch, seed and options give way to {@code settings}
     * @param settings the run's: those of {@link #settings}, and {@code steps}, {@code batch}, {@code seed}
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException;
}
