package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.io.Interruption;
import io.zoetrope.metric.Classifier;
import io.zoetrope.metric.FeatureDistance;
import io.zoetrope.metric.FeatureEncoder;
import io.zoetrope.metric.MachineName;
import io.zoetrope.metric.SpeedFolder;
import io.zoetrope.metric.SpeedReport;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Turns the speed dial of a family whose models make pictures in steps: each sampler with each number of steps makes as
 * many pictures, from the same noise, and what they are worth stands beside what they cost. What is measured is kept in
 * a folder cell by cell, so that a run that was ended goes on, and one that asks for more measures only that.
 */
public final class SpeedDial {
    private static final int FLOOR_DRAWS = 3;
    private static final int MOST_STEPS = 10_000;
    private static final Option<Integer> PICTURES = Option.integer("pictures").label("COUNT").defaultsTo(128)
            .between(2, CommonOptions.MAX_COUNT)
            .help("Made for each sampler and number of steps. Few are quick and say little: see what real ones reach.");
    private static final Option<String> SAMPLERS = Option.text("samplers", "NAMES").defaultsTo("ddim,dpm++2m,unipc")
            .help("Samplers, with commas between them, or all: " + String.join(", ", Sampler.names()) + ".");
    private static final Option<String> STEPS = Option.text("steps", "NUMBERS").defaultsTo("2,4,8")
            .help("Numbers of steps, with commas between them.");
    private static final Option<String> ENCODER = Option.text("encoder", "NAME|DIR")
            .help("The classifier in whose features pictures are compared.");
    private static final Option<String> FOLDER = Option.text("out", "DIR").defaultsTo("speed").help(
            "Where the table and the plot go, and what was measured: what is there already is not measured again.");
    private static final String ALL = "all";

    /** An opened model. */
    public interface Subject extends AutoCloseable {
        /** SHA-256 of all that its pictures depend on. */
        String hash();

        /** Makes pictures; the same seed begins with the same noise whatever the sampler. */
        Images make(Sampler sampler, int steps, int count, long seed);

        /**
         * How often that asks the network for a picture.
         *
         * @throws IllegalArgumentException if the model cannot take so many steps
         */
        int calls(Sampler sampler, int steps);

        @Override
        void close();
    }

    /** Opens a model. */
    @FunctionalInterface
    public interface Opener {
        /**
         * @param nameOrFolder a shipped model's name, or a model's folder
         * @throws IOException if a file cannot be read, or is not what it should be
         */
        Subject open(Device device, String nameOrFolder) throws IOException;
    }

    private SpeedDial() {
    }

    /** What a family declares. */
    public static Action action(ModelFamily family, Opener opener) {
        return new Action(Action.Kind.SPEED, family.name(),
                "Measure what pictures are worth and what they cost, by sampler "
                        + "and number of steps: a table, CSV, and a plot with the Pareto front.",
                List.of(CommonOptions.model(family.shipped()), PictureEvaluation.REAL, SAMPLERS, STEPS, PICTURES,
                        CommonOptions.SEED.help("Of the noise that every cell begins with."),
                        ENCODER.defaultsTo(ModelFamilies.installed().usualClassifier(Media.PICTURES)), FOLDER),
                call -> run(call, opener));
    }

    private static void run(ActionCall call, Opener opener) throws IOException {
        List<Sampler> samplers = samplers(call.get(SAMPLERS));
        List<Integer> steps = list(STEPS, call.get(STEPS), SpeedDial::steps);
        SpeedFolder folder = new SpeedFolder(folder(call.get(FOLDER)));
        folder.requireWritable();
        ImageDataset all = DataSets.load(call.get(PictureEvaluation.REAL), call.places());
        SpeedReport report;
        try (Device device = call.openDevice();
                Classifier classifier = ModelFamilies.installed().openClassifier(device, call.get(ENCODER));
                Subject subject = opener.open(device, call.model())) {
            ImageDataset data = classifier.seen(all);
            samplers.forEach(
                    sampler -> steps.forEach(number -> OptionException.asked(() -> subject.calls(sampler, number))));
            FeatureEncoder encoder = classifier.encoder(call.get(ENCODER));
            SpeedReport.Setting setting = new SpeedReport.Setting(call.model(), subject.hash(), encoder.name(),
                    encoder.hash(), data.name(), call.get(PICTURES), call.get(CommonOptions.SEED),
                    MachineName.of(device), device.isSoftware());
            report = measure(call, device, subject, encoder, data, setting, samplers, steps, folder);
        }
        call.say(report.table());
        call.say(folder.show(report));
    }

