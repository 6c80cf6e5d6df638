package io.zoetrope.train;

import io.zoetrope.data.DataSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The settings that a run keeps for good, and what a request to go on with it may not change. */
final class RunSettings {
    static final String TUNING = "tuning";
    private static final String MODEL = "model";
    private static final String DATA = "data";
    /** Of what is learned from; runs of older versions have none. */
    private static final String DIGEST = "data_digest";
    private static final String STEPS = "steps";
    /** As they were given; runs of older versions have none. */
    private static final String OPTIONS = "options";

    private RunSettings() {
    }

    /** For a new run. */
    static Config of(TrainingFamily family, TrainRequest request) throws IOException {
        Config settings = Config.empty().with(MODEL, family.name()).with(DATA,
                DataSets.fromAnywhere(request.data().name()));
        for (Map.Entry<String, Integer> fact : request.data().facts().entrySet()) {
            settings = settings.with(fact.getKey(), fact.getValue());
        }
        return settings.with(DIGEST, request.data().digest()).with(STEPS, request.steps())
                .with("batch", request.batch()).with("seed", request.seed()).with(OPTIONS, request.options())
                .with(settings(family, request));
    }

    /** Those of the request's options: the family's own, and the tuning where there is one. */
    private static Config settings(TrainingFamily family, TrainRequest request) throws IOException {
        Config settings = family.settings(request);
        Config tuning = family.tuning(request).toSettings();
        return tuning.names().isEmpty() ? settings : settings.with(TUNING, tuning);
    }

    /** Steps in all: the request's, or, where it leaves them open, those the run was started for. */
    static long steps(TrainRequest request, RunFolder run) throws BadFileException {
        return request.steps() > 0 ? request.steps() : run.config().longInteger(STEPS);
    }

    /** @throws BadFileException naming what of a run the request to go on with it would change */
    static void requireSame(TrainingFamily family, TrainRequest request, RunFolder run) throws IOException {
        String found = run.config().text(MODEL);
        if (!found.equals(family.name())) {
            throw BadFileException.of(run.path(), "trains a model of the kind " + found, family.name(),
                    "Go on with it as " + found + ", or name another folder");
        }
        requireSameData(request.data(), run);
        requireSameOptions(family, request, run);
    }

    private static void requireSameData(Dataset data, RunFolder run) throws BadFileException {
        Config started = run.config();
        for (Map.Entry<String, Integer> fact : data.facts().entrySet()) {
            int value = started.integer(fact.getKey());
            if (value != fact.getValue()) {
                throw otherData(run, data, fact.getKey() + " " + value, fact.getKey() + " " + fact.getValue());
            }
        }
        if (started.has(DIGEST) && !started.text(DIGEST).equals(data.digest())) {
            throw otherData(run, data, DIGEST + " " + started.text(DIGEST), DIGEST + " " + data.digest());
        }
    }

    private static BadFileException otherData(RunFolder run, Dataset data, String started, String found)
            throws BadFileException {
        return BadFileException.of(run.path(), "was started with " + started + " (" + run.config().text(DATA) + ")",
                "the same data, not " + found + " (" + data.name() + ")",
                "Give the run's own data, or start a new run");
    }

    /**
     * An option may be given again if it comes to what the run has. What an option comes to is known by the family's
     * settings with it and without it.
     */
    private static void requireSameOptions(TrainingFamily family, TrainRequest request, RunFolder run)
            throws IOException {
        Config given = request.options();
        Config own = run.config().section(OPTIONS);
        if (own.differences(given).stream().noneMatch(given::has)) {
            return;
        }
        Config without = settings(family, request.withOptions(own));
        if (!run.config().has(OPTIONS)) {
            Config with = settings(family, request);
            Optional<String> changed = changed(run, with, without);
            if (changed.isPresent()) {
                throw otherOption(run, changed.get(), run.config().json(changed.get()), with.json(changed.get()));
            }
            return;
        }
        for (String name : given.names()) {
            Optional<String> changed = changed(run, settings(family, request.withOptions(own.with(given.only(name)))),
                    without);
            if (changed.isPresent()) {
                throw otherOption(run, name, own.has(name) ? own.json(name) : run.config().json(changed.get()),
                        given.json(name));
            }
        }
    }

    /** A setting that comes with some options, not without them, and that the run has otherwise. */
    private static Optional<String> changed(RunFolder run, Config with, Config without) {
        Set<String> changed = with.differences(without);
        changed.retainAll(run.config().differences(with));
        return changed.stream().findFirst();
    }

    private static BadFileException otherOption(RunFolder run, String name, String started, String given) {
        return BadFileException.of(run.path(), "was started with " + name + " " + started,
                "the options it was started with, not " + name + " " + given,
                "Leave the option out, or start a new run");
    }
}
