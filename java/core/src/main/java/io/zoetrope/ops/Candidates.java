package io.zoetrope.ops;

import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.KernelCatalog;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.tensor.DType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The kernels that could serve a problem: all of an operation, narrowed by what the problem asks for; the cheapest is
 * chosen. A kernel that the build adds is a candidate without a word here.
 */
public final class Candidates {
    private final String operation;
    private final List<KernelDescription> kernels;

    private Candidates(String operation, List<KernelDescription> kernels) {
        this.operation = operation;
        this.kernels = kernels;
    }

    public static Candidates of(String operation) {
        return new Candidates(operation, KernelCatalog.of(operation));
    }

    /** Those of a tier for a type. */
    public Candidates of(Tier tier, DType type) {
        return where(kernel -> kernel.architecture().equals(tier.suffix())).with("type", type.suffix());
    }

    /** Those with this value of a trait. */
    public Candidates with(String trait, String value) {
        return where(kernel -> value.equals(kernel.traits().get(trait)));
    }

    /** Those whose tile fits. */
    public Candidates fitting(Predicate<Geometry> fits) {
        return where(kernel -> fits.test(kernel.geometry()));
    }

    private Candidates where(Predicate<KernelDescription> suits) {
        return new Candidates(operation, kernels.stream().filter(suits).toList());
    }

    public boolean isEmpty() {
        return kernels.isEmpty();
    }

    /** The most that any of them has of something, such as columns of a tile; 0 when there is none. */
    public long most(ToDoubleFunction<Geometry> of) {
        return (long) kernels.stream().mapToDouble(kernel -> of.applyAsDouble(kernel.geometry())).max().orElse(0);
    }

    /** The least that any of them has that is no less than {@code bound}, or the most where all have less. */
    public long leastFrom(long bound, ToDoubleFunction<Geometry> of) {
        return (long) kernels.stream().mapToDouble(kernel -> of.applyAsDouble(kernel.geometry()))
                .filter(value -> value >= bound).min().orElse(most(of));
    }

    /**
     * The cheapest, the first among equals; the one with the forced tile where one is forced on this thread.
     *
     * @throws UnsupportedOperationException when there is no candidate
     */
    public KernelDescription cheapest(ToDoubleFunction<Geometry> cost) {
        Optional<String> forced = Tiers.forcedTile();
        List<KernelDescription> among = forced.isEmpty() ? kernels : with("tile", forced.get()).kernels;
        KernelDescription best = among.stream()
                .min(Comparator.comparingDouble(kernel -> cost.applyAsDouble(kernel.geometry())))
                .orElseThrow(() -> new UnsupportedOperationException(operation + ": no kernel"
                        + forced.map(tile -> " with tiles of " + tile).orElse("") + " takes this problem"));
        return best;
    }

    /**
     * The only one.
     *
     * @throws IllegalStateException when there are several, or none
     */
    public KernelDescription only() {
        if (kernels.size() != 1) {
            throw new IllegalStateException(operation + ": " + kernels.size() + " kernels suit where one is expected: "
                    + kernels.stream().map(KernelDescription::entry).toList());
        }
        return kernels.get(0);
    }
}