    private static SpeedReport measure(ActionCall call, Device device, Subject subject, FeatureEncoder encoder,
            ImageDataset data, SpeedReport.Setting setting, List<Sampler> samplers, List<Integer> steps,
            SpeedFolder folder) throws IOException {
        Optional<SpeedReport> before = folder.measured(setting);
        SpeedReport report = before.orElse(null);
        List<SpeedReport.Cell> asked = new ArrayList<>();
        FeatureDistance distance = null;
        int done = 0;
        call.progress().begin("measuring", (long) samplers.size() * steps.size());
        for (Sampler sampler : samplers) {
            for (int number : steps) {
                Optional<SpeedReport.Cell> known = report == null ? Optional.empty()
                        : report.find(sampler.name(), number);
                if (known.isEmpty()) {
                    if (distance == null) {
                        distance = FeatureDistance.to(data.test().images(), device, encoder);
                        warmUp(subject, setting);
                    }
                    if (report == null) {
                        report = new SpeedReport(setting, floor(distance, data, setting), List.of());
                    }
                    known = Optional.of(cell(subject, sampler, number, setting, distance));
                    report = report.with(known.get());
                    folder.save(report);
                }
                asked.add(known.get());
                call.progress().advance(++done, sampler.name() + " " + number);
            }
        }
        call.progress().end();
        return report.of(asked);
    }

    /** Kernels are loaded and chosen, and Java warms up, before anything is timed. */
    private static void warmUp(Subject subject, SpeedReport.Setting setting) {
        subject.make(Sampler.ddim(0), 2, setting.pictures(), setting.seed());
    }

    private static List<Double> floor(FeatureDistance distance, ImageDataset data, SpeedReport.Setting setting) {
        return Arrays.stream(distance.floor(data.train().images(), setting.pictures(), FLOOR_DRAWS, setting.seed()))
                .boxed().toList();
    }

    private static SpeedReport.Cell cell(Subject subject, Sampler sampler, int steps, SpeedReport.Setting setting,
            FeatureDistance distance) {
        Interruption.check("measuring");
        long start = System.nanoTime();
        long processors = processorNanos();
        Images pictures = subject.make(sampler, steps, setting.pictures(), setting.seed());
        double millis = (System.nanoTime() - start) / 1e6 / setting.pictures();
        double cpu = (processorNanos() - processors) / 1e6 / setting.pictures();
        return new SpeedReport.Cell(sampler.name(), steps, subject.calls(sampler, steps), distance.of(pictures), millis,
                cpu);
    }

    /** Of all processors together, by this process. */
    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static List<Sampler> samplers(String names) {
        return names.strip().equalsIgnoreCase(ALL) ? Sampler.all()
                : list(SAMPLERS, names, name -> Sampler.named(name, 0));
    }

    private static int steps(String number) {
        int steps = Integer.parseInt(number);
        if (steps < 1 || steps > MOST_STEPS) {
            throw new IllegalArgumentException("steps must be between 1 and " + MOST_STEPS + ", not " + steps);
        }
        return steps;
    }

    /** What stands between commas, each once. */
    private static <T> List<T> list(Option<?> option, String text, Function<String, T> reader) {
        List<T> values = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            T value;
            try {
                value = reader.apply(part.strip());
            } catch (NumberFormatException e) {
                throw new OptionException(option.name(),
                        "is '" + text + "', expected whole numbers with commas between");
            } catch (IllegalArgumentException e) {
                throw new OptionException(option.name(), "is '" + text + "': " + e.getMessage());
            }
            if (!values.contains(value)) {
                values.add(value);
            }
        }
        return values;
    }

    private static Path folder(String name) {
        try {
            return Path.of(name);
        } catch (IllegalArgumentException e) {
            throw new OptionException(FOLDER.name(), "is '" + name + "', which no file can be called");
        }
    }
}
