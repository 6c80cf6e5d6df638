package io.zoetrope.ops;

import io.zoetrope.cuda.ComputeCapability;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tier an operation runs in: chosen from the device and the type, or forced.
 *
 * <p>bf16 runs on tensor cores where there are any. f32 runs exactly, on FMA units, unless TF32 is allowed: the
 * factors of its products have 10 bits of mantissa.
 */
public final class Tiers {
    private static final Logger LOG = LoggerFactory.getLogger(Tiers.class);
    private static final ComputeCapability HOPPER = new ComputeCapability(9, 0);
    private static final ThreadLocal<Forced> FORCED = new ThreadLocal<>();
    private static final Map<String, String> LAST = new ConcurrentHashMap<>();
    private static final ThreadLocal<Tf32> TF32 = new ThreadLocal<>();
    private static volatile boolean tf32 = Boolean.getBoolean("zoetrope.tf32");

    private Tiers() {
    }

    /** A choice in force on this thread until it is closed. */
    public static final class Forced implements AutoCloseable {
        private final Tier tier;
        private final String tile;
        private final Forced outer;

        private Forced(Tier tier, String tile, Forced outer) {
            this.tier = tier;
            this.tile = tile;
            this.outer = outer;
        }

        @Override
        public void close() {
            FORCED.set(outer);
        }
    }

    /** A choice for F32 products in force on this thread until it is closed. */
    public static final class Tf32 implements AutoCloseable {
        private final boolean allowed;
        private final Tf32 outer;

        private Tf32(boolean allowed, Tf32 outer) {
            this.allowed = allowed;
            this.outer = outer;
        }

        @Override
        public void close() {
            TF32.set(outer);
        }
    }

    /**
     * Whether F32 products of this thread run as TF32, whatever {@link #allowTf32} says, until the result is closed.
     */
    public static Tf32 withTf32(boolean allowed) {
        Tf32 choice = new Tf32(allowed, TF32.get());
        TF32.set(choice);
        return choice;
    }

    /** Operations of this thread run in this tier, if they have it, until the result is closed: to test and measure. */
    public static Forced force(Tier tier) {
        return force(tier, null);
    }

    /**
     * As {@link #force(Tier)}, with a tile shape such as {@code 128x64}.
     *
     * @param tile null: chosen by the shape of the operation
     */
    public static Forced force(Tier tier, String tile) {
        Forced forced = new Forced(tier, tile, FORCED.get());
        FORCED.set(forced);
        return forced;
    }

    /** Lets f32 products run on tensor cores as TF32. Off at first; {@code -Dzoetrope.tf32=true} turns it on. */
    public static void allowTf32(boolean allowed) {
        tf32 = allowed;
    }

    public static boolean tf32Allowed() {
        Tf32 choice = TF32.get();
        return choice == null ? tf32 : choice.allowed;
    }

    /** Whether a device runs a tier's code. */
    public static boolean has(Device device, Tier tier) {
        return switch (tier) {
            case SIMT -> true;
            case SM80 -> device.capability().atLeast(8, 0);
            case SM90 -> device.capability().equals(HOPPER);
        };
    }

    /**
     * The tier for products of {@code dtype} on a device, of an operation that has no others than the portable ones.
     *
     * @throws IllegalStateException when a tier is forced on a device that does not run its code
     */
    public static Tier choose(Device device, DType dtype) {
        Tier newest = newest(device, dtype);
        return newest == Tier.SM90 ? Tier.SM80 : newest;
    }

    /** As {@link #choose}, of an operation that has all tiers for bf16. */
    public static Tier newest(Device device, DType dtype) {
        Forced forced = FORCED.get();
        if (forced != null) {
            if (!has(device, forced.tier)) {
                throw new IllegalStateException(
                        "the " + forced.tier.suffix() + " tier is forced, but " + device + " has compute capability "
                                + device.capability() + "; it needs " + (forced.tier == Tier.SM80 ? "8.0" : HOPPER));
            }
            return forced.tier;
        }
        if (dtype == DType.BF16 && has(device, Tier.SM90)) {
            return Tier.SM90;
        }
        return has(device, Tier.SM80) && (dtype == DType.BF16 || tf32Allowed()) ? Tier.SM80 : Tier.SIMT;
    }

    /** Whether a tier, and with it our own kernels, is forced on this thread. */
    public static boolean isForced() {
        return FORCED.get() != null;
    }

    /** The forced tile shape, if any. */
    public static Optional<String> forcedTile() {
        Forced forced = FORCED.get();
        return forced == null ? Optional.empty() : Optional.ofNullable(forced.tile);
    }

    /** As {@link #forcedTile}, null when there is none: no object for it. */
    public static String forcedTileOrNull() {
        Forced forced = FORCED.get();
        return forced == null ? null : forced.tile;
    }

    /** The entry that ran last for an operation such as {@code conv2d_fprop}, its name telling tier, type and tile. */
    public static Optional<String> lastUsed(String operation) {
        return Optional.ofNullable(LAST.get(operation));
    }

    /** Notes that an operation runs by this entry; the first time is logged. */
    public static void used(String operation, String entry) {
        String before = LAST.put(operation, entry);
        if (before == null) {
            LOG.debug("{} runs by {}", operation, entry);
        }
    }
}
