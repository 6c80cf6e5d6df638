package io.zoetrope.cli;

import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.model.patches.decode.PatchesSampling.Decode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** How pictures are made of patches: what models of that kind alone take. */
final class PatchesOptions {
    @Option(names = "--decode", paramLabel = "ar|maskgit",
            description = "Patches one after the other, or many at a time, the surest first. Default: ar for new pictures, "
                    + "maskgit to complete one.")
    private Optional<String> decode = Optional.empty();

    @Option(names = "--temperature", description = "Below 1 is safer, above bolder; 0 takes the likeliest. Default: 1.")
    private Optional<Double> temperature = Optional.empty();

    @Option(names = "--top-k", description = "Draw from the so many likeliest patches only; 0: all. Default: 0.")
    private Optional<Integer> topK = Optional.empty();

    @Option(names = "--top-p", description = "Draw from the fewest patches that have this much of the probability. Default: 0.95.")
    private Optional<Double> topP = Optional.empty();

    @Option(names = "--guidance", description = "How much more the class counts than pictures at large; 1: no more. Default: 2.")
    private Optional<Double> guidance = Optional.empty();

    /**
     * The request these options make for a model with these classes.
     *
     * @param usual  the request where the user does not say otherwise
     * @param wanted which class
     * @param rounds of maskgit; empty: the usual number
     * @throws IllegalArgumentException naming what is out of range
     */
    PatchesSampling sampling(PatchesSampling usual, ClassOption wanted, Optional<Integer> rounds, List<String> classNames) {
        PatchesSampling request = decode.isPresent() ? usual.decode(named(decode.get())) : usual;
        if (wanted.isAny()) {
            request = request.ofClass(PatchesSampling.ANY);
        } else {
            OptionalInt number = wanted.number(classNames);
            request = number.isPresent() ? request.ofClass(number.getAsInt()) : request;
        }
        if (temperature.isPresent()) {
            request = request.temperature(temperature.get());
        }
        if (topK.isPresent()) {
            request = request.topK(topK.get());
        }
        if (topP.isPresent()) {
            request = request.topP(topP.get());
        }
        if (guidance.isPresent()) {
            request = request.guidance(guidance.get());
        }
        return rounds.isPresent() ? request.steps(rounds.get()) : request;
    }

    private static Decode named(String name) {
        try {
            return Decode.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--decode is '" + name + "', expected ar or maskgit", e);
        }
    }
}
